"""One cell -> one typed value. Every converter takes (cell, field name) and raises InvalidInput naming the field."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import orjson

from socialflow.errors import FutureEvent, InvalidInput
from socialflow.intake.records import TimeUnit
from socialflow.kit.clock import from_micros
from socialflow.kit.identifiers import check_id

E = TypeVar("E", bound=StrEnum)
Converter = Callable[[object, str], Any]

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_AUTO_LIMITS = (
    (1e11, TimeUnit.SECONDS),
    (1e14, TimeUnit.MILLISECONDS),
    (1e17, TimeUnit.MICROSECONDS),
    (math.inf, TimeUnit.NANOSECONDS),
)
_PER_SECOND = {
    TimeUnit.SECONDS: 1,
    TimeUnit.MILLISECONDS: 1_000,
    TimeUnit.MICROSECONDS: 1_000_000,
    TimeUnit.NANOSECONDS: 1_000_000_000,
}
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_MAX_TEXT = 100_000
_MAX_LISTED = 1_000


def identifier(value: object, field: str) -> str:
    """An external id: text, or a whole number kept as text."""
    if type(value) is not str:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            raise InvalidInput(f"{field} must be text or a whole number, not {type(value).__name__}", field=field)
        value = str(value)
    if value.isprintable() and 0 < len(value) <= 128 and value[0] != " " and value[-1] != " ":
        return value
    return check_id(value.strip(), field=field)


def text(value: object, field: str) -> str:
    """Text of at most 100,000 characters, without NUL or lone surrogates."""
    if not isinstance(value, (str, int, float)):
        raise InvalidInput(f"{field} must be text, not {type(value).__name__}", field=field)
    words = str(value)
    if len(words) > _MAX_TEXT:
        raise InvalidInput(f"{field} has {len(words):,} characters, at most {_MAX_TEXT:,} are kept", field=field)
    if "\0" in words:
        raise InvalidInput(f"{field} holds a NUL character", field=field)
    if not words.isascii() and any("\ud800" <= ch <= "\udfff" for ch in words):
        raise InvalidInput(f"{field} holds half a character (a lone surrogate)", field=field)
    return words


def number(value: object, field: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidInput(f"{field} must be a number, not {type(value).__name__}", field=field)
    try:
        result = float(value)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{field} must be a number, not {str(value)[:40]!r}", field=field) from None
    if not math.isfinite(result):
        raise InvalidInput(f"{field} must be finite", field=field)
    return result


def whole(value: object, field: str) -> int:
    """A whole number that fits 63 bits."""
    result = number(value, field)
    if not result.is_integer() or abs(result) >= 2**63:
        raise InvalidInput(f"{field} must be a whole number, not {str(value)[:40]!r}", field=field)
    return int(value) if isinstance(value, int) else int(result)


def count(value: object, field: str) -> int:
    """A whole number from 0 on."""
    result = whole(value, field)
    if result < 0:
        raise InvalidInput(f"{field} must not be negative", field=field)
    return result


def year(value: object, field: str) -> int:
    """A year from 1900 on."""
    result = whole(value, field)
    if not 1900 <= result <= 2100:
        raise InvalidInput(f"{field} must be a year from 1900 to 2100, not {result}", field=field)
    return result


def boolean(value: object, field: str) -> bool:
    """true/false, t/f, yes/no, y/n or 1/0, in any case."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise InvalidInput(f"{field} must be true or false, not {word[:40]!r}", field=field)


def listed(value: object, field: str) -> tuple[str, ...]:
    """A list of texts: a JSON list, or parts between `|`; empty and repeated parts are left out."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise InvalidInput(f"{field} begins like a JSON list but is none", field=field) from None
    parts = value.split("|") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise InvalidInput(f"{field} must be a list, or text with parts between '|'", field=field)
    if len(parts) > _MAX_LISTED:
        raise InvalidInput(f"{field} lists {len(parts):,} parts, at most {_MAX_LISTED:,} are kept", field=field)
    cleaned = (text(part, field).strip() for part in parts if part is not None)
    return tuple(dict.fromkeys(part for part in cleaned if part))


def parted(separator: str) -> Callable[[object, str], tuple[str, ...]]:
    """A converter to a list of texts, with parts between `separator`."""

    def convert(value: object, field: str) -> tuple[str, ...]:
        return listed(value.split(separator) if isinstance(value, str) else value, field)

    return convert


def json_object(value: object, field: str) -> dict[str, object]:
    """A JSON object, or its text."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = None
    if not isinstance(value, dict):
        raise InvalidInput(f"{field} must be a JSON object", field=field)
    try:
        orjson.dumps(value, default=str)
    except orjson.JSONEncodeError:
        raise InvalidInput(f"{field} cannot be kept as JSON", field=field) from None
    return value


def one_of(kinds: type[E]) -> Callable[[object, str], E]:
    """A converter to a member of `kinds`, by value in any case."""
    members = {str(member): member for member in kinds}

    def convert(value: object, field: str) -> E:
        found = members.get(value) if isinstance(value, str) else None
        found = found or members.get(str(value).strip().lower())
        if found is None:
            raise InvalidInput(f"{field} must be one of {', '.join(members)}, not {str(value)[:40]!r}", field=field)
        return found

    return convert


def instant(unit: TimeUnit = TimeUnit.AUTO) -> Callable[[object, str], datetime]:
    """A converter to UTC: ISO 8601 (without a zone: UTC), or a number since 1970 in `unit`."""

    def convert(value: object, field: str) -> datetime:
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        if not isinstance(value, str):
            return _since_1970(value if isinstance(value, int) else number(value, field), unit, field)
        try:
            return _since_1970(int(value), unit, field)
        except ValueError:
            return _iso_or_fraction(value.strip(), unit, field)

    return convert


def _iso_or_fraction(value: str, unit: TimeUnit, field: str) -> datetime:
    try:
        return _since_1970(float(value), unit, field)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        message = f"{field} must be an ISO 8601 time or a number since 1970, not {value[:40]!r}"
        raise InvalidInput(message, field=field) from None


def _since_1970(value: float, unit: TimeUnit, field: str) -> datetime:
    if unit is TimeUnit.AUTO:
        unit = next((unit for limit, unit in _AUTO_LIMITS if abs(value) < limit), TimeUnit.NANOSECONDS)
    per_second = _PER_SECOND[unit]
    try:
        micros = value * 1_000_000 // per_second if isinstance(value, int) else round(value * 1_000_000 / per_second)
        return from_micros(micros)
    except (ValueError, OverflowError, OSError):
        raise InvalidInput(f"{field} is no time: {value} {unit.value} since 1970", field=field) from None


def check_event_time(at: datetime, latest: datetime, field: str) -> datetime:
    """Refuse events before 1970 and after `latest`."""
    if at > latest:
        raise FutureEvent(f"{field} is in the future: {at.isoformat()}", field=field)
    if at < EARLIEST:
        raise InvalidInput(f"{field} is before 1970: {at.isoformat()}; is the unit right?", field=field)
    return at


def later(base: datetime, seconds: int, field: str) -> datetime:
    """`base` and so many seconds."""
    try:
        return base + timedelta(seconds=seconds)
    except OverflowError:
        raise InvalidInput(f"{field} is beyond the calendar", field=field) from None
