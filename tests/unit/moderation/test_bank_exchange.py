"""Lists of hashes as others exchange them."""

import base64
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.moderation.banks.exchange import Format, exported, frames_of, own_print, parsed
from socialflow.moderation.banks.records import Bank, BankKind, Entry, EntryState, Purpose, Stretch
from socialflow.moderation.banks.texts import print_of

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = "f8" * 32, "0d" * 32


def bank(kind: BankKind = BankKind.PICTURE) -> Bank:
    return Bank("b", "a bank", kind, Purpose.BLOCK, WHEN)


def csv(text: str) -> tuple[list[str], list[int], list[int]]:
    told = parsed(text.encode(), Format.CSV, bank())
    assert told.many is not None
    return (
        [row.tobytes().hex() for row in told.many.digests],
        told.many.qualities.tolist(),
        [one.row for one in told.refused],
    )


def signals(*listed: object, kind: BankKind = BankKind.PICTURE) -> list[tuple[str, str, str]]:
    told = parsed(json.dumps({"data": listed}).encode(), Format.THREATEXCHANGE, bank(kind), "ours", "us")
    assert told.refused == []
    return [(one.print.digest.hex(), one.label, one.source) for one in told.entries]


class TestCsv:
    def test_rows_with_and_without_qualities(self) -> None:
        text = f'hash,quality,file\r\n{ONE},77,a.jpg\r\n\r\n{OTHER.upper()}\n"{ONE}","5"'
        assert csv(text) == ([ONE, OTHER, ONE], [77, 100, 5], [])

    def test_what_cannot_be_read_is_named_by_its_row(self) -> None:
        assert csv(f"{ONE},50\nnothing\n{ONE},101\n{ONE[:-2]},1\n{ONE},-1") == ([ONE], [50], [2, 3, 4, 5])

    def test_only_the_first_hundred_refusals_are_told(self) -> None:
        told = parsed(b"x\n" * 250, Format.CSV, bank())
        assert (len(told.refused), told.refused_count) == (100, 250)

    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_or_refused(self, data: bytes) -> None:
        told = parsed(data, Format.CSV, bank())
        assert told.many is not None
        assert len(told.many.digests) == len(told.many.qualities)

    @given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 100)), max_size=20))
    def test_what_is_written_is_read(self, rows: list[tuple[bytes, int]]) -> None:
        entries = [entry(key, digest, quality) for key, (digest, quality) in enumerate(rows, 1)]
        body = b"".join(exported(entries, {}, bank(), Format.CSV))
        told = parsed(body, Format.CSV, bank())
        assert told.many is not None
        assert [*zip([row.tobytes() for row in told.many.digests], told.many.qualities.tolist(), strict=True)] == rows

    def test_it_is_for_pictures(self) -> None:
        for call in (
            lambda: parsed(b"", Format.CSV, bank(BankKind.TEXT)),
            lambda: [*exported([entry(1, bytes(32), 1)], {}, bank(BankKind.VIDEO), Format.CSV)],
        ):
            with pytest.raises(InvalidInput):
                call()


def entry(key: int, digest: bytes, quality: int, state: EntryState = EntryState.ACTIVE) -> Entry:
    return Entry(key, 1, digest, quality, "a label", "", None, state, False, WHEN)


class TestSignals:
    def test_hashes_with_their_tags(self) -> None:
        found = signals(
            {"id": "7", "type": "HASH_PDQ", "indicator": ONE, "tags": ["meme", "bad"], "should_delete": False},
            {"type": "HASH_PDQ", "indicator": OTHER, "tags": {"data": [{"text": "worse"}]}},
            {"type": "HASH_PDQ", "indicator": ONE},
        )
        assert found == [(ONE, "meme, bad", "threatexchange:7"), (OTHER, "worse", "us"), (ONE, "ours", "us")]

    def test_what_is_gone_is_told_apart(self) -> None:
        body = json.dumps([{"type": "HASH_PDQ", "indicator": ONE, "should_delete": True}]).encode()
        told = parsed(body, Format.THREATEXCHANGE, bank())
        assert (told.entries, told.gone) == ([], [bytes.fromhex(ONE)])

    @pytest.mark.parametrize(
        "signal",
        [
            7,
            {},
            {"type": "HASH_MD5", "indicator": "00"},
            {"type": "HASH_PDQ", "indicator": "00"},
            {"type": "HASH_PDQ", "indicator": 7},
            {"type": "HASH_VIDEO_VPDQ", "indicator": "[]"},
            {"type": "HASH_PDQ", "indicator": ONE, "socialflow_print": "é"},
            {"type": "HASH_PDQ", "indicator": ONE, "socialflow_print": "U0ZJUA=="},
        ],
    )
    def test_what_cannot_be_taken_is_refused_with_its_row(self, signal: object) -> None:
        good = {"type": "HASH_PDQ", "indicator": ONE}
        told = parsed(json.dumps([good, signal]).encode(), Format.THREATEXCHANGE, bank())
        assert ([one.row for one in told.refused], len(told.entries)) == ([2], 1)

    @pytest.mark.parametrize("body", [b"", b"7", b'{"data": 7}', b"\xff"])
    def test_what_is_no_list_is_refused(self, body: bytes) -> None:
        with pytest.raises(InvalidInput):
            parsed(body, Format.THREATEXCHANGE, bank())

    def test_texts_by_their_words_or_their_print(self) -> None:
        made = print_of("free coins for everybody who clicks here")
        assert made is not None
        assert made.payload is not None
        packed = base64.b64encode(made.payload).decode()
        found = signals(
            {"type": "TEXT_STRING", "indicator": "Free c0ins for everybody who clicks here!"},
            {"type": "SOCIALFLOW_TEXT", "indicator": "", "socialflow_print": packed},
            kind=BankKind.TEXT,
        )
        assert [digest for digest, *_ in found] == [made.digest.hex()] * 2
        assert own_print(packed, BankKind.TEXT) == made
        (told,) = exported([entry(1, made.digest, 100)], {1: made.payload}, bank(BankKind.TEXT), Format.THREATEXCHANGE)
        assert json.loads(told)["socialflow_print"] == packed

    def test_withdrawn_entries_are_given_out_as_gone(self) -> None:
        listed = [entry(1, bytes.fromhex(ONE), 80), entry(2, bytes.fromhex(OTHER), 80, EntryState.WITHDRAWN)]
        told = [json.loads(one) for one in exported(listed, {}, bank(), Format.THREATEXCHANGE)]
        assert [(one["indicator"], one["should_delete"], one["type"]) for one in told] == [
            (ONE, False, "HASH_PDQ"),
            (OTHER, True, "HASH_PDQ"),
        ]


class TestVpdq:
    def test_both_forms(self) -> None:
        new = frames_of(json.dumps([f"{ONE},100,0.000", f"{OTHER},60,1.000"]))
        old = frames_of(json.dumps({"0": {"quality": 100, "hash": ONE, "timestamp": 0.0}}))
        assert [(one.frame, one.seconds, one.pdq.hex, one.pdq.quality) for one in new] == [
            (0, 0.0, ONE, 100),
            (1, 1.0, OTHER, 60),
        ]
        assert old == new[:1]

    @pytest.mark.parametrize(
        "wrong", ["", "7", "[7]", '["a,b"]', '{"a": {}}', '["00,1,2"]', f'["{ONE},500,1"]', "[null]"]
    )
    def test_others_are_refused(self, wrong: str) -> None:
        with pytest.raises(InvalidInput):
            frames_of(wrong)

    def test_a_list_of_times_that_go_back_is_refused(self) -> None:
        body = json.dumps([{"type": "HASH_VIDEO_VPDQ", "indicator": json.dumps([f"{ONE},90,3", f"{ONE},90,1"])}])
        assert parsed(body.encode(), Format.THREATEXCHANGE, bank(BankKind.VIDEO)).refused_count == 1


def test_a_stretch_goes_forward() -> None:
    for start, end in ((1, 1), (2, 1), (-1, 1), (0, np.inf), (np.nan, 1)):
        with pytest.raises(InvalidInput):
            Stretch(start, end)
