"""What somebody saw in pictures: objects and faces, by file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from socialflow.errors import InvalidInput

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the picture."""
_KEYS = ("coco", "objects", "labels")
"""Under which a list of pictures may hold labels; the first that any picture has counts."""
_SIDES = ("left", "top", "right", "bottom")
_EXAMPLE = (
    '{"photo.jpg": ["dog", "car"]}, {"photo.jpg": {"car": 2}} or '
    '{"photo.jpg": [{"label": "dog", "box": [0.1, 0.2, 0.5, 0.9]}]}'
)


@dataclass(frozen=True, slots=True)
class Listed:
    """What is in one picture: labels; how many of each, where that was counted; boxes, where they were drawn."""

    file: str
    labels: tuple[str, ...]
    counts: Mapping[str, int] | None = None
    boxes: tuple[tuple[str, Corners], ...] | None = None


def read_objects(text: str) -> list[Listed]:
    """Objects by picture: a JSON object from file to labels, counts or boxes, or a list of objects with `file` and one
    of `coco`, `objects` and `labels` (pictures without it are left out).

    >>> read_objects('{"a.jpg": {"car": 2, "dog": 0}}')
    [Listed(file='a.jpg', labels=('car',), counts={'car': 2, 'dog': 0}, boxes=None)]

    Raises:
        InvalidInput: it is none of these, and which picture is wrong.
    """
    document = _json(text)
    if isinstance(document, Mapping):
        return [_listed(str(file), told) for file, told in document.items()]
    records = _records(document)
    key = next((key for key in _KEYS if any(key in record for record in records)), None)
    if key is None:
        raise InvalidInput(f"no picture of the truth has any of {', '.join(_KEYS)}", field="truth")
    return [_listed(record["file"], record[key]) for record in records if record.get(key) is not None]


def read_faces(text: str) -> dict[str, int]:
    """Numbers of faces by picture: a JSON object from file to number, or a list of objects with `file` and `faces`;
    null is not counted.

    >>> read_faces('[{"file": "a.jpg", "faces": 2}, {"file": "b.jpg", "faces": null}]')
    {'a.jpg': 2}

    Raises:
        InvalidInput: it is neither, and which picture is wrong.
    """
    document = _json(text)
    pairs: Iterable[tuple[str, Any]]
    if isinstance(document, Mapping):
        pairs = ((str(file), number) for file, number in document.items())
    else:
        pairs = ((record["file"], record.get("faces")) for record in _records(document))
    return {file: _number(file, number) for file, number in pairs if number is not None}


def _json(text: str) -> object:
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as problem:
        raise InvalidInput(f"the truth is no JSON: {problem}", field="truth") from problem
    if not isinstance(document, Mapping | list) or not document:
        raise InvalidInput(f"the truth names no pictures; write {_EXAMPLE}", field="truth")
    return document


def _records(document: object) -> list[Mapping[str, Any]]:
    records = document if isinstance(document, list) else []
    for number, record in enumerate(records, 1):
        if not isinstance(record, Mapping) or not isinstance(record.get("file"), str):
            raise InvalidInput(f'entry {number} of the truth has no "file"', field="truth")
    return records


def _listed(file: str, told: object) -> Listed:
    if isinstance(told, Mapping):
        counted = {str(label): _number(file, number) for label, number in told.items()}
        return Listed(file, tuple(label for label, number in counted.items() if number), counted)
    if isinstance(told, list) and all(isinstance(one, str) for one in told):
        return Listed(file, tuple(dict.fromkeys(told)))
    if isinstance(told, list) and all(isinstance(one, Mapping) for one in told):
        boxes = tuple(_box(file, one) for one in told)
        return Listed(file, tuple(dict.fromkeys(label for label, _ in boxes)), None, boxes)
    raise InvalidInput(f"what the truth says of {file} is not understood; write {_EXAMPLE}", field="truth")


def _box(file: str, told: Mapping[str, Any]) -> tuple[str, Corners]:
    label, box = told.get("label"), told.get("box")
    sides = [box.get(name) for name in _SIDES] if isinstance(box, Mapping) else box
    numbers = [float(one) for one in sides if isinstance(one, int | float)] if isinstance(sides, list) else []
    if not isinstance(label, str) or len(numbers) != 4:
        raise InvalidInput(f"a box of {file} is not like {_EXAMPLE}", field="truth")
    left, top, right, bottom = numbers
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise InvalidInput(f"a box of {file} is not left, top, right, bottom as fractions from 0 to 1", field="truth")
    return label, (left, top, right, bottom)


def _number(file: str, number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise InvalidInput(f"{number!r} of {file} is no number of things", field="truth")
    return number
