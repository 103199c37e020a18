"""Videos and sounds in banks: candidates, the stretches that are shared, and what harmless films explain."""

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from tests.printed_films import printed_films
from tests.storage.nouns import NOW

from socialflow.errors import InvalidInput
from socialflow.image.pdq import HASH_BYTES
from socialflow.image.regions import COUNT
from socialflow.moderation.banks.films import FilmIndex, compared, heard, of_frames, print_of
from socialflow.moderation.banks.judging import matched
from socialflow.moderation.banks.records import (
    Bank,
    BankKind,
    Entry,
    EntryState,
    Near,
    Purpose,
    Shared,
    Stretch,
)
from socialflow.video.prints import VideoFingerprint


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, VideoFingerprint]:
    return printed_films(tmp_path_factory.mktemp("banked"))


def payload(of: VideoFingerprint, *, sound_only: bool = False) -> bytes:
    made = print_of(of, sound_only=sound_only).payload
    assert made is not None
    return made


def index(*films: VideoFingerprint) -> FilmIndex:
    made = FilmIndex()
    for one in films:
        made.extend([payload(one)])
    return made


ALL = np.ones(2, bool)


def still(random: np.random.Generator, seconds: int) -> VideoFingerprint:
    """A picture that stands, as it comes out of a codec: of each frame three bits differ."""
    hashes = np.repeat(random.integers(0, 256, (1, 1, HASH_BYTES), np.uint8), seconds, axis=0).repeat(COUNT, axis=1)
    for _ in range(3):
        bits = random.integers(0, 8 * HASH_BYTES, seconds)
        hashes[np.arange(seconds), :, bits // 8] ^= (1 << (bits % 8)).astype(np.uint8)[:, None]
    return VideoFingerprint(
        float(seconds),
        0.0,
        np.arange(seconds),
        np.arange(seconds, dtype=np.float64),
        hashes,
        np.full((seconds, COUNT), 100, np.uint8),
        np.zeros(0, np.uint8),
        np.zeros(0, np.int32),
    )


class TestCandidates:
    def test_by_pictures_and_by_sound(self, films: dict[str, VideoFingerprint]) -> None:
        known = index(films["other"], films["original"])
        assert known.candidates(films["mirrored"], ALL) == [1]
        assert known.candidates(films["dubbed"], ALL) == [1]
        known.settle()
        assert known.candidates(films["other"], ALL)[0] == 0
        assert known.candidates(films["mirrored"], np.array([True, False])) == []

    def test_an_empty_index_names_none(self, films: dict[str, VideoFingerprint]) -> None:
        assert FilmIndex().candidates(films["other"], np.zeros(0, bool)) == []

    def test_hours_of_a_still_picture_are_found_as_soon_as_seconds_of_it(self) -> None:
        random = np.random.default_rng(5)
        shown = [still(random, seconds=6_000), still(random, seconds=6_000)]
        known, begun = index(*shown), perf_counter()
        assert [known.candidates(one, ALL) for one in shown] == [[0], [1]]
        assert known.candidates(still(np.random.default_rng(5), seconds=8), ALL) == [0]
        assert perf_counter() - begun < 30  # frame against frame it takes many minutes


class TestStretches:
    def test_they_are_told_with_their_shares(self, films: dict[str, VideoFingerprint]) -> None:
        found = compared(films["mirrored"], payload(films["original"]), None)
        assert found is not None
        (span,) = found.spans
        assert span.mirrored
        assert span.reference_start - span.start == pytest.approx(3, abs=0.3)
        assert found.of_query > 0.8
        assert found.seconds > 4

    def test_only_what_is_owned_counts(self, films: dict[str, VideoFingerprint]) -> None:
        reference = payload(films["original"])
        found = compared(films["mirrored"], reference, Stretch(5, 7))
        assert found is not None
        assert all(span.reference_start >= 5 and span.reference_end <= 7 for span in found.spans)
        assert found.of_reference == pytest.approx(1, abs=0.1)
        assert found.of_query == pytest.approx(2 / 5, abs=0.1)
        assert compared(films["mirrored"], reference, Stretch(0, 2)) is None

    def test_plain_vpdq_is_enough(self, films: dict[str, VideoFingerprint]) -> None:
        known = of_frames(films["original"].frames())
        assert index(films["other"], known).candidates(films["mirrored"], ALL) == [1]
        found = compared(films["mirrored"], payload(known), None)
        assert found is not None
        assert found.spans[0].reference_start - found.spans[0].start == pytest.approx(3, abs=0.6)
        assert compared(films["other"], payload(known), None) is None

    def test_sound_alone(self, films: dict[str, VideoFingerprint]) -> None:
        kept = payload(films["original"], sound_only=True)
        found = compared(heard(films["dubbed"]), kept, None)
        assert found is not None
        assert {span.medium for span in found.spans} == {"sound"}
        assert print_of(films["original"], sound_only=True).kind is BankKind.AUDIO

    def test_what_has_neither_is_refused(self, films: dict[str, VideoFingerprint]) -> None:
        with pytest.raises(InvalidInput):
            print_of(films["mirrored"], sound_only=True)
        with pytest.raises(InvalidInput):
            of_frames([])


def bank(key: int, purpose: Purpose, kind: BankKind = BankKind.VIDEO) -> Bank:
    return Bank(f"b-{key}", "a bank", kind, purpose, NOW, key=key)


def entry(key: int) -> Entry:
    return Entry(key, key, bytes(32), 90, "", "", None, EntryState.ACTIVE, False, NOW)


def near(key: int, *spans: tuple[float, float]) -> Near:
    return Near(key, key, 0.9, spans=tuple(Shared("picture", start, end, start, end) for start, end in spans))


BANKS = {1: bank(1, Purpose.BLOCK), 2: bank(2, Purpose.NEGATIVE)}
ENTRIES = {1: entry(1), 2: entry(2)}


class TestHarmlessFilms:
    def suppressed(self, *found: Near) -> list[int | None]:
        return [one.suppressed_by for one in matched(found, ENTRIES, BANKS, BankKind.VIDEO)]

    def test_what_covers_the_match_explains_it(self) -> None:
        assert self.suppressed(near(1, (2, 6)), near(2, (0, 3), (3, 7))) == [2, None]

    def test_a_known_beginning_does_not_explain_the_rest(self) -> None:
        assert self.suppressed(near(1, (0, 10)), near(2, (0, 4))) == [None, None]

    def test_withdrawn_entries_and_inactive_banks_do_not_count(self) -> None:
        found = [near(1, (2, 6)), near(2, (0, 7))]
        gone = {**ENTRIES, 2: replace(entry(2), state=EntryState.WITHDRAWN)}
        told = matched(found, gone, BANKS, BankKind.VIDEO)
        assert [(one.entry, one.suppressed_by) for one in told] == [(1, None)]
        idle = {**BANKS, 1: replace(BANKS[1], active=False)}
        assert [one.entry for one in matched(found, ENTRIES, idle, BankKind.VIDEO)] == [2]
