"""What came in bare, analysed on an assembled platform: recommendations find it by what its words say."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.text_bundle import clear, clear_table
from tests.text_bundle import write as write_bundle

from socialflow import wiring
from socialflow.content.records import Item, ItemKind, ModerationStatus, Mood, User
from socialflow.content.service import ContentService
from socialflow.jobs.records import JobState
from socialflow.jobs.runner import Runner
from socialflow.recommendation.records import FeedQuery
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import Platform


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A new user, a model that can be worked out by hand, and nothing else."""
    settings = load_settings({"socialflow_home": tmp_path, "database_url": "", "redis_url": None})
    await asyncio.to_thread(upgrade, settings.store_url)
    write_bundle(settings.models_dir, table=clear_table(), arrays=clear)
    platform = wiring.assemble(settings)
    platform.catalogue.activate("text", "small")
    async with platform.store.write() as unit:
        await unit.users.upsert([User("ann", "ann", platform.clock.now())])
    yield platform
    await platform.close()


async def put(platform: Platform, **texts: str) -> None:
    """Posts without tags, category or mood."""
    now, shown = platform.clock.now(), ModerationStatus.APPROVED
    content = ContentService(platform.store, platform.clock)
    await content.put_items(
        [Item(name, ItemKind.POST, now, text=it, moderation_status=shown) for name, it in texts.items()]
    )


async def work(platform: Platform) -> set[JobState]:
    """Do every job that waits."""
    runner = Runner(platform.store, wiring.handlers(platform), platform.clock, worker_id="worker")
    jobs = await platform.jobs.page()
    for job in jobs:
        await runner.run(job.id)
    return {job.state for job in await platform.jobs.page()}


async def feed(platform: Platform, **asked: object) -> set[str]:
    answer = await platform.recommendation.feed(FeedQuery(user_id="ann", **asked))  # type: ignore[arg-type]
    return {entry.item_id for entry in answer.impression.entries}


class TestColdStart:
    async def test_finds_bare_items_by_mood_and_category(self, platform: Platform) -> None:
        await platform.recommendation.start()
        await put(platform, glad="the city is good", sad="the city is awful", words="the city")
        assert await feed(platform, mood=Mood.JOYFUL) == set()
        assert await work(platform) == {JobState.SUCCEEDED}
        assert await feed(platform, mood=Mood.JOYFUL) == {"glad"}
        assert await feed(platform, mood=Mood.SAD) == {"sad"}
        assert await feed(platform, category="sport") == {"glad", "sad", "words"}

    async def test_stops_finding_what_was_written_anew(self, platform: Platform) -> None:
        await platform.recommendation.start()
        await put(platform, post="the city is good")
        await work(platform)
        await put(platform, post="the city is awful")
        assert await feed(platform, mood=Mood.JOYFUL) == set()
        await work(platform)
        assert await feed(platform, mood=Mood.SAD) == {"post"}
