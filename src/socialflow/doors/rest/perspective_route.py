"""How calls in Perspective's shape come in and are refused: a key in the address, refusals as that service has them."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from socialflow.doors.rest.deps import OpenRoute
from socialflow.doors.rest.errors import CHALLENGES, RETRY_AFTER_SECONDS, describe, status_of
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.perspective import PerspectiveErrorOut
from socialflow.errors import (
    AuthenticationRequired,
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    RateLimited,
    SocialflowError,
)

_DETAIL = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


class Kind(StrEnum):
    """What is wrong with a comment, by the names of the service."""

    COMMENT_EMPTY = "COMMENT_EMPTY"
    COMMENT_TOO_LONG = "COMMENT_TOO_LONG"
    NO_REQUESTED_ATTRIBUTES = "NO_REQUESTED_ATTRIBUTES"
    LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE = "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    LANGUAGE_DETECTION_FAILED = "LANGUAGE_DETECTION_FAILED"
    INVALID_REQUEST = "INVALID_REQUEST"


class CommentRefused(InvalidInput):
    """A comment that cannot be scored as it was asked for; `details` are further keys of the refusal."""

    def __init__(self, kind: Kind, message: str, **details: object) -> None:
        super().__init__(message, field="comment")
        self.kind, self.details = kind, details


class PerspectiveOpenRoute(OpenRoute):
    """A route of this shape that anybody may call."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler: the key leaves the address before anything can log it; refusals take their shape."""
        handle = super().get_route_handler()

        async def wrapped(request: Request) -> Response:
            request.state.address_key = take_key(request.scope)
            try:
                return await handle(request)
            except (SocialflowError, RequestValidationError, HTTPException) as error:
                return refusal(error)

        return wrapped


class PerspectiveRoute(PerspectiveOpenRoute):
    """A route for known callers, who may send their key as `?key=` or `X-Goog-Api-Key` too."""

    guarded = True

    @staticmethod
    def credentials(request: Request) -> Mapping[str, str]:
        """The headers, with the key where the access service looks for it."""
        headers = request.headers
        key = headers.get("x-api-key") or request.state.address_key or headers.get("x-goog-api-key")
        return {**headers, "x-api-key": key} if key else headers


def take_key(scope: Scope) -> str | None:
    """Remove `key` from the address that a scope tells, for good, and return it.

    The scope is the server's own: what it logs of the address afterwards has no key.
    """
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    scope["query_string"] = urlencode([pair for pair in pairs if pair[0] != "key"]).encode("latin-1")
    return next((value for name, value in pairs if name == "key" and value), None)


def refusal(error: SocialflowError | RequestValidationError | HTTPException) -> Reply:
    """An error as an answer of this shape. Raises it again where it is none that a caller should be told of."""
    if isinstance(error, RequestValidationError):
        _, message = describe(error.errors()[0])
        return _reply(400, message, [{"@type": _DETAIL, "errorType": Kind.INVALID_REQUEST}])
    if isinstance(error, HTTPException):
        return _reply(error.status_code, str(error.detail), headers=error.headers)
    if isinstance(error, AuthenticationRequired):
        return _reply(403, "The call names no caller: send ?key=KEY, X-API-Key: KEY or Authorization: Bearer TOKEN.")
    if isinstance(error, InvalidToken):
        return _reply(401, error.message, headers={"WWW-Authenticate": CHALLENGES[InvalidToken.code]})
    if isinstance(error, InvalidCredentials):
        info = {"@type": _INFO, "reason": "API_KEY_INVALID", "domain": "socialflow"}
        return _reply(400, "API key not valid. Please pass a valid API key.", [info])
    return _named(error)


def _named(error: SocialflowError) -> Reply:
    status = status_of(error)
    if status == 500:
        raise error
    if isinstance(error, InvalidInput):
        kind = error.kind if isinstance(error, CommentRefused) else Kind.INVALID_REQUEST
        more = error.details if isinstance(error, CommentRefused) else {}
        return _reply(400, error.message, [{"@type": _DETAIL, "errorType": kind, **more}])
    if isinstance(error, RateLimited):
        info = {"@type": _INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "socialflow"}
        return _reply(429, error.message, [info], {"Retry-After": str(error.retry_after)})
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
    return _reply(status, error.message, headers=headers)


def _reply(
    status: int,
    message: str,
    details: Sequence[Mapping[str, object]] = (),
    headers: Mapping[str, str] | None = None,
) -> Reply:
    name = _NAMES.get(status, "UNKNOWN")
    body = {"error": {"code": status, "message": message, "status": name, "details": details}}
    return Reply(body, status_code=status, headers=headers)


_EXAMPLES = {
    400: ("What was sent cannot be scored, or the key is wrong.", "Comment must be non-empty."),
    401: ("The token is damaged, expired or signed by another.", "the token has expired"),
    403: ("No credentials, or the caller may not do this.", "comment.analyse needs a key with the scope read"),
    404: ("No such version.", "version: v1alpha1 is the only one"),
    413: ("More bytes than one call may carry.", "Request Entity Too Large"),
    429: ("Too many calls.", "more than 100 calls a minute; try again in 12 s"),
    503: ("Cannot be answered now.", "64 calls wait; try again"),
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the given error statuses, with examples."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    meaning, message = _EXAMPLES[status]
    error = {"code": status, "message": message, "status": _NAMES[status], "details": []}
    answer: dict[str, Any] = {
        "model": PerspectiveErrorOut,
        "description": meaning,
        "content": {"application/json": {"example": {"error": error}}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return answer
