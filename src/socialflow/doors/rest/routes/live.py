"""Moderating a chat while it is written, over a WebSocket."""

from uuid import uuid4

import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from socialflow.doors.rest.errors import CHALLENGES, error_reply, status_of
from socialflow.doors.rest.live_socket import DONE, FAULT, Caller, Ended, Socket, code_of, known
from socialflow.doors.rest.ports import Platform
from socialflow.errors import AuthenticationRequired, PermissionDenied, RateLimited, SocialflowError
from socialflow.moderation.live.service import LiveService
from socialflow.observability.moderation import LiveMetrics

router = APIRouter(prefix="/api/v1/moderation", tags=["Moderation"])
PATH = "/api/v1/moderation/live"
NOBODY = "\x1f"
"""Callers who have yet to say who they are, all together; no account is of this name."""
_log = structlog.get_logger("socialflow.live")


@router.websocket("/live")
async def live(websocket: WebSocket) -> None:
    """A session of a live chat: see docs/how-to/moderate-a-live-chat.md.

    Who calls is settled before the connection is accepted where a header says it. A browser cannot set one: there the
    first message says it, and the page's origin must be an allowed one.
    """
    platform: Platform = websocket.app.state.platform
    request_id = uuid4().hex
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            caller = await _caller(websocket, platform)
            place = platform.moderation.live.place(NOBODY if caller is None else caller.principal.account)
            with place:
                await websocket.accept()
                await _served(websocket, platform, caller)
        except SocialflowError as error:
            await _deny(websocket, error, request_id)


async def _caller(websocket: WebSocket, platform: Platform) -> Caller | None:
    """Who calls by the headers; None: a page of an allowed origin, which says it in its first message."""
    origin, allowed = websocket.headers.get("origin"), platform.settings.allowed_origins
    if origin is not None and "*" not in allowed and origin not in allowed:
        raise PermissionDenied(f"pages of {origin[:200]} may not connect; ALLOWED_ORIGINS names those that may")
    credentials = {
        name: websocket.headers[name] for name in ("x-api-key", "authorization") if name in websocket.headers
    }
    if credentials or origin is None:
        return await known(platform.access, credentials)
    return None


async def _served(websocket: WebSocket, platform: Platform, caller: Caller | None) -> None:
    """One session; how it ended is counted."""
    metrics: LiveMetrics = websocket.app.state.metrics.live
    socket = Socket(websocket, platform.access, platform.moderation.live, metrics)
    try:
        code, reason = await _conversed(socket, platform.moderation.live, caller)
    except WebSocketDisconnect as gone:
        _log.info("live_session_left")
        metrics.session_ended(gone.code)
        return
    metrics.session_ended(code)
    await socket.end(code, reason)


async def _conversed(socket: Socket, live: LiveService, caller: Caller | None) -> tuple[int, str]:
    """The close code that a session ends with, and why. Raises WebSocketDisconnect."""
    try:
        if caller is not None:
            await socket.serve(caller)
        else:
            caller = await socket.introduced()
            with live.place(caller.principal.account):
                await socket.serve(caller)
    except Ended as end:
        _log.info("live_session", code=end.code)
        return end.code, end.reason
    except SocialflowError as error:  # there is no place for this caller
        return code_of(error), error.message[:100]
    except WebSocketDisconnect:
        raise
    except Exception:
        _log.exception("live_session_failed")
        return FAULT, "something went wrong here; it has been logged"
    return DONE, ""


async def _deny(websocket: WebSocket, error: SocialflowError, request_id: str) -> None:
    """Refuse the handshake with the body that every refusal has."""
    headers = {"X-Request-ID": request_id}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    elif challenge := CHALLENGES.get(error.code, CHALLENGES[AuthenticationRequired.code]):
        headers["WWW-Authenticate"] = challenge
    status = status_of(error)
    await websocket.send_denial_response(
        error_reply(request_id, status, error.code, error.message, field=error.field, headers=headers)
    )
