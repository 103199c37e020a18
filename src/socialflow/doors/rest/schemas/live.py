"""What is said in a session of a live chat, in version 1 of its protocol."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import singledispatch
from typing import Annotated, Literal, TypeAlias

import orjson
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StringConstraints, TypeAdapter, ValidationError

from socialflow.doors.rest.errors import describe
from socialflow.doors.rest.schemas.common import NO_NUL, Body, Instant
from socialflow.errors import InvalidInput, RateLimited
from socialflow.ids import ExternalId
from socialflow.moderation.live.records import (
    Asked,
    AuthorChanged,
    Decided,
    Event,
    Message,
    NotTaken,
    Opening,
    PolicyChanged,
    Refused,
)
from socialflow.moderation.records import PolicyVersion

PROTOCOL = 1
MAX_BYTES = 16 * 1024
"""Bytes of one message of the protocol."""


class AuthenticateIn(Body):
    """Who calls, where no header could say it."""

    type: Literal["authenticate"]
    token: Annotated[str, StringConstraints(min_length=1, max_length=8192)] | None = None
    api_key: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None

    def headers(self) -> Mapping[str, str]:
        """As headers would say it."""
        said = {"x-api-key": self.api_key, "authorization": self.token and f"Bearer {self.token}"}
        return {name: value for name, value in said.items() if value}


class OpenIn(Body):
    """What the session is about."""

    type: Literal["open"]
    protocol: Annotated[StrictInt, Field(ge=PROTOCOL, le=PROTOCOL)] = PROTOCOL
    community: ExternalId | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = None
    deadline_ms: Annotated[StrictInt | StrictFloat, Field(ge=50, le=5000)] = 500
    store: StrictBool = False

    def opening(self) -> Opening:
        """As the domain has it."""
        return Opening(self.community, self.language, self.deadline_ms / 1000, self.store)


class MessageIn(Body):
    """A message of the chat."""

    type: Literal["message"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
    author: ExternalId
    text: Annotated[str, StringConstraints(max_length=4000, pattern=NO_NUL)]
    at: Instant | None = None

    def message(self) -> Message:
        """As the domain has it."""
        return Message(self.id, self.author, self.text, self.at)


class PongIn(Body):
    """The answer to a ping."""

    type: Literal["pong"]


class CloseIn(Body):
    """Nothing more comes."""

    type: Literal["close"]


Frame: TypeAlias = AuthenticateIn | OpenIn | MessageIn | PongIn | CloseIn
_FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def read(text: str) -> Frame:
    """One message of the protocol. Raises InvalidInput, which names the field."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"this is not JSON: {error}", field="body") from None
    try:
        return _FRAMES.validate_python(said)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field, detail = describe(problem)
        raise InvalidInput(detail, field=field) from None


def id_in(text: str) -> str | None:
    """The id of a message that cannot be used otherwise, so that its sender knows which one it was."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    found = said.get("id") if isinstance(said, dict) else None
    return found if isinstance(found, str) and len(found) <= 64 else None


def written(said: Mapping[str, object]) -> str:
    """As it goes over the wire."""
    return orjson.dumps(said).decode()


def opened(session: str, policy: PolicyVersion, opening: Opening) -> dict[str, object]:
    """The session stands."""
    return {
        "type": "opened",
        "protocol": PROTOCOL,
        "session": session,
        "policy": _policy(policy),
        "deadline_ms": round(opening.deadline * 1000),
    }


def _policy(version: PolicyVersion) -> dict[str, object]:
    return {"scope": version.scope, "version": version.version, "digest": version.digest}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@singledispatch
def told(event: Event) -> dict[str, object]:
    """An event of a session as a message of the protocol."""
    raise TypeError(event)


@told.register
def _(event: Decided) -> dict[str, object]:
    return {
        "type": "decision",
        "id": event.id,
        "decision": event.decision.value,
        "action": event.action,
        "flags": event.flags,
        "labels": event.labels,
        "confidence": event.confidence,
        "status": event.status.value,
        "missing": event.missing,
        "latency_ms": event.latency_ms,
    }


@told.register
def _(event: AuthorChanged) -> dict[str, object]:
    return {
        "type": "author",
        "author": event.author,
        "state": event.state.value,
        "because": event.because,
        "until": _instant(event.until),
    }


@told.register
def _(event: NotTaken) -> dict[str, object]:
    return {"type": "overloaded", "id": event.id}


@told.register
def _(event: PolicyChanged) -> dict[str, object]:
    return {"type": "policy", "policy": _policy(event.policy)}


@told.register
def _(event: Refused) -> dict[str, object]:
    said: dict[str, object] = {"type": "error", "code": event.error.code, "detail": event.error.message}
    if event.id is not None:
        said["id"] = event.id
    if event.error.field is not None:
        said["field"] = event.error.field
    if isinstance(event.error, RateLimited):
        said["retry_after"] = event.error.retry_after
    return said


@told.register
def _(_event: Asked) -> dict[str, object]:
    return {"type": "ping"}
