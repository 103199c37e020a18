"""What a reviewer or an author may send."""

import re

from socialflow.errors import InvalidInput
from socialflow.moderation.records import Act
from socialflow.moderation.review.records import MAX_NOTE, RULINGS, Ruling

_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_ACTS = (Act.HIDE, Act.AGE_GATE, Act.LABEL, Act.STRIKE)
MAX_LABELS = 16


def checked_words(words: str, field: str, most: int, *, least: int = 0) -> str:
    """Words without blanks around them. Raises InvalidInput: too few or many characters, or a NUL or half character.

    >>> checked_words(" seen before ", "note", 100)
    'seen before'
    """
    stripped = words.strip()
    if not least <= len(stripped) <= most:
        raise InvalidInput(f"{field} must have {least} to {most} characters, not {len(stripped)}", field=field)
    if "\0" in stripped or any("\ud800" <= sign <= "\udfff" for sign in stripped):
        raise InvalidInput(f"{field} holds a NUL or a broken character", field=field)
    return stripped


def checked_code(code: str, field: str) -> str:
    """A reason's or label's code. Raises InvalidInput.

    >>> checked_code("hate.slur", "reason")
    'hate.slur'
    """
    if _CODE.fullmatch(code) is None:
        raise InvalidInput(
            f"{field} must be a code of 1 to 64 small letters, digits, dots, dashes and underscores, not {code!r}",
            field=field,
        )
    return code


def check_ruling(ruling: Ruling) -> Ruling:
    """Return it, its note without blanks around it. Raises InvalidInput."""
    if ruling.status not in RULINGS:
        allowed = ", ".join(status.value for status in RULINGS)
        raise InvalidInput(f"people say one of {allowed}, not {ruling.status.value}", field="status")
    checked_code(ruling.reason, "reason")
    if len(ruling.labels) > MAX_LABELS:
        raise InvalidInput(f"at most {MAX_LABELS} labels, not {len(ruling.labels)}", field="labels")
    for label in ruling.labels:
        checked_code(label, "labels")
    for act in ruling.acts:
        if act not in _ACTS:
            allowed = ", ".join(one.value for one in _ACTS)
            raise InvalidInput(f"besides the status a person may {allowed}; not {act.value}", field="acts")
    note = checked_words(ruling.note, "note", MAX_NOTE)
    return Ruling(ruling.status, ruling.reason, ruling.labels, ruling.acts, note)
