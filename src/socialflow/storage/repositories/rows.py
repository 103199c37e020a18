"""Between value objects and rows: JSON text, times, outcomes, and what no database can hold."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import orjson

from socialflow.content.records import RowOutcome, RowStatus
from socialflow.errors import InvalidInput
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.transaction import Values

T = TypeVar("T")


def json_text(value: object, field: str) -> str:
    """Compact JSON. Raises InvalidInput, naming `field`, for what JSON cannot say."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"{field} cannot be stored as JSON: {error}", field=field) from error


def texts(stored: str) -> tuple[str, ...]:
    """A stored JSON list of texts."""
    return tuple(orjson.loads(stored))


def micros(at: datetime | None) -> int | None:
    """A time that may be missing, as stored."""
    return None if at is None else to_micros(at)


def instant(stored: int | None) -> datetime | None:
    """A stored time that may be missing."""
    return None if stored is None else from_micros(stored)


def storable(text: str) -> bool:
    """Whether both engines can hold this text: no NUL, no lone surrogate.

    >>> storable("naïve"), storable("a\\0b")
    (True, False)
    """
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def findable(names: Iterable[str]) -> list[str]:
    """Distinct names, in order, without those that no row can have."""
    return [name for name in dict.fromkeys(names) if storable(name)]


def chunks(values: Collection[bytes], size: int = 10_000) -> Iterable[list[bytes]]:
    """Lists of at most `size`: SQLite binds 32,766 parameters."""
    listed = list(values)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


class Outcomes:
    """One answer a row, in the order of the batch; stored unless said otherwise."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = ids
        self._answers = [RowOutcome(row_id, RowStatus.STORED) for row_id in ids]

    def reject(self, index: int, code: str, detail: str, field: str | None = None) -> None:
        """Row `index` was not stored."""
        self._answers[index] = RowOutcome(self._ids[index], RowStatus.REJECTED, code, detail, field)

    def duplicate(self, index: int) -> None:
        """Row `index` had been stored before."""
        self._answers[index] = RowOutcome(self._ids[index], RowStatus.DUPLICATE)

    def stored(self, index: int) -> bool:
        """Whether row `index` still counts as stored."""
        return self._answers[index].status is RowStatus.STORED

    def answers(self) -> list[RowOutcome]:
        """The answers."""
        return self._answers


def checked_row(make: Callable[[T], Values], noun: T, index: int, outcomes: Outcomes) -> Values | None:
    """The row of `noun`, or None with a rejection where no database can hold it."""
    try:
        row = make(noun)
    except InvalidInput as error:
        outcomes.reject(index, error.code, error.message, error.field)
        return None
    for field, value in row.items():
        if isinstance(value, str) and not storable(value):
            outcomes.reject(index, InvalidInput.code, f"{field} holds a NUL or a broken character", field)
            return None
    return row
