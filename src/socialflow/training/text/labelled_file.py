"""Labelled texts in a file of anybody's, told by the names of its columns."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Literal

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import plain_name
from socialflow.training.text.readers.entities import conll
from socialflow.training.text.readers.rows import cells_of, lines_of
from socialflow.training.text.readers.toxicity import runs
from socialflow.training.text.records import Example, Head, Stretch, Target

Format = Literal["csv", "tsv", "jsonl", "conll"]
Names = Mapping[str, str | Sequence[str] | None]
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Columns:
    """What is where in a file.

    Parameters:
        text, label: columns by name; by number, from 0, in a table without a header. Several labels, with commas
            between, are columns of 0 and 1 (anything else: not known), one for each label.
        names: label in the file -> label of the head, or several of them, or None for rows to leave out. Labels of the
            head that it never names are not judged where a text may have several.
        multi: a cell holds several labels, a JSON list or with commas between.
        target: the column with what `aspect` is asked about: words of the text, the first time they stand in it.
        slice: the column by which the figures are told apart.
    """

    text: str = "text"
    label: str = "label"
    names: Names = field(default_factory=dict)
    multi: bool = False
    target: str | None = None
    slice: str | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Examples, and the slice of each (none without a column for it)."""

    examples: list[Example]
    slices: list[str]


def read_labelled(path: Path, head: Head, columns: Columns, form: Format | None = None) -> Labelled:
    """The rows of a file that say something about a head; its form is told by the ending of its name, if not given.

    `tokens` heads read the second column of CoNLL, or a cell with a JSON list of character offsets (one label) or of
    [start, end, label].

    Raises:
        InvalidInput: a column is missing or a cell holds what the head cannot have; names the row.
    """
    known = form or plain_name(path).rpartition(".")[2]
    if known == "conll":
        return _read_conll(path, head, columns)
    if known not in ("csv", "tsv", "jsonl"):
        raise InvalidInput(f"{path.name} does not end in .csv, .tsv, .jsonl or .conll; give --format", field="format")
    examples: list[Example] = []
    slices: list[str] = []
    for number, row in enumerate(_rows(path, known, numbered=columns.text.isdecimal()), 1):
        try:
            text, target = str(_cell(row, columns.text)), _target(row, head, columns)
        except (ValueError, InvalidInput) as problem:
            raise InvalidInput(f"{path}, row {number}: {problem}", field="data") from problem
        if target is not None:
            examples.append(Example(text, target))
            slices.extend([str(_cell(row, columns.slice))] if columns.slice else [])
    if not examples:
        raise InvalidInput(f"{path} holds no row about {head.name}", field="data")
    return Labelled(examples, slices)


def _read_conll(path: Path, head: Head, columns: Columns) -> Labelled:
    if head.kind != "tokens" or columns.slice:
        raise InvalidInput(f"a CoNLL file has no columns for {columns.slice or head.name}", field="format")
    names = {name: str(told) for name, told in columns.names.items()} or {label: label for label in head.labels}
    if wrong := sorted(set(names.values()) - set(head.labels)):
        raise InvalidInput(f"{wrong[0]!r} is no label of {head.name}: {', '.join(head.labels)}", field="map")
    texts = conll(lines_of(path.parent, path.name), names)
    examples = [
        Example(text, tuple((start, end, head.labels.index(label)) for start, end, label in found))
        for text, found in texts
    ]
    return Labelled(examples, [])


def _rows(path: Path, form: str, *, numbered: bool) -> Iterator[Row]:
    if form == "jsonl":
        for number, line in enumerate(filter(None, lines_of(path.parent, path.name)), 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise InvalidInput(f"{path}, row {number}: not a JSON object: {line[:80]!r}", field="data")
            yield row
        return
    tabs = (line.split("\t") for line in lines_of(path.parent, path.name))
    table = tabs if form == "tsv" else cells_of(path.parent, path.name)
    header = None if numbered else next(table, [])
    for cells in table:
        yield dict(zip(header or map(str, range(len(cells))), cells, strict=False))


def _target(row: Row, head: Head, columns: Columns) -> Target | None:
    """What a row says; None where it is to be left out."""
    if head.kind == "tokens":
        return _stretches(_cell(row, columns.label), head)
    if head.kind == "multi_label":
        return _several(row, head, columns)
    labels = _labels(str(_cell(row, columns.label)), head, columns.names)
    if labels is None:
        return None
    if len(labels) != 1:
        raise InvalidInput(f"{head.name} has one label a text, not {len(labels)}", field="map")
    place = head.labels.index(labels[0])
    return place if head.kind == "multi_class" else ((*_aspect(row, columns), place),)


def _several(row: Row, head: Head, columns: Columns) -> Target | None:
    names = columns.label.split(",")
    if len(names) > 1:
        known = {"0": 0.0, "1": 1.0}
        told = {
            label: known.get(str(_cell(row, name)).removesuffix(".0"), nan)
            for name in names
            for label in _labels(name, head, columns.names) or ()
        }
        return tuple(told.get(label, nan) for label in head.labels)
    cell = _cell(row, columns.label)
    found = [_labels(one, head, columns.names) for one in (_parted(cell) if columns.multi else [str(cell)])]
    if None in found:
        return None
    there = {label for labels in found for label in labels or ()}
    judged = _named(columns.names) or set(head.labels)
    return tuple(float(label in there) if label in judged else nan for label in head.labels)


def _parted(cell: object) -> list[str]:
    listed = json.loads(cell) if isinstance(cell, str) and cell.startswith("[") else cell
    parts = listed if isinstance(listed, list) else str(listed).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _labels(word: str, head: Head, names: Names) -> Sequence[str] | None:
    """The head's labels for a label of the file; None where its rows are left out."""
    told = names.get(word, word)
    if told is None:
        return None
    labels = [told] if isinstance(told, str) else told
    for label in labels:
        if label not in head.labels:
            raise InvalidInput(
                f"{label!r} is no label of {head.name}: say by --map which of {', '.join(head.labels)} it is",
                field="map",
            )
    return labels


def _named(names: Names) -> set[str]:
    return {
        label for told in names.values() if told is not None for label in ([told] if isinstance(told, str) else told)
    }


def _stretches(cell: object, head: Head) -> tuple[Stretch, ...]:
    found = json.loads(cell) if isinstance(cell, str) else cell
    if not isinstance(found, list):
        raise InvalidInput(f"stretches must be a list, not {cell!r}", field="label")
    if all(isinstance(one, int) for one in found):
        return runs(found)
    return tuple((int(start), int(end), head.labels.index(label)) for start, end, label in found)


def _aspect(row: Row, columns: Columns) -> tuple[int, int]:
    if columns.target is None:
        raise InvalidInput("aspect is asked about words of a text: name their column by --target", field="target")
    words = str(_cell(row, columns.target))
    start = str(_cell(row, columns.text)).find(words) if words else -1
    if start < 0:
        raise InvalidInput(f"{words!r} does not stand in the text", field="target")
    return start, start + len(words)


def _cell(row: Row, name: str) -> object:
    if name not in row:
        raise InvalidInput(f"no column {name!r}; there are {', '.join(row)}", field="data")
    return row[name]
