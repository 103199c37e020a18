import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard

from socialflow.errors import InvalidInput
from socialflow.training.datasets.discovery import read_interactions
from socialflow.training.datasets.files import lines
from socialflow.training.datasets.lightgcn import read_lightgcn
from socialflow.training.datasets.movielens import read_movielens
from socialflow.training.datasets.ncf import read_ncf
from socialflow.training.datasets.social import read_social
from socialflow.training.datasets.tables import read_table

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


def write(folder: Path, name: str, text: str, packed: str = "", encoding: str = "utf-8") -> Path:
    path = folder / f"{name}{packed}"
    path.write_bytes(PACK[packed](text.encode(encoding)))
    return path


class TestFiles:
    @pytest.mark.parametrize("packed", PACK)
    def test_every_compression_reads_the_same(self, tmp_path: Path, packed: str) -> None:
        path = write(tmp_path, "a.txt", "1 2\n\n3 4\r\n", packed)
        assert list(lines(path)) == [(1, "1 2"), (3, "3 4")]

    @pytest.mark.parametrize("packed", [".gz", ".xz", ".zst"])
    def test_a_damaged_file_is_named(self, tmp_path: Path, packed: str) -> None:
        path = write(tmp_path, "a.txt", "1 2\n" * 5000, packed)
        whole = path.read_bytes()
        for damage in (b"not packed at all", whole[: len(whole) // 2]):
            path.write_bytes(damage)
            with pytest.raises(InvalidInput, match=r"a\.txt"):
                list(lines(path))

    def test_other_encodings_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match=r"a\.txt"):
            list(lines(write(tmp_path, "a.txt", "é", encoding="latin-1")))


class TestLightgcn:
    def test_reads_train_and_test(self, tmp_path: Path) -> None:
        write(tmp_path, "train.txt", "0 1 2\n1 2\n2\n", ".zst")
        write(tmp_path, "test.txt", "0 3\n1 1 3\n", ".gz")
        data = read_lightgcn(tmp_path)
        assert data.interactions.users.tolist() == [0, 0, 1]
        assert data.interactions.items.tolist() == [1, 2, 2]
        assert data.test is not None
        assert data.test.items.tolist() == [3, 1, 3]

    def test_names_file_and_line_of_what_is_wrong(self, tmp_path: Path) -> None:
        write(tmp_path, "train.txt", "0 1 2\n1 x\n")
        write(tmp_path, "test.txt", "0 3\n")
        with pytest.raises(InvalidInput, match=r"train\.txt, line 2"):
            read_lightgcn(tmp_path)

    @pytest.mark.parametrize("line", ["0 -1", f"0 {2**31}", "0 1.5"])
    def test_ids_must_be_small_whole_numbers(self, tmp_path: Path, line: str) -> None:
        write(tmp_path, "train.txt", line)
        write(tmp_path, "test.txt", "0 3\n")
        with pytest.raises(InvalidInput, match="ids must be"):
            read_lightgcn(tmp_path)

    def test_a_missing_or_empty_file_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, "train.txt", "")
        with pytest.raises(InvalidInput, match=r"test\.txt"):
            read_lightgcn(tmp_path)
        write(tmp_path, "test.txt", "0 1\n")
        with pytest.raises(InvalidInput, match="no interaction"):
            read_lightgcn(tmp_path)


class TestSocial:
    def test_reads_a_published_division_and_who_follows_whom(self, tmp_path: Path) -> None:
        write(tmp_path, "trainset.txt", "1 10 4\n1 11 0.5\n2 10 3\n")
        write(tmp_path, "testset.txt", "2 11 2\n")
        write(tmp_path, "trust.txt", "1 2 1\n", ".gz")
        data = read_social(tmp_path)
        assert data is not None
        assert data.interactions.items.tolist() == [10, 11, 10]
        assert data.test is not None
        assert (data.test.users.tolist(), data.test.items.tolist()) == ([2], [11])
        assert data.follows is not None
        assert (data.follows.sources.tolist(), data.follows.targets.tolist()) == ([1], [2])

    def test_a_set_may_come_undivided(self, tmp_path: Path) -> None:
        write(tmp_path, "ratings.txt", "1\t10\t4\n")
        write(tmp_path, "trusts.txt", "1\t2\n")
        data = read_social(tmp_path)
        assert data is not None
        assert data.test is None

    def test_other_folders_are_none(self, tmp_path: Path) -> None:
        write(tmp_path, "ratings.txt", "1 10 4\n")
        assert read_social(tmp_path) is None

    def test_an_edge_has_two_ends(self, tmp_path: Path) -> None:
        write(tmp_path, "ratings.txt", "1 10 4\n")
        write(tmp_path, "trusts.txt", "1 2\n3\n")
        with pytest.raises(InvalidInput, match=r"trusts\.txt, line 2: a line names who follows"):
            read_social(tmp_path)


class TestTables:
    @pytest.mark.parametrize(
        "text",
        [
            "1\t10\t4\t100\n2\t20\t5\t200\n",
            "1::10::4::100\n2::20::5::200\n",
            "1 10 4 100\n2 20 5 200\n",
            "userId,movieId,rating,timestamp\n1,10,4,100\n2,20,5,200\n",
            "timestamp;rating;item_id;user_id\n100;4;10;1\n200;5;20;2\n",
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t10\t4\t100\n2\t20\t5\t200\n",
            "user,item,rating,at\n1,10,4,1970-01-01T00:01:40Z\n2,20,5,1970-01-01T00:03:20\n",
        ],
    )
    def test_reads_the_usual_forms(self, tmp_path: Path, text: str) -> None:
        data = read_table(write(tmp_path, "a", text))
        assert data.interactions.users.tolist() == [1, 2]
        assert data.interactions.items.tolist() == [10, 20]
        assert data.interactions.at.tolist() == [100.0, 200.0]
        assert data.ratings is not None
        assert data.ratings.tolist() == [4.0, 5.0]
        assert data.timed

    def test_two_columns_are_an_order(self, tmp_path: Path) -> None:
        data = read_table(write(tmp_path, "a", "1 5\n1 3\n"))
        assert (data.ordered, data.timed, data.ratings) == (True, False, None)
        assert data.interactions.at.tolist() == [0.0, 1.0]

    def test_ids_may_be_words(self, tmp_path: Path) -> None:
        data = read_table(write(tmp_path, "a", "user,item\nann,x\nbob,x\nann,y\n"))
        assert data.interactions.users.tolist() == [0, 1, 0]
        assert data.interactions.items.tolist() == [0, 0, 1]

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no row"),
            ("user,item\n", "no row"),
            ("1\n", "line 1"),
            ("1 2\n1\n", "line 2"),
            ("1,2,3\n1,,3\n", "line 2"),
            ("1 2 good\n", "line 1.*rating"),
            ("1 2 nan\n", "line 1.*rating"),
            ("1 2 3 later\n", "line 1.*timestamp"),
            ('1,2\n1,"2\n', "line 2"),
        ],
    )
    def test_names_file_and_line_of_what_is_wrong(self, tmp_path: Path, text: str, why: str) -> None:
        with pytest.raises(InvalidInput, match=f"(?s)a.*{why}"):
            read_table(write(tmp_path, "a", text))


class TestNcf:
    def directory(self, folder: Path, negatives: str = "(0,5)\t6\t7\n(1,6)\t5\t7\n") -> Path:
        write(folder, "x.train.rating", "0\t1\t5\t10\n0\t2\t4\t11\n1\t1\t3\t12\n")
        write(folder, "x.test.rating", "0\t5\t5\t20\n1\t6\t5\t21\n")
        write(folder, "x.test.negative", negatives)
        return folder

    def test_reads_positives_and_their_negatives(self, tmp_path: Path) -> None:
        data = read_ncf(self.directory(tmp_path))
        assert data.interactions.items.tolist() == [1, 2, 1]
        assert data.sampled is not None
        assert data.sampled.positives.tolist() == [5, 6]
        assert data.sampled.negatives.tolist() == [[6, 7], [5, 7]]

    @pytest.mark.parametrize(
        ("negatives", "why"),
        [
            ("0,5\t6\n", "line 1"),
            ("(0,5)\t6\t7\n(1,6)\t5\n", "line 2.*expected 2"),
            ("(0,5)\t6\n(1,7)\t5\n", "does not speak"),
            ("", "no test user"),
        ],
    )
    def test_contradictions_are_named(self, tmp_path: Path, negatives: str, why: str) -> None:
        with pytest.raises(InvalidInput, match=f"(?s){why}"):
            read_ncf(self.directory(tmp_path, negatives))

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        (self.directory(tmp_path) / "x.test.negative").unlink()
        with pytest.raises(InvalidInput, match=r"test\.negative"):
            read_ncf(tmp_path)


class TestMovielens:
    def test_ml_100k_with_titles_and_genres(self, tmp_path: Path) -> None:
        write(tmp_path, "u.data", "1\t2\t3\t881250949\n")
        flags = "|".join("1" if place in {5, 14} else "0" for place in range(19))
        write(tmp_path, "u.item", f"2|Café Noir (1995)|01-Jan-1995||url|{flags}\n", encoding="latin-1")
        data = read_movielens(tmp_path)
        assert data is not None
        assert data.timed
        assert data.items is not None
        assert list(data.items.titles) == ["Café Noir "]
        assert list(data.items.tags) == [["Comedy", "Romance", "1990s"]]
        assert data.items.categories == ["Comedy"]

    def test_ml_1m_and_newer(self, tmp_path: Path) -> None:
        for name, ratings, films in (
            ("old", ("ratings.dat", "1::2::3::881250949\n"), ("movies.dat", "2::Heat (1995)::Action|Crime\n")),
            (
                "new",
                ("ratings.csv", "userId,movieId,rating,timestamp\n1,2,3.5,881250949\n"),
                ("movies.csv", 'movieId,title,genres\n2,"Heat (1995)",Action|Crime\n'),
            ),
            ("orders", ("sequences.tsv", "1\t2 3 4\n"), ("movies.dat", "2::Heat (1995)::Action|Crime\n")),
        ):
            folder = tmp_path / name
            folder.mkdir()
            write(folder, *ratings)
            write(folder, *films, ".xz")
            data = read_movielens(folder)
            assert data is not None
            assert data.items is not None
            assert list(data.items.tags) == [["Action", "Crime", "1990s"]]
            assert data.timed is (name != "orders")

    def test_a_ragged_film_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, "ratings.dat", "1::2::3::881250949\n")
        write(tmp_path, "movies.dat", "2::Heat\n")
        with pytest.raises(InvalidInput, match=r"movies\.dat, line 1"):
            read_movielens(tmp_path)


class TestDiscovery:
    def test_the_only_table_of_a_folder(self, tmp_path: Path) -> None:
        write(tmp_path, "clicks.csv", "user,item\n1,2\n", ".zst")
        write(tmp_path, "README.md", "words")
        assert len(read_interactions(tmp_path).interactions) == 1

    def test_several_or_none_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="none found"):
            read_interactions(tmp_path)
        write(tmp_path, "a.csv", "1,2\n")
        write(tmp_path, "b.csv", "1,2\n")
        with pytest.raises(InvalidInput, match=r"a\.csv, b\.csv found"):
            read_interactions(tmp_path)

    def test_lightgcn_files_are_joined(self, tmp_path: Path) -> None:
        write(tmp_path, "train.txt", "0 1 2\n")
        write(tmp_path, "test.txt", "0 3\n")
        data = read_interactions(tmp_path)
        assert np.sort(data.interactions.items).tolist() == [1, 2, 3]
        assert not data.ordered

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="does not exist"):
            read_interactions(tmp_path / "no")
