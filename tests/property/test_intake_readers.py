"""Readers give back what was written, in any compression, and survive anything else."""

import csv
import gzip
import io
import lzma
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.intake.readers import Layout, layout_of, open_source
from socialflow.intake.records import Format, RejectedRow, Row

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
FEW = settings(max_examples=60, deadline=None)

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(words, min_size=width, max_size=width), max_size=8))


@contextmanager
def stored(data: bytes, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def read(path: Path, layout: Layout) -> list[Row | RejectedRow]:
    source = open_source(path, layout)
    try:
        rows = list(source.rows())
        assert 0 <= source.position <= source.size
    finally:
        source.close()
    return rows


def cells(rows: list[Row | RejectedRow]) -> list[list[object]]:
    assert all(isinstance(row, Row) for row in rows), rows
    return [list(row.cells.values()) for row in rows if isinstance(row, Row)]


@FEW
@given(tables, st.sampled_from(sorted(COMPRESSORS)), st.sampled_from(",;|\t"))
def test_csv_comes_back_as_it_was_written(table: list[list[str]], suffix: str, separator: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(table)
    data = COMPRESSORS[suffix](written.getvalue().encode())
    with stored(data, f"table.csv{suffix}") as path:
        rows = read(path, layout_of(path, separator=separator, header=False))
    assert cells(rows) == table


@FEW
@given(st.lists(st.dictionaries(words, words | st.integers(-(2**53), 2**53) | st.none(), max_size=4), max_size=8))
def test_json_lines_come_back_as_they_were_written(table: list[dict[str, object]]) -> None:
    data = b"".join(orjson.dumps(row) + b"\n" for row in table)
    with stored(data, "table.jsonl.zst") as path:
        path.write_bytes(COMPRESSORS[".zst"](data))
        rows = read(path, layout_of(path))
    assert [row.cells for row in rows if isinstance(row, Row)] == table


garbage = st.binary(max_size=300) | st.lists(
    st.sampled_from([b'"', b",", b"\n", b"a", b"\0", b"\xff", b"\r\n", b"{}"])
).map(b"".join)


@FEW
@given(garbage, st.sampled_from(sorted(COMPRESSORS)), st.sampled_from(list(Format)), st.booleans())
def test_garbage_is_rejected_row_by_row_or_as_a_whole(data: bytes, suffix: str, kind: Format, header: bool) -> None:
    with stored(data, f"garbage.bin{suffix}") as path:
        try:
            rows = read(path, layout_of(path, file_format=kind, header=header))
        except InvalidInput:
            return
    for row in rows:
        assert row.line >= 1
        assert isinstance(row, Row) or (row.code and row.reason)


@FEW
@given(st.sampled_from([".gz", ".xz", ".zst"]), st.integers(1, 99))
def test_a_truncated_file_gives_its_rows_and_says_where_it_breaks(suffix: str, percent: int) -> None:
    lines = [f"{number},{number * 7919 % 104729}" for number in range(5000)]
    whole = COMPRESSORS[suffix]("\n".join(lines).encode())
    with stored(whole[: len(whole) * percent // 100], f"half.csv{suffix}") as path:
        rows = read(path, layout_of(path, header=False))
    assert isinstance(rows[-1], RejectedRow)
    assert rows[-1].code == "file_damaged"
    good = [",".join(map(str, row.cells.values())) for row in rows if isinstance(row, Row)]
    assert good == lines[: len(good)]


@FEW
@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=4), st.sampled_from([".gz", ".xz", ".zst"]))
def test_concatenated_frames_are_one_file(parts: list[bytes], suffix: str) -> None:
    text = [part.hex().encode() + b"\n" for part in parts]
    with stored(b"".join(COMPRESSORS[suffix](part) for part in text), f"frames.csv{suffix}") as path:
        rows = read(path, layout_of(path, header=False))
    assert cells(rows) == [[part.hex()] for part in parts]


class TestCornersOfCsv:
    def rows(self, data: bytes, **changes: object) -> list[Row | RejectedRow]:
        with stored(data, "corner.csv") as path:
            return read(path, layout_of(path, **changes))  # type: ignore[arg-type]

    def test_an_open_quote_costs_its_own_line_only(self) -> None:
        data = b'a,b\n1,"open\n' + b"".join(b"%d,x\n" % number for number in range(2, 1000))
        rows = self.rows(data)
        assert isinstance(rows[0], RejectedRow)
        assert (rows[0].line, rows[0].code) == (2, "malformed_row")
        assert [row.line for row in rows[1:]] == list(range(3, 1001))
        assert all(isinstance(row, Row) for row in rows[1:])

    def test_quoted_line_breaks_keep_line_numbers_right(self) -> None:
        rows = self.rows(b'a,b\n1,"two\nlines"\n2,x\n')
        assert rows == [Row(2, {"a": "1", "b": "two\nlines"}), Row(4, {"a": "2", "b": "x"})]

    def test_a_byte_order_mark_is_no_part_of_a_name(self) -> None:
        assert self.rows(b"\xef\xbb\xbfa,b\r\n1,2\r\n") == [Row(2, {"a": "1", "b": "2"})]

    def test_a_line_in_another_encoding_is_one_rejected_row(self) -> None:
        rows = self.rows(b"a\ncaf\xe9\nok\n")
        assert isinstance(rows[0], RejectedRow)
        assert rows[0].code == "not_decodable"
        assert rows[1] == Row(3, {"a": "ok"})
        assert self.rows(b"a\ncaf\xe9\n", encoding="latin-1") == [Row(2, {"a": "café"})]

    def test_rows_of_the_wrong_width_are_rejected(self) -> None:
        rows = self.rows(b"a,b\n1\n1,2,3\n1,2\n")
        assert [row.code for row in rows if isinstance(row, RejectedRow)] == ["malformed_row", "malformed_row"]

    def test_separators_of_several_characters(self) -> None:
        with stored(b'1::"One": Two::x|y\n', "movies.dat") as path:
            rows = read(path, layout_of(path, separator="::", header=False))
        assert rows == [Row(1, {"0": "1", "1": '"One": Two', "2": "x|y"})]

    def test_a_line_longer_than_memory_should_hold_is_stepped_over(self) -> None:
        rows = self.rows(b"a\n" + b"x" * (17 << 20) + b"\nok\n")
        assert isinstance(rows[0], RejectedRow)
        assert rows[0].code == "line_too_long"
        assert rows[1] == Row(3, {"a": "ok"})

    def test_an_unknown_suffix_needs_a_format(self) -> None:
        with pytest.raises(InvalidInput, match="give a format"):
            layout_of(Path("ratings.dat"))
