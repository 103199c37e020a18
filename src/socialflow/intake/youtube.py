"""Daily snapshots of YouTube's trending list (the Kaggle sets `datasnaek/youtube` and `youtube-new`).

Every row is one video on one day: its words become an item, its totals one `ItemStats`, its channel title a channel
whose id is that title (the older files hold no channel id). Category names come from `US_category_id.json` (or another
country's) beside the file.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from socialflow.content.ports import ContentStore, ContentUnit
from socialflow.content.records import Channel, Item, ItemKind, ItemStats, RowOutcome, RowStatus
from socialflow.errors import InvalidInput
from socialflow.intake import values
from socialflow.intake.importer import Plan, run_import
from socialflow.intake.readers import Layout, open_source
from socialflow.intake.records import Format, ImportOptions, ImportReport, Moderation, Row
from socialflow.intake.streams import DAMAGE, ByteSource, plain_name
from socialflow.kit.progress import Progress, no_progress

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YEAR_OF_UNDATED = 2017
"""The older files write `DD.MM` only; they were collected in 2017."""
_MAX_CATEGORIES = 4 << 20


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One video on one day; `again` where this file has shown the same video and day before."""

    channel: Channel
    item: Item
    stats: ItemStats
    again: bool


async def import_youtube_trending(
    store: ContentStore,
    path: Path,
    options: ImportOptions | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import a trending file as channels, items and their totals per day; items arrive approved.

    A second row for one video and day counts as a duplicate (its totals replace the first's).

    Raises:
        InvalidInput: the file is not a trending file.
        StoreUnavailable: the database went away; the next call goes on from the last stored chunk.
    """
    options = replace(options or ImportOptions(), moderation=Moderation.TRUSTED)
    categories = await asyncio.to_thread(_categories, path)
    source = await asyncio.to_thread(open_source, path, Layout(Format.CSV))
    if not {"video_id", "title", "channel_title", "views"} <= set(source.columns or ()):
        source.close()
        raise InvalidInput(
            f"{path.name} is not a YouTube trending file: its columns are {source.columns}", field="path"
        )
    plan = Plan("youtube-trending", _Snapshots(categories), _write, "items", lambda row: row.item.id)
    return await run_import(store, source, plan, options, progress)


class _Snapshots:
    """Maps rows to snapshots; remembers the first day of each video, and which days it has had."""

    def __init__(self, categories: Mapping[str, str]) -> None:
        self._categories = categories
        self._first: dict[str, datetime] = {}
        self._seen: set[tuple[str, datetime]] = set()

    def __call__(self, row: Row) -> Sequence[_Snapshot]:
        cells = {name: str(cell) for name, cell in row.cells.items()}
        video = cells["video_id"].strip()
        if not _VIDEO_ID.fullmatch(video):
            raise InvalidInput(f"a video id has 11 characters, {video[:40]!r} is none", field="video_id")
        day = _day(cells.get("date") or cells.get("trending_date") or "")
        stats = ItemStats(
            video,
            day,
            views=_total(cells, "views"),
            likes=_total(cells, "likes"),
            comments=_total(cells, "comment_total", "comment_count"),
            dislikes=_total(cells, "dislikes"),
        )
        published = cells.get("publish_time")
        first = min(day, self._first.get(video, day))
        item = self._item(video, cells, values.instant()(published, "publish_time") if published else first)
        channel = Channel(item.channel or "", item.channel or "", item.created_at)
        self._first[video] = first
        again = (video, day) in self._seen
        self._seen.add((video, day))
        return (_Snapshot(channel, item, stats, again),)

    def _item(self, video: str, cells: Mapping[str, str], created_at: datetime) -> Item:
        tags = cells.get("tags", "")
        listed = () if tags == "[none]" else values.listed([tag.strip('"') for tag in tags.split("|")], "tags")
        category = cells.get("category_id", "")
        return Item(
            id=video,
            kind=ItemKind.VIDEO,
            created_at=created_at,
            channel=values.identifier(cells["channel_title"], "channel_title"),
            title=values.text(cells["title"], "title"),
            description=values.text(cells.get("description", "").replace("\\n", "\n"), "description"),
            tags=listed,
            category=self._categories.get(category, category or None),
            media_url=f"https://www.youtube.com/watch?v={video}",
            thumbnail_url=cells.get("thumbnail_link") or None,
            moderation_status=Moderation.TRUSTED.status,
        )


async def _write(unit: ContentUnit, rows: Sequence[_Snapshot]) -> Sequence[RowOutcome]:
    channels = {row.channel.id: row.channel for row in rows}
    items = {row.item.id: row.item for row in rows}
    await unit.channels.upsert(list(channels.values()))
    refused = {
        outcome.id: outcome
        for outcome in await unit.items.upsert(list(items.values()))
        if outcome.status is RowStatus.REJECTED
    }
    counted = await unit.items.add_stats([row.stats for row in rows])
    outcomes = []
    for row, outcome in zip(rows, counted, strict=True):
        result = refused.get(row.item.id, outcome)
        if row.again and result.status is RowStatus.STORED:
            result = RowOutcome(result.id, RowStatus.DUPLICATE)
        outcomes.append(result)
    return outcomes


def _day(text: str) -> datetime:
    """Read `DD.MM` (2017), or `YY.DD.MM`."""
    parts = text.strip().split(".")
    try:
        if len(parts) == 2:
            return datetime(_YEAR_OF_UNDATED, int(parts[1]), int(parts[0]), tzinfo=UTC)
        return datetime(2000 + int(parts[0]), int(parts[2]), int(parts[1]), tzinfo=UTC)
    except (ValueError, IndexError):
        raise InvalidInput(f"date must be DD.MM or YY.DD.MM, not {text[:40]!r}", field="date") from None


def _total(cells: Mapping[str, str], *names: str) -> int:
    for name in names:
        if cells.get(name):
            return values.count(cells[name], name)
    return 0


def _categories(path: Path) -> Mapping[str, str]:
    """Category names by id, from the JSON beside the file: of the same country, else any; {} if there is none."""
    beside = sorted(other for other in path.parent.glob("*category_id.json*") if other.is_file())
    country = plain_name(path)[:2]
    beside.sort(key=lambda other: not other.name.startswith(country))
    for other in beside:
        source = ByteSource(other)
        try:
            kept = orjson.loads(source.content.read(_MAX_CATEGORIES))
            return {str(one["id"]): str(one["snippet"]["title"]) for one in kept["items"]}
        except (*DAMAGE, orjson.JSONDecodeError, KeyError, TypeError) as wrong:
            raise InvalidInput(f"{other.name} holds no YouTube categories: {wrong}", field="path") from wrong
        finally:
            source.close()
    return {}
