"""YouTube trending files become channels, items and totals per day."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from tests.shared_data import shared
from tests.unit.intake.fake_store import FakeStore

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.intake import ImportOptions, import_youtube_trending

HEADER = "video_id,title,channel_title,category_id,tags,views,likes,dislikes,comment_total,thumbnail_link,date\r\n"
ROWS = [
    'aaaaaaaaaaa,"One, two",Ann,24,x|"y"|x,10,3,1,2,http://t/1,13.09',
    'aaaaaaaaaaa,"One, two",Ann,24,x|y,20,5,1,4,http://t/1,14.09',
    'aaaaaaaaaaa,"One, two",Ann,24,x|y,21,5,1,4,http://t/1,14.09',
    "toolongforit,Bad,Bob,1,[none],1,1,1,1,,13.09",
    "bbbbbbbbbbb,No tags,Bob,99,[none],1,1,1,1,,31.02",
    "ccccccccccc,No tags,Bob,99,[none],1,1,1,1,,20.10",
]


def write(folder: Path, rows: list[str]) -> Path:
    path = folder / "USvideos.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + "\r\n".join(rows)).encode())
    names = {"items": [{"id": "24", "snippet": {"title": "Entertainment"}}]}
    (folder / "US_category_id.json").write_bytes(orjson.dumps(names))
    return path


async def test_days_of_a_video_are_one_item_with_totals_over_time(tmp_path: Path, options: ImportOptions) -> None:
    store = FakeStore()
    report = await import_youtube_trending(store, write(tmp_path, ROWS), options)
    one = store.items.rows["aaaaaaaaaaa"]
    assert (one.title, one.channel, one.category, one.tags) == ("One, two", "Ann", "Entertainment", ("x", "y"))
    assert one.created_at == datetime(2017, 9, 13, tzinfo=UTC)
    assert one.moderation_status is ModerationStatus.APPROVED
    assert store.items.rows["ccccccccccc"].category == "99"
    totals = [stats for (item, _), stats in sorted(store.items.totals.items()) if item == "aaaaaaaaaaa"]
    assert [(stats.at.day, stats.views, stats.comments) for stats in totals] == [(13, 10, 2), (14, 21, 4)]
    assert (report.rows, report.stored, report.duplicates) == (6, 3, 1)
    assert report.rejected == {"invalid_input:video_id": 1, "invalid_input:date": 1}


async def test_the_first_day_counts_across_chunks(tmp_path: Path, options: ImportOptions) -> None:
    store = FakeStore()
    await import_youtube_trending(store, write(tmp_path, ROWS[:2]), replace(options, chunk_rows=1))
    assert store.items.rows["aaaaaaaaaaa"].created_at == datetime(2017, 9, 13, tzinfo=UTC)


async def test_the_newer_layout(tmp_path: Path, options: ImportOptions) -> None:
    path = tmp_path / "GBvideos.csv"
    path.write_text(
        "video_id,trending_date,title,channel_title,category_id,publish_time,tags,views,likes,dislikes,comment_count,"
        "thumbnail_link,description\n"
        'aaaaaaaaaaa,17.14.11,New,Ann,1,2017-11-10T07:38:29.000Z,"a|""b c""",9,8,7,6,http://t,Line one\\nline two\n'
    )
    store = FakeStore()
    await import_youtube_trending(store, path, options)
    one = store.items.rows["aaaaaaaaaaa"]
    assert one.created_at == datetime(2017, 11, 10, 7, 38, 29, tzinfo=UTC)
    assert (one.tags, one.description) == (("a", "b c"), "Line one\nline two")
    assert [stats.comments for stats in store.items.totals.values()] == [6]
    assert [at for _, at in store.items.totals] == [datetime(2017, 11, 14, tzinfo=UTC)]


async def test_another_file_is_refused(tmp_path: Path, options: ImportOptions) -> None:
    path = tmp_path / "USvideos.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match="not a YouTube trending file"):
        await import_youtube_trending(FakeStore(), path, options)


@pytest.mark.shared
async def test_the_real_file(options: ImportOptions) -> None:
    store = FakeStore()
    path = shared("recsys/youtube-trending-us") / "USvideos.csv.zst"
    report = await import_youtube_trending(store, path, options)
    assert (report.rows, report.stored, report.duplicates) == (8000, 7992, 7)
    assert report.rejected == {"invalid_input:video_id": 1}
    assert (len(store.items.rows), len(store.channels.rows)) == (2364, 1230)
    assert len({item.category for item in store.items.rows.values()}) == 16
