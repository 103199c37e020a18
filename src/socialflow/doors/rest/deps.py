"""What route functions ask for: the platform, the caller, and whose things the call is about."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import orjson
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.access.records import Principal
from socialflow.content.records import User
from socialflow.content.service import ContentService
from socialflow.doors.rest.ports import Platform
from socialflow.errors import Erased, PermissionDenied, UserNotFound
from socialflow.observability.metrics import Metrics

MAX_BODY_BYTES = 16 * 1024 * 1024


class StrictRequest(Request):
    """A request of bounded size, its JSON parsed by orjson: UTF-8 only, no NaN, no lone surrogates, bounded depth."""

    async def body(self) -> bytes:
        """Read the body. Raises HTTPException 413 as soon as it is known to be larger than 16 MiB."""
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > MAX_BODY_BYTES:
                    raise HTTPException(413)
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        """Parse the body. Raises json.JSONDecodeError (which orjson's own error is)."""
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json


class OpenRoute(APIRoute):
    """A route that anybody may call."""

    guarded: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler: name the route for logs, settle who calls, read JSON strictly."""
        handle = super().get_route_handler()
        template, guarded, credentials = self.path_format, self.guarded, self.credentials

        async def wrapped(request: Request) -> Response:
            request.scope["socialflow.route"] = template
            if guarded:
                request.state.principal = await platform_of(request).access.authenticate(credentials(request))
            return await handle(StrictRequest(request.scope, request.receive))

        return wrapped

    @staticmethod
    def credentials(request: Request) -> Mapping[str, str]:
        """Headers that say who calls, by lower-case names."""
        return request.headers


class GuardedRoute(OpenRoute):
    """A route for known callers: who it is, and how often, is settled before anything of the call is read."""

    guarded = True


def platform_of(request: Request) -> Platform:
    """The started platform."""
    platform: Platform = request.app.state.platform
    return platform


@dataclass(frozen=True, slots=True)
class Call:
    """What a guarded route works with."""

    principal: Principal
    platform: Platform
    content: ContentService
    metrics: Metrics

    async def caller(self) -> User:
        """The stored user behind a token. Raises PermissionDenied where the token's subject is no user here."""
        try:
            return await self.content.user(self.principal.subject)
        except (UserNotFound, Erased) as error:
            raise PermissionDenied("the token's subject is not a user of this platform") from error

    async def authorise_for(self, action: Action, username: str) -> str | None:
        """Check that the caller may do `action` for `username`.

        Returns the caller's user id where it is the caller's own name, None where the caller may act for anybody. That
        a name exists is not told to who may not ask about it.
        """
        if allowed(self.principal, action):
            return None
        authorise(self.principal, action, owner=self.principal.subject)
        if (await self.caller()).username != username:
            raise PermissionDenied(f"{action} is allowed only for your own username", field="username")
        return self.principal.subject


async def _platform(request: Request) -> Platform:
    return platform_of(request)


async def _call(request: Request) -> Call:
    state = request.app.state
    return Call(request.state.principal, state.platform, state.content, state.metrics)


PlatformDep = Annotated[Platform, Depends(_platform)]
CallDep = Annotated[Call, Depends(_call)]
