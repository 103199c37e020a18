"""From named failures to HTTP: one table, one body shape.

Every refusal reads `{"detail", "status_code", "code", "request_id"}`, and `"field"` where one part of the call was
wrong. Codes are those of `socialflow.errors`, and `method_not_allowed`, which only HTTP knows.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from socialflow.doors.rest.replies import Reply
from socialflow.errors import (
    AuthenticationRequired,
    Conflict,
    Erased,
    InvalidCredentials,
    InvalidInput,
    InvalidToken,
    KeySetUnavailable,
    MediaUnavailable,
    ModelUnavailable,
    NotFound,
    Overloaded,
    PermissionDenied,
    RateLimited,
    SocialflowError,
    SourceUnavailable,
    StoreUnavailable,
    TransportUnavailable,
)

STATUS: Mapping[type[SocialflowError], int] = {
    InvalidInput: 422,
    NotFound: 404,
    Erased: 410,
    Conflict: 409,
    AuthenticationRequired: 401,
    InvalidToken: 401,
    InvalidCredentials: 403,
    PermissionDenied: 403,
    RateLimited: 429,
    Overloaded: 503,
    StoreUnavailable: 503,
    TransportUnavailable: 503,
    SourceUnavailable: 503,
    MediaUnavailable: 502,
    KeySetUnavailable: 503,
    ModelUnavailable: 503,
}
"""The nearest base class of an error decides; anything else is a 500 of which only the log tells more. (413 is HTTP's
own: a body of too many bytes.)"""

RETRY_AFTER_SECONDS = 1
_HTTP_CODES = {400: "invalid_input", 404: "not_found", 405: "method_not_allowed", 413: "input_too_large"}
CHALLENGES = {
    AuthenticationRequired.code: 'Bearer realm="socialflow"',
    InvalidToken.code: 'Bearer realm="socialflow", error="invalid_token"',
}


class ErrorOut(BaseModel):
    """Why a call was refused."""

    detail: Annotated[
        str, Field(description="What was wrong, where, and what would be right.", examples=["there is no item 42"])
    ]
    status_code: Annotated[int, Field(description="The HTTP status again.", ge=400, le=599, examples=[404])]
    code: Annotated[
        str, Field(description="Stable name of the failure; programs branch on this.", examples=["item_not_found"])
    ]
    request_id: Annotated[str, Field(description="Finds this call in the logs.", examples=["8f14e45fceea"])]
    field: Annotated[
        str | None, Field(description="The part of the call that was wrong; absent if none.", examples=["item_id"])
    ] = None


_EXAMPLES: Mapping[int, tuple[str, str, str, str | None]] = {
    401: ("Who is calling is not known.", "authentication_required", "send Authorization: Bearer <token>", None),
    403: ("The caller may not do this.", "permission_denied", "feed.read is allowed only for what is your own", None),
    404: ("Nothing is stored under this id.", "item_not_found", "no item has the id '42'", None),
    409: ("The stored state forbids this.", "conflict", "the username is taken", "username"),
    410: ("The person asked to be forgotten.", "erased", "this user id is closed for good", None),
    413: ("More bytes than one call may carry.", "input_too_large", "the body is larger than 16 MiB", None),
    422: ("Something sent is unusable.", "invalid_input", "Input should be greater than or equal to 1", "page"),
    429: ("Too many calls.", "rate_limited", "more than 100 calls a minute; try again in 12 s", None),
    502: ("Media cannot be had.", "media_unavailable", "media.example.org answers 404", "url"),
    503: ("Cannot be answered now.", "store_unavailable", "the database cannot be reached", None),
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the given error statuses, with examples."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    meaning, code, detail, field = _EXAMPLES[status]
    example: dict[str, object] = {"detail": detail, "status_code": status, "code": code, "request_id": "8f14e45fceea"}
    if field:
        example["field"] = field
    answer: dict[str, Any] = {
        "model": ErrorOut,
        "description": meaning,
        "content": {"application/json": {"example": example}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return answer


def request_id_of(request: Request) -> str:
    """The id the middleware gave this request."""
    return str(getattr(request.state, "request_id", ""))


def error_reply(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """The one error body."""
    body: dict[str, object] = {"detail": detail, "status_code": status, "code": code, "request_id": request_id}
    if field is not None:
        body["field"] = field
    return Reply(body, status_code=status, headers=headers)


def status_of(error: SocialflowError) -> int:
    """HTTP status of a named failure, by its nearest base class."""
    return next((STATUS[base] for base in type(error).__mro__ if base in STATUS), 500)


async def _named(request: Request, error: Exception) -> Reply:
    if not isinstance(error, SocialflowError):
        raise error
    status = status_of(error)
    if status == 500:
        raise error
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    elif status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    elif challenge := CHALLENGES.get(error.code):
        headers["WWW-Authenticate"] = challenge
    return error_reply(request_id_of(request), status, error.code, error.message, field=error.field, headers=headers)


async def _invalid(request: Request, error: Exception) -> Reply:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = error.errors()
    field, detail = describe(problems[0])
    if field == "body" and "json" not in request.headers.get("content-type", ""):
        detail = "body: send JSON, and say so: Content-Type: application/json"
    return error_reply(request_id_of(request), 422, InvalidInput.code, detail, field=field)


def describe(problem: Mapping[str, Any]) -> tuple[str, str]:
    """Name and message of one pydantic problem; the name is the path without where it came from and union arms."""
    location: Sequence[int | str] = problem.get("loc", ())
    parts = [str(part) for part in location[1:] if not _is_union_arm(part)]
    message = str(problem.get("msg", "unusable")).removeprefix("Value error, ")
    if problem.get("type") == "json_invalid":
        return "body", f"the body is not JSON: {problem.get('ctx', {}).get('error', message)}"
    name = ".".join(parts) or (str(location[0]) if location else "body")
    return name, f"{name}: {message}"


def _is_union_arm(part: int | str) -> bool:
    return isinstance(part, str) and ("[" in part or part.endswith("Batch"))


async def _http(request: Request, error: Exception) -> Reply:
    if not isinstance(error, HTTPException):
        raise error
    code = _HTTP_CODES.get(error.status_code, "invalid_input")
    details = {
        404: "no such path",
        405: f"{request.method} is not allowed here",
        413: "the body is larger than 16 MiB; send fewer rows a call",
    }
    detail = details.get(error.status_code, str(error.detail))
    return error_reply(request_id_of(request), error.status_code, code, detail, headers=error.headers)


def install(app: FastAPI) -> None:
    """Register the error map."""
    app.add_exception_handler(SocialflowError, _named)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
