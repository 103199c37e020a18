"""Rows of the tables and lists that sets come as."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import named, whole_text


def lines_of(folder: Path, name: str, encoding: str = "utf-8") -> list[str]:
    r"""Lines parted by \n alone (other line breaks of Unicode stand inside texts), blank ones too, the last if any."""
    lines = whole_text(named(folder, name), encoding).split("\n")
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]


def cells_of(folder: Path, name: str, separator: str = ",", encoding: str = "utf-8") -> Iterator[list[str]]:
    """Rows of a CSV file, quoted cells unquoted. Raises InvalidInput."""
    path = named(folder, name)
    try:
        yield from csv.reader(StringIO(whole_text(path, encoding), newline=""), delimiter=separator)
    except csv.Error as problem:
        raise InvalidInput(f"{path} is not a table: {problem}", field="data") from problem


def records_of(folder: Path, name: str, separator: str = ",", encoding: str = "utf-8") -> Iterator[dict[str, str]]:
    """Rows of a CSV file by the names of its first row. Raises InvalidInput."""
    rows = cells_of(folder, name, separator, encoding)
    header = next(rows, [])
    for cells in rows:
        if len(cells) != len(header):
            raise InvalidInput(
                f"{folder / name}: expected {len(header)} cells, not {len(cells)}: {cells}", field="data"
            )
        yield dict(zip(header, cells, strict=True))


def pairs_of(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """A JSON list of [text, label]. Raises InvalidInput."""
    path = named(folder, name)
    try:
        rows = json.loads(whole_text(path))
        yield from ((str(text), str(label)) for text, label in rows)
    except (ValueError, TypeError) as problem:
        raise InvalidInput(f"{path} must be a JSON list of [text, label]: {problem}", field="data") from problem
