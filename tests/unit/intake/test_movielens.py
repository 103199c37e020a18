"""MovieLens directories of every generation, small ones written here and the real ones where they are."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from tests.shared_data import shared
from tests.unit.intake.fake_store import FakeStore

from socialflow.content.records import InteractionType, ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.intake import ImportOptions, import_movielens


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_bytes(text.encode("latin-1"))
    return folder


async def test_100k(tmp_path: Path, options: ImportOptions) -> None:
    flags = "|".join(["0"] * 16 + ["1", "0", "0"])
    folder = write(
        tmp_path,
        u__genre="".join(f"{name}|{place}\n" for place, name in enumerate(["unknown", *"ABCDEFGHIJKLMNOPQR"])),
        u__item=f"1|Céline (1974)|05-Feb-1974||http://x|{flags}\n2|unknown||||{'|'.join('1' + '0' * 18)}\n",
        u__user="7|24|M|technician|85711\n",
        u__data="7\t1\t5\t881250949\n7\t9\t1\t881250949\n",
    )
    store = FakeStore()
    report = await import_movielens(store, folder, options)
    film = store.items.rows["1"]
    assert (film.title, film.tags, film.category) == ("Céline (1974)", ("P",), "P")
    assert film.created_at == datetime(1974, 2, 5, tzinfo=UTC)
    assert film.moderation_status is ModerationStatus.APPROVED
    assert (store.items.rows["2"].tags, store.items.rows["2"].category) == ((), None)
    assert store.users.rows["7"].username == "7"
    assert store.users.rows["7"].profile == {"age": 24, "gender": "M", "occupation": "technician", "zip": "85711"}
    (rating,) = store.interactions.rows.values()
    assert (rating.type, rating.value) == (InteractionType.RATING, 5.0)
    assert report.rejected == {"item_not_found:item": 1}
    assert [part.name for part in report.parts] == ["items", "users", "interactions"]


async def test_1m_with_ratings_and_compressed(tmp_path: Path, options: ImportOptions) -> None:
    write(tmp_path, movies__dat="3::Grumpier Old Men (1995)::Comedy|Romance\n", users__dat="1::F::1::10::48067\n")
    (tmp_path / "ratings.dat.zst").write_bytes(zstandard.compress(b"1::3::4::978300760\n"))
    store = FakeStore()
    await import_movielens(store, tmp_path, options)
    assert store.items.rows["3"].tags == ("Comedy", "Romance")
    assert store.items.rows["3"].created_at == datetime(1995, 1, 1, tzinfo=UTC)
    assert store.users.rows["1"].profile["occupation"] == "K-12 student"
    assert store.users.rows["1"].profile["age"] == "under 18"
    assert [row.value for row in store.interactions.rows.values()] == [4.0]


async def test_csv_sets_make_their_users_and_take_the_most_used_tags(tmp_path: Path, options: ImportOptions) -> None:
    write(
        tmp_path,
        movies__csv='movieId,title,genres\n1,"Tale, A (2001)",Drama\n2,Other,(no genres listed)\n',
        ratings__csv="userId,movieId,rating,timestamp\n5,1,0.5,1112486027\n5,2,9,1112486027\n",
        tags__csv="userId,movieId,tag,timestamp\n5,1,Slow,1\n6,1,slow,2\n5,1,odd,3\n",
    )
    store = FakeStore()
    report = await import_movielens(store, tmp_path, options)
    assert store.items.rows["1"].title == "Tale, A (2001)"
    assert store.items.rows["1"].tags == ("Drama", "slow", "odd")
    assert store.items.rows["2"].category is None
    assert "5" in store.users.rows
    assert report.rejected == {"invalid_input:value": 1}


async def test_a_directory_without_a_set_says_what_was_looked_for(tmp_path: Path, options: ImportOptions) -> None:
    with pytest.raises(InvalidInput, match=r"u\.data, movies\.dat and movies\.csv"):
        await import_movielens(FakeStore(), tmp_path, options)


@pytest.mark.shared
class TestTheRealSets:
    async def test_100k(self, options: ImportOptions) -> None:
        store = FakeStore()
        report = await import_movielens(store, shared("recsys/ml-100k"), options)
        assert (report.stored, report.rejected) == (1682 + 943 + 100_000, {})
        assert len(store.interactions.rows) == 100_000
        assert store.items.rows["50"].title == "Star Wars (1977)"
        assert store.items.rows["50"].tags == ("Action", "Adventure", "Romance", "Sci-Fi", "War")

    @pytest.mark.slow
    async def test_1m_histories_keep_their_order(self, options: ImportOptions) -> None:
        store = FakeStore()
        report = await import_movielens(store, shared("recsys/ml-1m"), replace(options, chunk_rows=50_000))
        assert (report.stored, report.rejected) == (3883 + 6040 + 1_000_209, {})
        first = sorted((row.at, row.item) for (user, _), row in store.interactions.rows.items() if user == "1")
        assert [item for _, item in first[:5]] == ["3186", "1270", "1721", "1022", "2340"]
