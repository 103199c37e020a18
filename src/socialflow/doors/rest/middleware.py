"""What surrounds every request: its id, access log and metrics, CORS, and the last net for errors. Pure ASGI."""

import re
import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from socialflow.doors.rest.errors import error_reply
from socialflow.observability.metrics import Metrics

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger("socialflow.access")


class RequestContext:
    """Gives each request its id (the caller's `X-Request-ID` if sane), one log line and its place in the metrics."""

    def __init__(self, app: ASGIApp, metrics: Callable[[], Metrics]) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 499  # stays if the caller goes away before an answer starts
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        metrics = self._metrics()
        with structlog.contextvars.bound_contextvars(request_id=request_id), metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                seconds = time.perf_counter() - started
                method = scope["method"] if scope["method"] in _KNOWN_METHODS else "other"
                route = str(scope.get("socialflow.route", "unmatched"))
                metrics.observe(method, route, status, seconds)
                _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))


class ErrorBoundary:
    """Answers what nobody foresaw with a bare 500; only the log tells more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception:
            _log.exception("unhandled_error")
            if begun:
                raise
            request_id = scope["state"]["request_id"]
            reply = error_reply(request_id, 500, "internal_error", "something went wrong here; it has been logged")
            await reply(scope, receive, send)


class Cors:
    """CORS for the origins of the settings, which are known only once the platform has started."""

    def __init__(self, app: ASGIApp, origins: Callable[[], Sequence[str]]) -> None:
        self._app = app
        self._origins = origins
        self._inner: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._inner is None:
            self._inner = CORSMiddleware(
                self._app,
                allow_origins=list(self._origins()),
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=["Authorization", "X-API-Key", "X-Request-ID", "Content-Type"],
                expose_headers=["X-Request-ID", "Retry-After"],
                max_age=600,
            )
        await self._inner(scope, receive, send)
