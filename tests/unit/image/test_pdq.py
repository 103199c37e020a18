"""PDQ gives the published hashes, and the properties that its paper states."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.shared_data import media
from tests.unit.image.generated_pictures import picture

from socialflow.errors import InvalidInput
from socialflow.image.hamming import distances_of_all
from socialflow.image.pdq import MATCH, VARIANTS, Pdq, parse, pdq, pdq_variants, transformed, variants_of

TURNS = {
    "original": lambda one: one,
    "rotate90": np.rot90,
    "rotate180": lambda one: np.rot90(one, 2),
    "rotate270": lambda one: np.rot90(one, 3),
    "flip_x": lambda one: one[::-1],
    "flip_y": lambda one: one[:, ::-1],
    "flip_plus1": lambda one: np.swapaxes(one, 0, 1),
    "flip_minus1": lambda one: np.swapaxes(np.rot90(one, 2), 0, 1),
}
small = arrays.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90)))


def read(path: Path) -> np.ndarray:
    cv2 = pytest.importorskip("cv2")
    return np.ascontiguousarray(cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1])


@pytest.fixture(scope="module")
def published() -> list[tuple[np.ndarray, dict[str, object]]]:
    folder = media("pdq-conformance")
    rows = json.loads((folder / "expected-pdq.json").read_text())
    return [(read(folder / row["file"]), row) for row in rows]


class TestPublishedHashes:
    def test_pictures_of_quality_80_and_more_are_within_two_bits(self, published: list) -> None:
        far = {
            row["file"]: found.distance(parse(row["python_reference"]))
            for given, row in published
            if (found := pdq(given)).quality >= 80
        }
        assert len(far) == 27
        assert max(far.values()) <= 2, far

    def test_pictures_with_little_in_them_are_within_ten_bits(self, published: list) -> None:
        far = [pdq(given).distance(parse(row["python_reference"])) for given, row in published if row["quality"] < 80]
        assert len(far) == 3
        assert max(far) <= 10

    def test_the_library_in_c_gives_the_same_at_full_size(self, published: list) -> None:
        for shown, row in published:
            frequencies, quality = transformed(shown)
            found = Pdq(variants_of(frequencies)[0].tobytes(), quality)
            assert found.distance(parse(row["cpp_binding"])) <= 2, row["file"]  # none, but for rounding elsewhere
            assert quality == row["quality"]

    def test_the_published_table_is_met(self) -> None:
        folder = media("pdq-conformance")
        with (folder / "PDQMD5TestData.csv").open() as stream:
            rows = {row["FilePath"].partition("/data/")[2]: row["Hash"] for row in csv.DictReader(stream)}
        found = {
            name: pdq(read(folder / name)).distance(parse(rows[name])) for name in rows if (folder / name).is_file()
        }
        assert len(found) == 15
        assert max(found.values()) <= 10, found

    def test_edits_of_one_photo_match_each_other(self, published: list) -> None:
        rows = [pdq(given).bits for given, row in published if row["file"].startswith("bridge-mods/")]
        assert len(rows) == 12
        assert distances_of_all(np.stack(rows), np.stack(rows)).max() <= MATCH

    def test_a_photo_turned_and_mirrored_is_found_by_its_variants(self, published: list) -> None:
        turned = [(given, row) for given, row in published if "/dih/" in row["file"]]
        variants = pdq_variants(turned[0][0])
        far = [one.distance(parse(row["python_reference"])) for one, (_, row) in zip(variants, turned, strict=True)]
        assert max(far) <= 18
        plain = [variants[0].distance(parse(row["python_reference"])) for _, row in turned[1:]]
        assert min(plain) > 100


class TestHash:
    def test_is_printed_and_read_back(self) -> None:
        found = pdq(picture(1))
        assert parse(found.hex, found.quality) == found
        assert found.bits.shape == (32,)
        assert found.distance(found) == 0

    def test_half_of_the_bits_are_set(self) -> None:
        assert np.unpackbits(pdq(picture(2)).bits).sum() == 128

    def test_different_pictures_are_far_apart_and_have_much_to_see(self) -> None:
        found = [pdq(picture(seed)) for seed in range(12)]
        between = distances_of_all(*[np.stack([one.bits for one in found])] * 2)
        assert between[~np.eye(12, dtype=bool)].min() > 2 * MATCH
        assert min(one.quality for one in found) == 100

    def test_survives_noise_brightness_and_contrast(self) -> None:
        given = picture(5).astype(np.float64)
        rng = np.random.default_rng(0)
        for edited in (given * 0.7 + 40, given + rng.normal(0, 12, given.shape), np.repeat(given, 2, axis=1)):
            assert pdq(np.clip(edited, 0, 255).astype(np.uint8)).distance(pdq(picture(5))) <= MATCH

    def test_a_grey_picture_is_hashed_by_its_luma(self) -> None:
        grey = picture(3)[..., 0]
        assert pdq(grey).distance(pdq(np.stack([grey] * 3, axis=2))) <= 2

    @given(small)
    def test_any_picture_has_a_hash(self, given: np.ndarray) -> None:
        found = pdq(given)
        assert 0 <= found.quality <= 100
        assert found == pdq(given.copy())

    @given(st.integers(0, 255), st.integers(1, 200), st.integers(1, 200))
    def test_a_plain_picture_has_nothing_to_see(self, value: int, height: int, width: int) -> None:
        assert pdq(np.full((height, width), value, np.uint8)).quality == 0

    @pytest.mark.parametrize(
        "given",
        [np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4), np.uint8), np.zeros((4, 4)), np.zeros(4, np.uint8)],
    )
    def test_what_is_no_picture_is_refused(self, given: np.ndarray) -> None:
        with pytest.raises(InvalidInput, match="a picture"):
            pdq(given)

    @pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33, "é"])
    def test_what_is_no_hash_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput, match="PDQ hash"):
            parse(text)

    def test_a_quality_beyond_100_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="quality"):
            Pdq(bytes(32), 101)


class TestVariants:
    @pytest.mark.parametrize("name", VARIANTS)
    def test_are_the_hashes_of_the_turned_picture(self, name: str) -> None:
        given = picture(7, 384, 384)  # means over three pixels reach as far back as ahead: nothing shifts in a mirror
        turned = np.ascontiguousarray(TURNS[name](given))
        assert pdq(turned).distance(pdq_variants(given)[VARIANTS.index(name)]) <= 16

    @given(st.sampled_from(VARIANTS), st.integers(0, 2**32 - 1))
    def test_of_a_turned_picture_are_the_same_set(self, name: str, seed: int) -> None:
        samples = np.random.default_rng(seed).normal(0, 1, (64, 64)).astype(np.float32)
        turned = TURNS[name](samples)
        one, other = (
            {row.tobytes() for row in variants_of(_frequencies(each))}
            for each in (samples, np.ascontiguousarray(turned))
        )
        apart = distances_of_all(
            *(np.stack([np.frombuffer(row, np.uint8) for row in sorted(each)]) for each in (one, other))
        )
        assert apart.min(axis=0).max() <= 2  # rounding may change which of two equal figures is the median

    def test_the_first_is_the_hash(self) -> None:
        assert pdq_variants(picture(4))[0] == pdq(picture(4))


def _frequencies(samples: np.ndarray) -> np.ndarray:
    """Frequencies of 64 x 64 samples: every pixel of such a picture is a sample."""
    steps = (np.arange(16) + 1)[:, None] * (2 * np.arange(64) + 1)
    waves = np.sqrt(2 / 64) * np.cos(np.pi / 128 * steps)
    return (waves @ samples.astype(np.float64) @ waves.T).astype(np.float32)
