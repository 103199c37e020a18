"""Ids: the check of those given from outside, and the making of our own."""

import secrets
import unicodedata
from datetime import datetime

from socialflow.errors import InvalidInput
from socialflow.ids import MAX_ID_LENGTH
from socialflow.kit.clock import to_micros


def check_id(value: str, *, field: str = "id") -> str:
    """Return `value` if it is a usable external id.

    Raises:
        InvalidInput: empty, longer than 128 characters, or holding a control or surrogate character.

    >>> check_id("user-42")
    'user-42'
    """
    if not 1 <= len(value) <= MAX_ID_LENGTH:
        raise InvalidInput(f"{field} must have 1 to {MAX_ID_LENGTH} characters, not {len(value)}", field=field)
    plain = value.isascii() and value.isprintable()
    if not plain and any(unicodedata.category(ch) in {"Cc", "Cs"} for ch in value):
        raise InvalidInput(f"{field} must not contain control characters", field=field)
    return value


def time_ordered_id(now: datetime) -> str:
    """A time-ordered random id (UUID version 7, RFC 9562), 32 hexadecimal digits."""
    millis = to_micros(now) // 1000
    value = (millis & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return f"{value:032x}"
