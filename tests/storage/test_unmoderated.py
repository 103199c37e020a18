"""Which items wait for moderation, and the jobs that are stored with them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from socialflow.content.records import Item, ItemKind, ModerationStatus, Mood
from socialflow.jobs.records import PipelineType
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, user

APPROVED = ModerationStatus.APPROVED


async def write(store: Store, *rows: Item) -> None:
    async with store.write() as unit:
        await unit.items.upsert(rows)
        await unit.items.request_work(NOW)


async def waiting(store: Store, kind: ItemKind = ItemKind.POST, limit: int = 100, after: int = 0) -> list[str]:
    async with store.read() as unit:
        keys = await unit.unmoderated.pending(kind, limit, after)
        items = await unit.items.by_keys(keys)
    return [items[key].id for key in keys]


async def jobs(store: Store) -> Sequence[PipelineType]:
    async with store.read() as unit:
        listed = await unit.jobs.page()
    return sorted(job.pipeline_type for job in listed if job.pipeline_type is not PipelineType.ANALYZE_CONTENT)


def post(name: str, **fields: Any) -> Item:
    return item(name, ItemKind.POST, **{"title": "Bread", **fields})


class TestWhatIsNew:
    async def test_waits_by_kind_in_the_order_it_came(self, store: Store) -> None:
        await write(store, post("b"), post("a"), item("v", title="Film"))
        assert await waiting(store) == ["b", "a"]
        assert await waiting(store, limit=1) == ["b"]
        assert await waiting(store, ItemKind.VIDEO) == ["v"]
        assert await waiting(store, ItemKind.COMMENT) == []

    async def test_brings_one_job_a_kind(self, store: Store) -> None:
        await write(store, post("b"), post("a"), item("v", title="Film"))
        assert await jobs(store) == [PipelineType.MODERATE_POST, PipelineType.MODERATE_VIDEO]

    async def test_brings_nothing_where_somebody_vouches(self, store: Store) -> None:
        await write(store, post("a", moderation_status=APPROVED))
        assert (await waiting(store), await jobs(store)) == ([], [])

    @pytest.mark.parametrize("said", [{"text": "x"}, {"tags": ("x",)}, {"media_url": "https://a.example/b.mp4"}])
    async def test_waits_where_it_says_anything(self, store: Store, said: dict[str, Any]) -> None:
        await write(store, post("a", title=""))
        assert await waiting(store) == []
        await write(store, post("a", title="", **said))
        assert await waiting(store) == ["a"]


class TestWhatChanged:
    @pytest.fixture
    async def judged(self, store: Store) -> Item:
        """A post that somebody may see, of which nothing waits."""
        made = post("a", text="Rye", author="u", moderation_status=APPROVED)
        async with store.write() as unit:
            await unit.users.upsert([user("u")])
        await write(store, made)
        return replace(made, moderation_status=ModerationStatus.PENDING)

    @pytest.mark.parametrize(
        "change",
        [
            {"title": "Cake"},
            {"description": "Sweet"},
            {"text": "Rye!"},
            {"tags": ("sweet",)},
            {"media_url": "https://a.example/b.mp4"},
            {"thumbnail_url": "https://a.example/b.webp"},
        ],
        ids=lambda change: next(iter(change)),
    )
    async def test_waits_again(self, store: Store, judged: Item, change: dict[str, Any]) -> None:
        await write(store, replace(judged, **change))
        assert await waiting(store) == ["a"]
        assert await jobs(store) == [PipelineType.MODERATE_POST]

    async def test_does_not_wait_for_what_nobody_judges(self, store: Store, judged: Item) -> None:
        await write(store, replace(judged, mood=Mood.CALM, hidden=True, created_at=NOW + timedelta(hours=1)))
        assert (await waiting(store), await jobs(store)) == ([], [])

    async def test_does_not_wait_where_somebody_vouches(self, store: Store, judged: Item) -> None:
        await write(store, replace(judged, title="Cake", moderation_status=APPROVED))
        assert (await waiting(store), await jobs(store)) == ([], [])
