"""Moderation as jobs over an assembled platform, with the text models of the package."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from socialflow import wiring
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.content.service import ContentService
from socialflow.jobs.records import Job, JobState, NewJob, PipelineType
from socialflow.jobs.runner import Runner
from socialflow.moderation.records import ActorKind
from socialflow.moderation.review.records import Ruling, Wanted
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import Platform

KIND, HATE = "What a lovely loaf of rye bread, thank you!", "I will find you and kill you, you filthy subhuman"


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    settings = load_settings({"socialflow_home": tmp_path, "database_url": "", "redis_url": None})
    await asyncio.to_thread(upgrade, settings.store_url)
    platform = wiring.assemble(settings)
    async with platform.store.write() as unit:
        await unit.users.upsert([User("u", "ann", platform.clock.now())])
    yield platform
    await platform.close()


async def put(platform: Platform, name: str, text: str, kind: ItemKind = ItemKind.POST, **fields: Any) -> None:
    made = Item(name, kind, platform.clock.now(), text=text, author="u", **fields)
    await ContentService(platform.store, platform.clock).put_item(name, lambda _: made)


async def moderation_jobs(platform: Platform) -> list[Job]:
    async with platform.store.read() as unit:
        jobs = await unit.jobs.page()
    return [job for job in jobs if job.pipeline_type.startswith("moderate") and job.state is JobState.QUEUED]


async def work(platform: Platform) -> None:
    """Run what is queued, as a worker does, until nothing is."""
    while jobs := await moderation_jobs(platform):
        runner = Runner(platform.store, wiring.handlers(platform), platform.clock, worker_id="worker")
        for job in jobs:
            await runner.run(job.id)
            done = await platform.jobs.get(job.id)
            assert done.state is JobState.SUCCEEDED, done.error


async def status(platform: Platform, name: str) -> ModerationStatus:
    async with platform.store.read() as unit:
        return (await unit.items.get(name)).moderation_status


class TestWhatComesIn:
    async def test_is_judged_with_reasons_and_sealed(self, platform: Platform) -> None:
        await put(platform, "kind", KIND)
        await put(platform, "hate", HATE)
        await work(platform)
        assert await status(platform, "kind") is ModerationStatus.APPROVED
        assert await status(platform, "hate") is ModerationStatus.REJECTED
        decision = await platform.moderation.decisions.current("hate")
        assert decision.actor.kind is ActorKind.SERVICE
        assert "threat" in decision.verdict.flags
        assert HATE not in str(decision)
        assert (await platform.moderation.decisions.verify(decision.id)).ok

    async def test_is_judged_again_where_it_changes(self, platform: Platform) -> None:
        await put(platform, "post", KIND)
        await work(platform)
        await put(platform, "post", HATE)
        assert await status(platform, "post") is ModerationStatus.PENDING
        await work(platform)
        assert await status(platform, "post") is ModerationStatus.REJECTED
        first, second = await platform.moderation.decisions.history("post")
        assert second.supersedes == first.id

    async def test_with_models_missing_it_waits_for_people_who_are_told_what_is_missing(
        self, platform: Platform
    ) -> None:
        await put(platform, "film", KIND, ItemKind.VIDEO, media_url="https://media.example.org/none.mp4")
        await work(platform)
        assert await status(platform, "film") is ModerationStatus.REVIEW_REQUIRED
        decision = await platform.moderation.decisions.current("film")
        assert "video.nsfw" in decision.signals.missing
        (entry,) = await platform.moderation.queue.claim("eve", Wanted())
        assert entry.content_id == "film"


class TestPeople:
    @pytest.fixture
    async def judged(self, platform: Platform) -> str:
        """A post that people are to look at, and that one of them rejects."""
        await put(platform, "post", KIND, media_url="https://media.example.org/none.jpg")
        await work(platform)
        (entry,) = await platform.moderation.queue.claim("eve")
        await platform.moderation.queue.decide("eve", entry.id, entry.token, Ruling(ModerationStatus.REJECTED, "spam"))
        return "post"

    async def test_supersede_the_service(self, platform: Platform, judged: str) -> None:
        assert await status(platform, judged) is ModerationStatus.REJECTED
        service, person = await platform.moderation.decisions.history(judged)
        assert (service.actor.kind, person.actor.kind) == (ActorKind.SERVICE, ActorKind.PERSON)
        assert person.supersedes == service.id
        assert person.signals == service.signals

    async def test_are_asked_again_before_anybody_sees_what_stands_in_its_place(
        self, platform: Platform, judged: str
    ) -> None:
        await put(platform, judged, KIND)
        await work(platform)
        assert await status(platform, judged) is ModerationStatus.REVIEW_REQUIRED
        decision = await platform.moderation.decisions.current(judged)
        assert decision.verdict.flags == ("rejected_before",)

    async def test_are_not_asked_twice_about_the_same(self, platform: Platform, judged: str) -> None:
        await put(platform, judged, "something else", media_url="https://media.example.org/none.jpg")
        await put(platform, judged, KIND, media_url="https://media.example.org/none.jpg")
        await work(platform)
        assert await status(platform, judged) is ModerationStatus.REJECTED
        assert len(await platform.moderation.decisions.history(judged)) == 2


class TestNamed:
    async def run(self, platform: Platform, kind: PipelineType, **config: object) -> Job:
        job = await platform.jobs.submit(NewJob(kind, kind.value, config))
        await Runner(platform.store, wiring.handlers(platform), platform.clock, worker_id="w").run(job.id)
        return await platform.jobs.get(job.id)

    async def test_is_judged_again(self, platform: Platform) -> None:
        await put(platform, "post", KIND)
        await work(platform)
        job = await self.run(platform, PipelineType.MODERATE_POST, post_id="post")
        assert job.result is not None
        assert job.result["statuses"] == {"approved": 1}
        assert len(await platform.moderation.decisions.history("post")) == 2

    async def test_of_another_kind_is_refused(self, platform: Platform) -> None:
        await put(platform, "post", KIND)
        job = await self.run(platform, PipelineType.MODERATE_VIDEO, video_id="post")
        assert job.state is JobState.FAILED
        assert job.error is not None
        assert "moderate_post" in job.error.detail
