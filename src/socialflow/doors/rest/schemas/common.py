"""Types shared by bodies and answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, TypeAlias

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WrapValidator,
)

from socialflow.content.records import RowOutcome, RowStatus
from socialflow.doors.rest.errors import describe
from socialflow.errors import InvalidInput
from socialflow.ids import MAX_INT
from socialflow.kit.answers import Status, Tier

MAX_ROWS = 10_000
"""Rows of one bulk call at most."""
MAX_JSON_BYTES = 16_384
"""Free-form JSON of one record at most, as compact text."""
NO_NUL = r"^[^\x00]*$"

Name: TypeAlias = Annotated[str, StringConstraints(max_length=128, pattern=NO_NUL)]
Line: TypeAlias = Annotated[str, StringConstraints(max_length=512, pattern=NO_NUL)]
Text: TypeAlias = Annotated[str, StringConstraints(max_length=20_000, pattern=NO_NUL)]
Url: TypeAlias = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s\x00-\x1f]+$")]
Names: TypeAlias = Annotated[tuple[Name, ...], Field(max_length=100)]
Count: TypeAlias = Annotated[int, Field(ge=0, le=MAX_INT)]

_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Instant: TypeAlias = Annotated[AwareDatetime, Field(ge=_EARLIEST, lt=_LATEST), AfterValidator(_utc)]
"""A time with its offset; kept as UTC."""


def _plain_json(value: dict[str, Any]) -> dict[str, Any]:
    raw = orjson.dumps(value)
    if len(raw) > MAX_JSON_BYTES:
        raise ValueError(f"must not exceed {MAX_JSON_BYTES} bytes")
    if b"\\u0000" in raw:
        raise ValueError("must not contain NUL")
    if any(isinstance(leaf, int) and not -MAX_INT - 1 <= leaf <= MAX_INT for leaf in _leaves(value)):
        raise ValueError("integers must fit 63 bits")
    return value


def _leaves(value: object) -> Sequence[object]:
    pending, leaves = [value], []
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
        else:
            leaves.append(node)
    return leaves


JsonObject: TypeAlias = Annotated[dict[str, Any], AfterValidator(_plain_json)]


class Body(BaseModel):
    """Base of what comes in: unknown keys are a mistake that is named, not ignored."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a batch that could not be read."""

    outcome: RowOutcome


def row_or_reason(id_key: str) -> WrapValidator:
    """Validate one row of a batch; what cannot be read becomes a `BadRow` instead of failing the batch."""

    def validate(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
            location = [str(part) for part in problem["loc"]]
            field, detail = describe({**problem, "loc": ("row", *location)})
            given = value.get(id_key) if isinstance(value, dict) else None
            row_id = str(given)[:128] if isinstance(given, str | int) else ""
            return BadRow(
                RowOutcome(row_id, RowStatus.REJECTED, InvalidInput.code, detail, field if location else None)
            )

    return WrapValidator(validate)


def merge_outcomes(rows: Sequence[object], stored: Sequence[RowOutcome]) -> list[RowOutcome]:
    """One outcome a row, in order: reasons of unreadable rows between the outcomes of the others."""
    outcomes = iter(stored)
    return [row.outcome if isinstance(row, BadRow) else next(outcomes) for row in rows]


class _Identified(Protocol):
    id: str


def left_out(rows: Sequence[_Identified], *names: str) -> dict[str, set[str]]:
    """Field name -> ids of the rows that left it out."""
    return {name: {row.id for row in rows if getattr(row, name) is None} for name in names}


class RowOut(BaseModel):
    """What became of one row."""

    id: Annotated[str, Field(description="Id of the row, given or made.", examples=["c0ffee-1"])]
    status: Annotated[RowStatus, Field(description="What became of it.", examples=["stored"])]
    code: Annotated[str | None, Field(description="Why it was rejected.", examples=["item_not_found"])]
    detail: Annotated[str | None, Field(description="The reason in words.", examples=["no item has the id '42'"])]
    field: Annotated[str | None, Field(description="The part of the row that was wrong.", examples=["post_id"])]


class RowsOut(BaseModel):
    """One answer a row, in the order of the rows."""

    stored: Annotated[int, Field(description="Rows stored.", examples=[2])]
    duplicates: Annotated[int, Field(description="Rows that were stored before.", examples=[0])]
    rejected: Annotated[int, Field(description="Rows that were refused.", examples=[0])]
    results: Annotated[list[RowOut], Field(description="One entry a row.")]


def rows_out(outcomes: Sequence[RowOutcome]) -> dict[str, object]:
    """The body of a `RowsOut`."""
    statuses = [outcome.status for outcome in outcomes]
    return {
        "stored": statuses.count(RowStatus.STORED),
        "duplicates": statuses.count(RowStatus.DUPLICATE),
        "rejected": statuses.count(RowStatus.REJECTED),
        "results": outcomes,
    }


class ProvenanceOut(BaseModel):
    """What made an answer."""

    model: Annotated[str, Field(description="Name of the model or method.", examples=["item_item"])]
    version: Annotated[str, Field(description="Its version.", examples=["20260101T000000-1a2b3c"])]
    tier: Annotated[Tier, Field(description="What kind of thing it is.", examples=["trained"])]
    updated_at: Annotated[
        datetime | None,
        Field(
            description="Until when it has counted, after its fit, what people did; null where it does not.",
            examples=["2026-01-01T12:00:00Z"],
        ),
    ] = None


class Answered(BaseModel):
    """How much of an answer could be had, and what made it."""

    status: Annotated[Status, Field(description="`partial` where a signal was missing.", examples=["complete"])]
    missing: Annotated[list[str], Field(description="Signals that could not be had.", examples=[["als"]])]
    provenance: Annotated[list[ProvenanceOut], Field(description="What made the answer.")]
