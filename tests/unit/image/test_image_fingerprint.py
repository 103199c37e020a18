"""Pictures are found again after edits, others are not, and fingerprints survive being stored."""

import dataclasses
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.image.generated_pictures import picture

from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable
from socialflow.image import cv
from socialflow.image.descriptors import Bank, fingerprint, matches
from socialflow.image.pdq import VARIANTS, pdq
from socialflow.image.records import ImageFingerprint, MatchKind
from socialflow.image.regions import CONTENT

cv2 = pytest.importorskip("cv2")

SEEDS = range(20, 24)


def framed(shown: np.ndarray, high: int, wide: int, colour: int = 0) -> np.ndarray:
    return np.pad(shown, ((high, high), (wide, wide), (0, 0)), constant_values=colour)


def turned(shown: np.ndarray, degrees: float) -> np.ndarray:
    height, width = shown.shape[:2]
    return cv2.warpAffine(shown, cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1), (width, height))


def jpeg(shown: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def covered(shown: np.ndarray) -> np.ndarray:
    made = shown.copy()
    made[-130:-10, -130:-10] = picture(99, 120, 120)
    return made


EDITS = {
    "as it is": (lambda one: one, MatchKind.SAME),
    "JPEG 30": (lambda one: jpeg(one, 30), MatchKind.SAME),
    "a quarter of the size": (lambda one: cv2.resize(one, None, fx=0.25, fy=0.25, interpolation=3), MatchKind.SAME),
    "a logo": (covered, MatchKind.SAME),
    "cut": (lambda one: one[20:-15, 25:-15], MatchKind.EDITED),
    "framed": (lambda one: framed(one, 60, 84, 255), MatchKind.EDITED),
    "letter-boxed": (lambda one: framed(one, 80, 0), MatchKind.EDITED),
    "turned by 4 degrees": (lambda one: turned(one, 4), MatchKind.EDITED),
    "mirrored": (lambda one: one[:, ::-1], MatchKind.TURNED),
    "turned by a quarter": (np.rot90, MatchKind.TURNED),
    "mirrored, cut, compressed": (lambda one: jpeg(one[10:-10, 30:, :][:, ::-1], 50), MatchKind.EDITED),
}


@pytest.fixture(scope="module")
def originals() -> list[ImageFingerprint]:
    return [fingerprint(picture(seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def edited() -> dict[str, list[ImageFingerprint]]:
    return {
        name: [fingerprint(np.ascontiguousarray(edit(picture(seed)))) for seed in SEEDS]
        for name, (edit, _) in EDITS.items()
    }


class TestMatches:
    @pytest.mark.parametrize("name", EDITS)
    def test_an_edited_picture_is_found_and_no_other(
        self, name: str, originals: list[ImageFingerprint], edited: dict[str, list[ImageFingerprint]]
    ) -> None:
        bank = Bank(originals)
        for row, query in enumerate(edited[name]):
            found = bank.search(query)
            assert [one.row for one in found] == [row]
            assert found[0].match == matches(query, originals[row])
            assert found[0].match.kind is EDITS[name][1]

    def test_the_transform_says_where_a_cut_was_made(
        self, originals: list[ImageFingerprint], edited: dict[str, list[ImageFingerprint]]
    ) -> None:
        match = matches(edited["cut"][0], originals[0])
        assert match is not None
        expected = (380 / 420, 0, 25 / 420, 0, 265 / 300, 20 / 300)
        np.testing.assert_allclose(match.transform, expected, atol=0.01)

    def test_the_transform_of_a_mirrored_picture_mirrors(
        self, originals: list[ImageFingerprint], edited: dict[str, list[ImageFingerprint]]
    ) -> None:
        match = matches(edited["mirrored"][1], originals[1])
        assert match is not None
        np.testing.assert_allclose(match.transform, (-1, 0, 1, 0, 1, 0), atol=0.01)

    def test_a_logo_that_two_pictures_share_is_no_match(self, edited: dict[str, list[ImageFingerprint]]) -> None:
        marked = edited["a logo"]
        assert [[one.row for one in Bank(marked).search(query)] for query in marked] == [
            [row] for row in range(len(SEEDS))
        ]

    def test_the_same_frame_is_no_match(self, edited: dict[str, list[ImageFingerprint]]) -> None:
        for name in ("framed", "letter-boxed"):
            found = [[one.row for one in Bank(edited[name]).search(query)] for query in edited[name]]
            assert found == [[row] for row in range(len(SEEDS))]

    @pytest.mark.parametrize("name", ["mirrored", "turned by a quarter", "cut"])
    def test_hashes_of_parts_decide_where_there_are_no_features(
        self, name: str, originals: list[ImageFingerprint], edited: dict[str, list[ImageFingerprint]]
    ) -> None:
        none = dataclasses.replace(
            originals[0].features,
            places=originals[0].features.places[:0],
            descriptors=originals[0].features.descriptors[:0],
        )
        for row, query in enumerate(edited[name]):
            match = matches(dataclasses.replace(query, features=none), originals[row])
            told = matches(query, originals[row])
            assert match is not None
            assert told is not None
            assert match.inliers == 0
            assert match.kind is told.kind
            np.testing.assert_allclose(match.transform, told.transform, atol=0.1)

    def test_a_picture_with_nothing_in_it_matches_nothing(self) -> None:
        plain = fingerprint(np.full((200, 300, 3), 90, np.uint8))
        assert plain.quality == 0
        assert matches(plain, plain) is None

    def test_an_empty_bank_finds_nothing(self, originals: list[ImageFingerprint]) -> None:
        assert Bank([]).search(originals[0]) == []
        assert len(Bank(originals)) == len(SEEDS)

    @settings(max_examples=25)
    @given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
    def test_any_small_picture_has_a_fingerprint(self, height: int, width: int, seed: int) -> None:
        made = fingerprint(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))
        assert ImageFingerprint.from_bytes(made.to_bytes()).to_bytes() == made.to_bytes()
        matches(made, made)


class TestFingerprint:
    def test_holds_the_hash_of_the_whole_first(self, originals: list[ImageFingerprint]) -> None:
        assert originals[0].pdq == pdq(picture(20))
        assert originals[0].variants.shape[1:] == (len(VARIANTS), 32)

    def test_is_the_same_every_time(self, originals: list[ImageFingerprint]) -> None:
        assert fingerprint(picture(20)).to_bytes() == originals[0].to_bytes()

    def test_knows_what_lies_within_borders(self) -> None:
        shown = fingerprint(framed(picture(30, 200, 300), 50, 40, 255))
        top, bottom, left, right = shown.boxes[CONTENT]
        assert max(abs(top - 50), abs(bottom - 250), abs(left - 40), abs(right - 340)) <= 1

    @pytest.mark.parametrize("given", [np.zeros((3, 3, 4), np.uint8), np.zeros((3, 0, 3), np.uint8)])
    def test_of_what_is_no_picture_is_refused(self, given: np.ndarray) -> None:
        with pytest.raises(InvalidInput, match="a picture"):
            fingerprint(given)

    def test_without_opencv_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "cv2", None)
        cv._opencv.cache_clear()
        with pytest.raises(ModelUnavailable, match=r"socialflow\[media\]"):
            fingerprint(picture(1))
        cv._opencv.cache_clear()


class TestStored:
    def test_bytes_are_read_back(self, originals: list[ImageFingerprint]) -> None:
        stored = originals[0].to_bytes()
        read = ImageFingerprint.from_bytes(stored)
        assert read.to_bytes() == stored
        assert matches(read, originals[0]) == matches(originals[0], originals[0])

    @given(st.binary(max_size=200))
    def test_garbage_is_refused(self, value: bytes) -> None:
        for given_ in (value, b"SFIP" + value):
            with pytest.raises(ArtefactError, match="fingerprint of a picture"):
                ImageFingerprint.from_bytes(given_)

    @given(st.data())
    def test_a_changed_or_missing_byte_is_noticed(self, originals: list[ImageFingerprint], data: st.DataObject) -> None:
        stored = originals[1].to_bytes()
        place = data.draw(st.integers(0, len(stored) - 1))
        flipped = bytes([*stored[:place], stored[place] ^ data.draw(st.integers(1, 255)), *stored[place + 1 :]])
        for damaged in (flipped, stored[:place]):
            with pytest.raises(ArtefactError, match="fingerprint of a picture"):
                ImageFingerprint.from_bytes(damaged)

    def test_parts_outside_of_the_picture_are_refused(self, originals: list[ImageFingerprint]) -> None:
        boxes = originals[0].boxes.copy()
        boxes[2, 1] = 5000
        broken = dataclasses.replace(originals[0], boxes=boxes).to_bytes()
        assert zlib.crc32(broken[:-4]) == int.from_bytes(broken[-4:], "little")
        with pytest.raises(ArtefactError, match="outside"):
            ImageFingerprint.from_bytes(broken)
