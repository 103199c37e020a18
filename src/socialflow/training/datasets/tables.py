"""Tables of interactions: `user item [rating [timestamp]]`, with or without a header, in the usual separators."""

import csv
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import IntArray
from socialflow.training.datasets.files import MAX_ID, bad_line, lines
from socialflow.training.datasets.records import RankingData, implicit

_NAMES: Mapping[str, frozenset[str]] = {
    "user": frozenset({"user", "user_id", "userid", "username", "uid"}),
    "item": frozenset({"item", "item_id", "itemid", "movieid", "movie_id", "video_id", "videoid", "post_id", "iid"}),
    "rating": frozenset({"rating", "stars", "score"}),
    "time": frozenset({"timestamp", "time", "at", "ts", "unixtime", "unix_timestamp"}),
}
_ORDER = ("user", "item", "rating", "time")


@dataclass(slots=True)
class _Ids:
    """Numbers for id words in order of appearance."""

    codes: dict[str, int] = field(default_factory=dict)
    rows: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, word: str) -> None:
        self.rows.append(self.codes.setdefault(word, len(self.codes)))

    def column(self) -> IntArray:
        """The ids as int64: themselves where all are whole numbers below 2**31, else their order of appearance."""
        rows = np.array(self.rows, np.int64)
        if all(word.isascii() and word.isdigit() and len(word) < 19 for word in self.codes):
            numbers = np.array([int(word) for word in self.codes], np.int64)
            if len(np.unique(numbers)) == len(numbers) and numbers.max() < MAX_ID:
                return numbers[rows]
        return rows


def read_table(path: Path, columns: Sequence[str] | None = None) -> RankingData:
    """One row per interaction, separated by tab, `::`, comma, semicolon or blanks (found from the first line).

    A header names the columns (user_id, item_id, movieId, rating, timestamp, ...; `user_id:token` as RecBole writes
    it); without one they are user, item, rating, timestamp, as far as there are any. Timestamps are seconds since the
    epoch or ISO 8601 (UTC unless they say otherwise). Two columns mean: the rows stand in time order within a user.

    Raises:
        InvalidInput: naming the file and the line.
    """
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise InvalidInput(f"{path} holds no row", field="data")
    named = _header(first[1])
    places = named or {name: place for place, name in enumerate(columns or _ORDER[: len(first[1])])}
    if "item" not in places:
        raise bad_line(path, first[0], "expected at least user and item", " ".join(first[1]))
    users, items, ratings, times = _Ids(), _Ids(), array("f"), array("d")
    for number, cells in rows if named else _chain(first, rows):
        if len(cells) <= max(places.values()) or not cells[places["user"]] or not cells[places["item"]]:
            raise bad_line(path, number, f"expected {', '.join(places)}", " ".join(cells))
        users.add(cells[places["user"]])
        items.add(cells[places["item"]])
        if "rating" in places:
            ratings.append(_number(path, number, "a rating", cells[places["rating"]]))
        if "time" in places:
            times.append(_time(path, number, cells[places["time"]]))
    if not users.rows:
        raise InvalidInput(f"{path} holds a header and no row", field="data")
    return RankingData(
        implicit(users.column(), items.column(), np.array(times, np.float64) if times else None),
        ordered=True,
        timed=bool(times),
        ratings=np.array(ratings, np.float32) if ratings else None,
    )


def _chain(first: tuple[int, list[str]], rest: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rest


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of cells without surrounding blanks."""
    separator: str | None = None
    for number, line in lines(path):
        if separator is None:
            separator = next((mark for mark in ("\t", "::", ",", ";") if mark in line), " ")
        if separator in ",;":
            try:
                cells = next(csv.reader([line], delimiter=separator, strict=True))
            except csv.Error as problem:
                raise bad_line(path, number, str(problem), line) from problem
        else:
            cells = line.split(None if separator == " " else separator)
        yield number, [cell.strip() for cell in cells]


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Places of the columns a header names; empty if the row is not a header."""
    names = [cell.lower().partition(":")[0] for cell in cells]
    places = {name: place for place, cell in enumerate(names) for name, aliases in _NAMES.items() if cell in aliases}
    return places if {"user", "item"} <= places.keys() else {}


def _number(path: Path, number: int, what: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise bad_line(path, number, f"{what} must be a number", cell)
    return value


def _time(path: Path, number: int, cell: str) -> float:
    if cell.replace(".", "", 1).isdigit():
        return _number(path, number, "a timestamp", cell)
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise bad_line(path, number, "a timestamp must be seconds since the epoch or ISO 8601", cell) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
