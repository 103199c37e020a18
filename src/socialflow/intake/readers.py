"""Rows of CSV, TSV, JSON Lines and Parquet files, one at a time.

A row that cannot be read is a `RejectedRow` with its line number; only a file that cannot be used at all (unknown
format, no header, a missing file) raises.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson

from socialflow.errors import InvalidInput
from socialflow.intake.records import Format, RejectedRow, Row
from socialflow.intake.streams import DAMAGE, ByteSource, Lines, plain_name

_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
}
_EXCERPT = 200
_QUOTED_LINES = 200
"""A quoted cell that is still open after this many lines was never meant to be one."""

TextRow = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows stand in a file. `header`: whether the first row names the columns."""

    format: Format
    separator: str = ","
    header: bool = True
    encoding: str = "utf-8"
    quoted: bool = True


class Source(Protocol):
    """An open file of rows. `columns` is None where each row names its own."""

    path: Path
    columns: Sequence[str] | None
    size: int

    @property
    def position(self) -> int:
        """Bytes of the stored file read so far, at most `size`."""
        ...

    def rows(self) -> Iterator[Row | RejectedRow]:
        """The rows, once."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def layout_of(
    path: Path,
    *,
    file_format: Format | None = None,
    separator: str | None = None,
    header: bool = True,
    encoding: str = "utf-8",
) -> Layout:
    """The layout of a file by its suffix, as far as it is not given.

    Raises:
        InvalidInput: neither suffix nor arguments tell the format, or the encoding is unknown.

    >>> layout_of(Path("ratings.tsv.zst")).separator
    '\\t'
    """
    suffix = Path(plain_name(path)).suffix.lower()
    file_format = file_format or _SUFFIXES.get(suffix) or (Format.CSV if separator else None)
    if file_format is None:
        known = ", ".join(_SUFFIXES)
        raise InvalidInput(
            f"cannot tell the format of {path.name}: give a format or a separator, or use one of {known}",
            field="format",
        )
    if separator is None:
        separator = "\t" if file_format is Format.TSV else ","
    if separator == "" or "\n" in separator:
        raise InvalidInput("the separator must be text without line breaks", field="separator")
    quoted = file_format is Format.CSV and len(separator) == 1
    return Layout(file_format, separator, header, _codec(encoding), quoted)


def open_source(path: Path, layout: Layout) -> Source:
    """Open a file and read its header, if it has one.

    Raises:
        InvalidInput: the file is not there, is empty where a header is due, or is damaged from the start.
    """
    if not path.is_file():
        raise InvalidInput(f"there is no file {path}", field="path")
    if layout.format is Format.PARQUET:
        from socialflow.intake.parquet import ParquetSource  # see there

        return ParquetSource(path)
    if layout.format is Format.JSONL:
        return JsonLinesSource(path, layout)
    return DelimitedSource(path, layout)


class _TextSource:
    """Shared half of the text formats: opening, decoding, and the end that damage makes."""

    columns: Sequence[str] | None = None

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self._layout = layout
        self._source = ByteSource(path)
        self._lines = Lines(self._source.content)
        self.size = self._source.size

    @property
    def position(self) -> int:
        return self._source.position

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def rows(self) -> Iterator[Row | RejectedRow]:
        """The rows; a file damaged half-way ends in one rejected row that says so."""
        line = 0
        try:
            for row in self._rows():
                line = row.line
                yield row
        except DAMAGE as damage:
            yield RejectedRow(line + 1, "file_damaged", f"the file cannot be read beyond here: {damage}", None, "")

    def _rows(self) -> Iterator[Row | RejectedRow]:
        raise NotImplementedError

    def _decode(self, number: int, line: bytes | None) -> str | RejectedRow:
        if line is None:
            return RejectedRow(number, "line_too_long", "the line is longer than 16 MiB", None, "")
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            line = line[3:]
        try:
            return line.decode(self._layout.encoding)
        except UnicodeDecodeError as wrong:
            reason = f"byte {wrong.start + 1} is not {self._layout.encoding}; name the file's encoding if it is another"
            return RejectedRow(number, "not_decodable", reason, None, line[:_EXCERPT].decode("latin-1"))


class DelimitedSource(_TextSource):
    """Rows of cells between separators. Columns without a header are named by position: "0", "1", ..."""

    def __init__(self, path: Path, layout: Layout) -> None:
        super().__init__(path, layout)
        if not layout.header:
            return
        try:
            first = next(self._cells(), None)
        except DAMAGE as damage:
            self.close()
            raise InvalidInput(f"{path.name} cannot be read: {damage}", field="path") from damage
        if first is None or isinstance(first, RejectedRow):
            self.close()
            why = first.reason if first else "it is empty"
            raise InvalidInput(f"{path.name} has no header line: {why}", field="path")
        self.columns = tuple(name.strip() for name in first[1])

    def _rows(self) -> Iterator[Row | RejectedRow]:
        columns = self.columns
        positions: list[str] = []
        for row in self._cells():
            if isinstance(row, RejectedRow):
                yield row
                continue
            line, cells = row
            if columns is None:
                if len(positions) < len(cells):
                    positions = [str(place) for place in range(len(cells))]
                yield Row(line, dict(zip(positions, cells, strict=False)))
            elif len(cells) == len(columns):
                yield Row(line, dict(zip(columns, cells, strict=True)))
            else:
                reason = f"the row has {len(cells)} cells, the header {len(columns)}"
                yield RejectedRow(line, "malformed_row", reason, None, excerpt(cells))

    def _cells(self) -> Iterator[TextRow | RejectedRow]:
        separator, quoted = self._layout.separator, self._layout.quoted
        for number, raw in self._lines:
            text = self._decode(number, raw)
            if isinstance(text, RejectedRow):
                yield text
            elif not text:
                continue
            elif quoted and '"' in text:
                yield self._quoted(number, text)
            else:
                yield number, text.split(separator)

    def _quoted(self, number: int, first: str) -> TextRow | RejectedRow:
        feed = _QuotedLines(self, first)
        try:
            cells = next(csv.reader(feed, delimiter=self._layout.separator))
        except csv.Error as wrong:
            return RejectedRow(number, "malformed_row", f"not a CSV row: {wrong}", None, first[:_EXCERPT])
        if feed.dry:
            self._lines.push_back(feed.taken)
            return RejectedRow(number, "malformed_row", "a quotation mark is never closed", None, first[:_EXCERPT])
        return number, cells

    def continuation(self) -> tuple[tuple[int, bytes | None] | None, str | None]:
        """The next line of a quoted cell, raw and decoded; None where there is none that can be used."""
        taken = next(self._lines, None)
        text = self._decode(*taken) if taken else None
        return taken, text if isinstance(text, str) else None


class _QuotedLines:
    """Hands a CSV reader one line, and more while a quoted cell stays open; `dry` when there was no end to it."""

    def __init__(self, source: DelimitedSource, first: str) -> None:
        self._source = source
        self._next: str | None = first
        self.taken: list[tuple[int, bytes | None]] = []
        self.dry = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text, self._next = self._next, None
        if text is None and len(self.taken) < _QUOTED_LINES:
            taken, text = self._source.continuation()
            if taken:
                self.taken.append(taken)
        if text is None:
            self.dry = True
            raise StopIteration
        return text + "\n"


class JsonLinesSource(_TextSource):
    """One JSON object a line."""

    def _rows(self) -> Iterator[Row | RejectedRow]:
        for number, raw in self._lines:
            text = self._decode(number, raw)
            if isinstance(text, RejectedRow):
                yield text
                continue
            if not text.strip():
                continue
            try:
                value = orjson.loads(text)
            except orjson.JSONDecodeError as wrong:
                yield RejectedRow(number, "malformed_row", f"not JSON: {wrong}", None, text[:_EXCERPT])
                continue
            if isinstance(value, dict):
                yield Row(number, value)
            else:
                yield RejectedRow(number, "malformed_row", "a row must be a JSON object", None, text[:_EXCERPT])


def excerpt(cells: Sequence[str] | Mapping[str, object]) -> str:
    """The beginning of a row as JSON, for the file of rejected rows."""
    try:
        return orjson.dumps(cells, default=str).decode()[:_EXCERPT]
    except orjson.JSONEncodeError:  # lone surrogates, integers beyond 64 bits
        return ascii(cells)[:_EXCERPT]


def _codec(encoding: str) -> str:
    name = encoding.lower().replace("_", "-")
    codecs = {"utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "latin-1": "latin-1", "iso-8859-1": "latin-1"}
    if name not in codecs:
        raise InvalidInput(f"the encoding must be utf-8 or latin-1, not {encoding!r}", field="encoding")
    return codecs[name]
