"""The check of external ids outside the doors' schemas."""

import unicodedata

from socialflow.errors import InvalidInput
from socialflow.ids import MAX_ID_LENGTH


def check_id(value: str, *, field: str = "id") -> str:
    """Return `value` if it is a usable external id.

    Raises:
        InvalidInput: empty, longer than 128 characters, or holding a control or surrogate character.

    >>> check_id("user-42")
    'user-42'
    """
    if not 1 <= len(value) <= MAX_ID_LENGTH:
        raise InvalidInput(f"{field} must have 1 to {MAX_ID_LENGTH} characters, not {len(value)}", field=field)
    if any(unicodedata.category(ch) in {"Cc", "Cs"} for ch in value):
        raise InvalidInput(f"{field} must not contain control characters", field=field)
    return value
