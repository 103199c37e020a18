"""One WebSocket of a live chat: who calls, what comes in, what goes out, and how it ends."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from socialflow.access.matrix import Action, authorise
from socialflow.access.records import Principal
from socialflow.access.service import AccessService
from socialflow.doors.rest.schemas.live import (
    MAX_BYTES,
    AuthenticateIn,
    CloseIn,
    Frame,
    MessageIn,
    OpenIn,
    id_in,
    opened,
    read,
    told,
    written,
)
from socialflow.errors import (
    AuthenticationRequired,
    InvalidCredentials,
    InvalidInput,
    PermissionDenied,
    RateLimited,
    SocialflowError,
    TooLarge,
)
from socialflow.moderation.live.records import NO_TIME, Asked, Decided, Event, NotTaken, Refused
from socialflow.moderation.live.service import LiveService
from socialflow.moderation.live.session import Session
from socialflow.observability.moderation import LiveMetrics

DONE, BINARY, TOO_BIG, FAULT, RESTART, LATER = 1000, 1003, 1009, 1011, 1012, 1013
GARBAGE, UNKNOWN, FORBIDDEN, SILENT, TOO_SLOW = 4400, 4401, 4403, 4408, 4413
"""Close codes: those of RFC 6455 and its registry, and our own."""
MOST_FAULTS = 10
"""Messages in a row that cannot be used."""
LATE, OVERLOADED, REFUSED = "late", "overloaded", "refused"
"""What is counted of messages besides decisions."""
ENDING = "the server is shutting down; connect again"
LAST_WORD = 1.0
"""Seconds that the closing frame may take."""
_log = structlog.get_logger("socialflow.live")


class Ended(Exception):
    """The session ends with this close code. `drained`: what was read is answered first."""

    def __init__(self, code: int, reason: str, *, drained: bool = True) -> None:
        super().__init__(reason)
        self.code, self.reason, self.drained = code, reason, drained


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and by what that is known."""

    principal: Principal
    credentials: Mapping[str, str]


async def known(access: AccessService, credentials: Mapping[str, str]) -> Caller:
    """The caller, counted, if it may do this. Raises as `AccessService.authenticate`, PermissionDenied."""
    principal = await access.authenticate(credentials)
    authorise(principal, Action.CHAT_MODERATE)
    return Caller(principal, credentials)


class Socket:
    """An accepted WebSocket."""

    def __init__(self, websocket: WebSocket, access: AccessService, live: LiveService, metrics: LiveMetrics) -> None:
        self._websocket, self._access, self._live = websocket, access, live
        self._limits, self._metrics = live.limits, metrics

    async def introduced(self) -> Caller:
        """Who calls, by the first message. Raises Ended."""
        frame = await self._first()
        if not isinstance(frame, AuthenticateIn) or not frame.headers():
            raise await self._refused(AuthenticationRequired("say first who calls: authenticate with token or api_key"))
        try:
            return await known(self._access, frame.headers())
        except SocialflowError as error:
            raise await self._refused(error) from None

    async def serve(self, caller: Caller) -> None:
        """One session, from its opening to its end. Raises Ended, WebSocketDisconnect."""
        frame = await self._first()
        if not isinstance(frame, OpenIn):
            raise await self._refused(InvalidInput("the session is not open: send open first", field="type"))
        opening = frame.opening()
        try:
            async with self._live.open(opening) as (name, policy, session):
                await self._send(opened(name, policy, opening))
                await self._converse(caller, session)
        except SocialflowError as error:
            raise await self._refused(error) from None

    async def end(self, code: int, reason: str) -> None:
        """Say so and close, if the other side still takes it."""
        sides = (self._websocket.application_state, self._websocket.client_state)
        if sides != (WebSocketState.CONNECTED, WebSocketState.CONNECTED):
            return
        try:
            async with asyncio.timeout(LAST_WORD):
                await self._websocket.close(code, reason)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            _log.info("live_session_lost", code=code)

    async def _converse(self, caller: Caller, session: Session) -> None:
        """Read and answer side by side, until either ends or the server does; then answer what was read."""
        reading = asyncio.create_task(self._read(caller, session))
        writing = asyncio.create_task(self._write(session))
        draining = asyncio.create_task(self._live.draining.wait())
        tasks = (reading, writing, draining)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                await writing
            end = Ended(RESTART, ENDING)
            if reading.done():
                end = reading.result()
            reading.cancel()
            session.finish()
            if end.drained:
                await writing
            raise end
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._metrics.dropped.inc(session.unanswered)

    async def _read(self, caller: Caller, session: Session) -> Ended:
        """Take messages until there are no more, and say why."""
        loop, faults = asyncio.get_running_loop(), 0
        recheck = loop.time() + self._limits.recheck
        try:
            while True:
                text = await self._heard(session)
                if loop.time() >= recheck:
                    await self._recheck(caller)
                    recheck = loop.time() + self._limits.recheck
                try:
                    frame, faults = self._parsed(text), 0
                except InvalidInput as error:
                    faults += 1
                    if faults >= MOST_FAULTS:
                        return Ended(GARBAGE, f"{faults} messages in a row could not be used")
                    await session.tell(Refused(error, id_in(text)))
                else:
                    await self._take(caller, session, frame)
        except Ended as end:
            return end
        except WebSocketDisconnect as gone:
            return Ended(gone.code, "", drained=False)

    async def _heard(self, session: Session) -> str:
        """The next message; whoever says nothing for long is asked once. Raises Ended, WebSocketDisconnect."""
        try:
            return await self._text(self._limits.idle)
        except TimeoutError:
            await session.tell(Asked())
        try:
            return await self._text(self._limits.pong)
        except TimeoutError:
            raise Ended(SILENT, "nothing was said for too long") from None

    async def _take(self, caller: Caller, session: Session, frame: Frame) -> None:
        if isinstance(frame, CloseIn):
            raise Ended(DONE, "")
        if not isinstance(frame, MessageIn):
            return
        try:
            await self._access.count(caller.principal)
        except RateLimited as error:
            await session.tell(Refused(error, frame.id))
        else:
            await session.offer(frame.message())

    @staticmethod
    def _parsed(text: str) -> Frame:
        frame = read(text)
        if isinstance(frame, OpenIn | AuthenticateIn):
            raise InvalidInput(f"{frame.type} comes once, and first", field="type")
        return frame

    async def _recheck(self, caller: Caller) -> None:
        """Keys are revoked and tokens run out while sessions stand. Raises Ended."""
        try:
            authorise(await self._access.identify(caller.credentials), Action.CHAT_MODERATE)
        except (InvalidCredentials, PermissionDenied) as error:
            raise Ended(UNKNOWN, error.message[:100]) from None
        except SocialflowError:
            _log.warning("live_caller_not_checked", exc_info=True)  # asked again in a minute

    async def _write(self, session: Session) -> None:
        """Say what there is to say, in order. Raises Ended where the other side does not take it."""
        async for event in session.answers():
            await self._send(told(event))
            self._count(event)

    def _count(self, event: Event) -> None:
        """Have what was said of a message in the metrics."""
        if isinstance(event, Decided):
            outcome = LATE if NO_TIME in event.missing else event.decision.value
            self._metrics.answered(outcome, event.latency_ms / 1000)
        elif isinstance(event, NotTaken):
            self._metrics.answered(OVERLOADED)
        elif isinstance(event, Refused):
            self._metrics.answered(REFUSED)

    async def _send(self, said: Mapping[str, object]) -> None:
        try:
            async with asyncio.timeout(self._limits.send):
                await self._websocket.send_text(written(said))
        except TimeoutError:
            raise Ended(TOO_SLOW, "answers are not read", drained=False) from None

    async def _first(self) -> Frame:
        """The next message, soon, unless the server ends before. Raises Ended."""
        reading = asyncio.create_task(self._text(self._limits.opening))
        draining = asyncio.create_task(self._live.draining.wait())
        try:
            await asyncio.wait((reading, draining), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise Ended(RESTART, ENDING, drained=False)
            return read(reading.result())
        except TimeoutError:
            raise Ended(SILENT, f"nothing was said within {self._limits.opening:g} s", drained=False) from None
        except InvalidInput as error:
            raise await self._refused(error) from None
        finally:
            for task in (reading, draining):
                task.cancel()
            await asyncio.gather(reading, draining, return_exceptions=True)

    async def _text(self, seconds: float) -> str:
        """The next message as text. Raises TimeoutError, WebSocketDisconnect, Ended."""
        async with asyncio.timeout(seconds):
            event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        text: str | None = event.get("text")
        if text is None:
            raise Ended(BINARY, "send text, not bytes")
        if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise Ended(TOO_BIG, f"a message has {MAX_BYTES} bytes at most")
        return text

    async def _refused(self, error: SocialflowError) -> Ended:
        """Say what was wrong; the end that follows."""
        await self._send(told(Refused(error)))
        return Ended(code_of(error), error.message[:100], drained=False)


def code_of(error: SocialflowError) -> int:
    """The close code of a refusal."""
    if isinstance(error, AuthenticationRequired | InvalidCredentials):
        return UNKNOWN
    if isinstance(error, PermissionDenied):
        return FORBIDDEN
    if isinstance(error, TooLarge):
        return TOO_BIG
    return GARBAGE if isinstance(error, InvalidInput) else LATER
