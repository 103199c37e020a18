"""Annotations of changes of shot: tables and JSON documents."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.evaluation.shots import Change, Kind

_FIRST = ("first", "from_frame", "first_mixed_frame", "fade_out_from", "first_frame_of_new_shot")
_LAST = ("last", "to_frame", "last_mixed_frame", "fade_in_until", "first_frame_of_new_shot")
_WORDS: Mapping[str, Kind] = {"cut": "cut", "fade": "fade", "dissolve": "dissolve", "wipe": "dissolve"}
_EXAMPLE = "like kind,first,last with the lines cut,120 and dissolve,310,334"


def read_truth(text: str) -> list[Change]:
    """Changes of an annotation: a JSON document with `transitions`, or a table `kind,first[,last]`, a heading or none.

    Raises:
        InvalidInput: it is neither, and which line is wrong.
    """
    if text.lstrip().startswith(("{", "[")):
        try:
            document = json.loads(text)
        except json.JSONDecodeError as problem:
            raise InvalidInput(f"the truth is no JSON: {problem}", field="truth") from problem
        listed = document.get("transitions") if isinstance(document, Mapping) else document
        if not isinstance(listed, list):
            raise InvalidInput('the truth has no list "transitions"', field="truth")
        return truth_of(listed)
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text))]
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(row)]
    if filled and filled[0][1][0].lower() in ("kind", "type"):
        filled = filled[1:]
    return in_order(_of_row(number, row) for number, row in filled)


def truth_of(listed: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Changes of an annotation's or a finding's list. Raises InvalidInput."""
    return in_order(_of_entry(number, entry) for number, entry in enumerate(listed, 1))


def in_order(changes: Iterable[Change]) -> list[Change]:
    """By their first frames."""
    return sorted(changes, key=lambda change: change.first)


def _of_row(number: int, row: Sequence[str]) -> Change:
    try:
        numbers = [int(cell) for cell in row[1:3] if cell]
    except ValueError:
        numbers = []
    if not numbers:
        raise InvalidInput(f"line {number} of the truth has no frame numbers; {_EXAMPLE}", field="truth")
    return _change(f"line {number}", row[0], numbers[0], numbers[-1])


def _of_entry(number: int, entry: Mapping[str, Any]) -> Change:
    where = f"transition {number}"
    if not isinstance(entry, Mapping):
        raise InvalidInput(f"{where} of the truth is no object", field="truth")
    first, last = (next((entry[key] for key in keys if key in entry), None) for keys in (_FIRST, _LAST))
    if not isinstance(first, int) or not isinstance(last, int):
        raise InvalidInput(f"{where} of the truth has no {_FIRST[0]} and {_LAST[0]} frames", field="truth")
    word = entry.get("kind", entry.get("type"))
    return _change(where, str(word), first, last, optional=bool(entry.get("optional", False)))


def _change(where: str, word: str, first: int, last: int, *, optional: bool = False) -> Change:
    kind = next((kind for part, kind in _WORDS.items() if part in word.lower()), None)
    if kind is None:
        raise InvalidInput(f"{where} of the truth is a {word!r}, not one of {', '.join(_WORDS)}", field="truth")
    return Change(kind, first, first if kind == "cut" else last, optional)
