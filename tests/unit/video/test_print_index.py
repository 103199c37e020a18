"""An index of hashes: the same answer as comparing all with all, saved and mapped."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import ArtefactError, InvalidInput
from socialflow.image.hamming import distances_of_all
from socialflow.video.print_index import Hits, PrintIndex


def made(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def blurred(hashes: np.ndarray, seed: int, most: int = 45) -> np.ndarray:
    """Hashes with some bits turned, a few to more than are looked for."""
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(hashes, axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(0, most), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def pairs(found: Hits) -> set[tuple[int, int, int, int]]:
    return set(
        zip(*(one.tolist() for one in (found.queries, found.owners, found.places, found.distances)), strict=True)
    )


def brute(queries: np.ndarray, owned: dict[int, np.ndarray], radius: int) -> set[tuple[int, int, int, int]]:
    found = set()
    for owner, hashes in owned.items():
        table = distances_of_all(queries, hashes)
        found |= {(int(q), owner, 500 * int(r), int(table[q, r])) for q, r in np.argwhere(table <= radius)}
    return found


def filled(owned: dict[int, np.ndarray]) -> PrintIndex:
    index = PrintIndex()
    for owner, hashes in owned.items():
        index.add(owner, hashes, 500 * np.arange(len(hashes)))
    return index


class TestExact:
    @given(st.integers(0, 10_000), st.sampled_from([0, 1, 15, 16, 30, 31]), st.booleans())
    def test_as_comparing_all_with_all(self, seed: int, radius: int, settled: bool) -> None:
        owned = {7: made(seed, 60), 9: made(seed + 1, 40), 2**40: made(seed + 2, 1)}
        index = filled(owned)
        if settled:
            index.settle()
        queries = blurred(np.concatenate((owned[7][:20], owned[9][:20])), seed)
        assert pairs(index.search(queries, radius)) == brute(queries, owned, radius)

    def test_tables_and_what_came_since(self) -> None:
        owned = {number: made(number, 900) for number in range(6)}
        index = filled(owned)
        assert len(index) == 5400
        queries = blurred(np.concatenate([hashes[:60] for hashes in owned.values()]), 1)
        assert pairs(index.search(queries)) == brute(queries, owned, 31)

    def test_many_that_are_the_same(self) -> None:
        owned = {1: np.zeros((3000, 32), np.uint8)}
        index = filled(owned)
        index.settle()
        assert len(index.search(np.zeros((150, 32), np.uint8))) == 450_000

    @pytest.mark.parametrize("settled", [False, True])
    def test_what_is_removed_is_not_found(self, settled: bool) -> None:
        owned = {1: made(1, 50), 2: made(1, 50)}
        index = filled(owned)
        if settled:
            index.settle()
        assert (index.remove(1), index.remove(1), len(index)) == (50, 0, 50)
        assert pairs(index.search(made(1, 50))) == brute(made(1, 50), {2: owned[2]}, 31)

    def test_nothing_is_found_in_nothing(self) -> None:
        assert len(PrintIndex().search(made(1, 3))) == 0
        assert len(filled({1: made(1, 9)}).search(made(1, 0))) == 0


class TestRefused:
    @pytest.mark.parametrize("radius", [-1, 32])
    def test_radius(self, radius: int) -> None:
        with pytest.raises(InvalidInput, match="0 to 31"):
            PrintIndex().search(made(1, 1), radius)

    def test_what_are_no_hashes(self) -> None:
        with pytest.raises(InvalidInput):
            PrintIndex().add(1, made(1, 3), [0, 1])
        with pytest.raises(InvalidInput):
            PrintIndex().add(1, made(1, 1), [-1])
        with pytest.raises(InvalidInput):
            PrintIndex().search(made(1, 3)[:, :16])


class TestFile:
    def test_comes_back_and_goes_on(self, tmp_path: Path) -> None:
        owned = {1: made(1, 70), 2: made(2, 30)}
        filled(owned).save(tmp_path / "index")
        index = PrintIndex.load(tmp_path / "index")
        index.add(3, made(3, 20), 500 * np.arange(20))
        index.remove(1)
        queries = blurred(np.concatenate((owned[1], owned[2], made(3, 20))), 4)
        assert pairs(index.search(queries)) == brute(queries, {2: owned[2], 3: made(3, 20)}, 31)
        index.save(tmp_path / "index")
        assert len(PrintIndex.load(tmp_path / "index")) == 50

    def test_an_empty_one(self, tmp_path: Path) -> None:
        PrintIndex().save(tmp_path / "index")
        assert len(PrintIndex.load(tmp_path / "index")) == 0

    @pytest.mark.parametrize("place", [0, 5, 20, 400, -1])
    def test_damage_is_told(self, tmp_path: Path, place: int) -> None:
        filled({1: made(1, 20)}).save(tmp_path / "index")
        whole = bytearray((tmp_path / "index").read_bytes())
        whole[place] ^= 1
        (tmp_path / "index").write_bytes(whole)
        with pytest.raises(ArtefactError):
            PrintIndex.load(tmp_path / "index")

    @pytest.mark.parametrize("length", [0, 3, 16, 100, 5000])
    def test_a_cut_file_is_told(self, tmp_path: Path, length: int) -> None:
        filled({1: made(1, 20)}).save(tmp_path / "index")
        (tmp_path / "index").write_bytes((tmp_path / "index").read_bytes()[:length])
        with pytest.raises(ArtefactError):
            PrintIndex.load(tmp_path / "index")
