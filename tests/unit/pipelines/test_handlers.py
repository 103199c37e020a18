"""The table of handlers over an assembled platform: jobs in, results and kept lists out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from socialflow import wiring
from socialflow.content.records import (
    Edge,
    EdgeKind,
    Interaction,
    InteractionContext,
    InteractionType,
    Item,
    ItemKind,
    ModerationStatus,
    Privacy,
    User,
)
from socialflow.jobs.records import Job, JobState, NewJob, PipelineType
from socialflow.jobs.runner import Runner
from socialflow.kit.cache import trending_key
from socialflow.kit.clock import FixedClock
from socialflow.kit.defaults import substituted
from socialflow.pipelines import RecommendationPrecomputer
from socialflow.pipelines.precompute import ListsConfig, PrecomputeConfig
from socialflow.recommendation.bandit import BanditParts, MultiArmedBandit
from socialflow.recommendation.cached import CachedRecommendations
from socialflow.recommendation.context import FeedSettings
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rewards import WINDOW
from socialflow.settings import load_settings
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import Platform

NEED_MODELS_TO_COME = {PipelineType.PREDICT_VIRALITY}
USERS, ITEMS = 20, 30


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """Twenty users, each of whom liked five of thirty films within the last day."""
    settings = load_settings({"socialflow_home": tmp_path, "database_url": "", "redis_url": None})
    await asyncio.to_thread(upgrade, settings.store_url)
    platform = wiring.assemble(settings)
    now = platform.clock.now()
    async with platform.store.write() as unit:
        await unit.users.upsert([User(f"u{n}", f"name{n}", now - timedelta(days=9)) for n in range(USERS)])
        approved = {"moderation_status": ModerationStatus.APPROVED, "category": "drama"}
        await unit.items.upsert(
            [
                Item(f"i{n}", ItemKind.VIDEO, now - timedelta(days=2), title=f"film {n}", **approved)
                for n in range(ITEMS)
            ]
        )
        await unit.interactions.add([like(platform, n, (3 * n + k) % ITEMS) for n in range(USERS) for k in range(5)])
    yield platform
    await platform.close()


def like(platform: Platform, user: int, item: int) -> Interaction:
    at = platform.clock.now() - timedelta(minutes=user)
    return Interaction(f"like-{user}-{item}", f"u{user}", f"i{item}", InteractionType.LIKE, 1.0, at, at)


async def work(platform: Platform, kind: PipelineType, **config: object) -> Job:
    """Submit a job and run it as a worker does."""
    job = await platform.jobs.submit(NewJob(kind, kind.value, config))
    await Runner(platform.store, wiring.handlers(platform), platform.clock, worker_id="worker").run(job.id)
    return await platform.jobs.get(job.id)


def result(job: Job) -> dict[str, Any]:
    assert job.state is JobState.SUCCEEDED, job.error
    assert job.result is not None
    return dict(job.result)


class TestTheTable:
    async def test_has_every_type_that_needs_no_model_to_come(self, platform: Platform) -> None:
        assert set(wiring.handlers(platform)) == set(PipelineType) - NEED_MODELS_TO_COME

    async def test_another_type_fails_and_says_why(self, platform: Platform) -> None:
        job = await work(platform, PipelineType.PREDICT_VIRALITY, content_id="i1")
        assert job.state is JobState.FAILED
        assert job.error is not None
        assert job.error.code == "model_unavailable"


class TestLists:
    async def test_worked_out_before_are_found_by_the_first_request(self, platform: Platform) -> None:
        assert result(await work(platform, PipelineType.RECOMMENDATION_PRECOMPUTE, limit=5))["done"] == USERS
        answer = await platform.recommendations.recommend(ListsConfig(limit=5).query("u3"))
        assert answer.cached
        assert len(answer.impression.entries) == 5

    async def test_are_worked_out_anew_after_an_interaction(self, platform: Platform) -> None:
        await work(platform, PipelineType.UPDATE_RECOMMENDATIONS, user_id="u3", limit=5)
        query = ListsConfig(limit=5).query("u3")
        first = (await platform.recommendations.recommend(query)).impression.entries[0].item_id
        async with platform.store.write() as unit:
            await unit.interactions.add([like(platform, 3, int(first[1:]))])
        answer = await platform.recommendations.recommend(query)
        assert not answer.cached
        assert first not in [entry.item_id for entry in answer.impression.entries]

    async def test_nobody_is_noted_to_have_seen_them(self, platform: Platform) -> None:
        await work(platform, PipelineType.BATCH_RECOMMENDATIONS, user_ids=["u1", "u2"])
        receipt = await platform.erase_user("u1")
        assert receipt.rows.get("impressions", 0) == 0

    async def test_of_all_shards_are_those_of_all_users(self, platform: Platform) -> None:
        assert result(await work(platform, PipelineType.RECOMMENDATION_PRECOMPUTE, shards=3)) == {"shards": 3}
        parts = await platform.jobs.page(states=[JobState.QUEUED])
        runner = Runner(platform.store, wiring.handlers(platform), platform.clock, worker_id="worker")
        done = []
        for part in parts:
            await runner.run(part.id)
            done.append(result(await platform.jobs.get(part.id))["done"])
        assert len(done) == 3
        assert sum(done) == USERS

    async def test_a_script_can_have_them_made(self, platform: Platform) -> None:
        settings = platform.settings
        with substituted(lambda: wiring.assemble(settings)):
            report = await RecommendationPrecomputer().precompute(["u1", "nobody"])
            assert [failure.item for failure in report.failures] == ["nobody"]
            report = await RecommendationPrecomputer().precompute(config=PrecomputeConfig(max_users=7))
            assert report.done == 7

    @pytest.mark.parametrize(("keep_seconds", "found"), [(None, False), (3500.0, True)])
    async def test_can_be_kept_for_longer_than_those_of_requests(
        self, platform: Platform, keep_seconds: float | None, found: bool
    ) -> None:
        at = [0.0]
        cache = MemoryCache(monotonic=lambda: at[0])
        await platform.lists.live()
        kept = CachedRecommendations(platform.recommendation, platform.store, cache, platform.clock, ttl=300)
        query = ListsConfig(limit=5).query("u3")
        assert await kept.prepare([query], keep_seconds) == 1
        at[0] = 3000.0
        assert (await kept.recommend(query)).cached is found


class TestOtherWork:
    async def test_a_warmed_cache_holds_lists_of_users_and_of_what_trends(self, platform: Platform) -> None:
        done = result(await work(platform, PipelineType.CACHE_WARM, users=5, limit=5))
        assert done["recommendations"]["done"] == 5
        (kept,) = await platform.cache.get_many([trending_key("video", 24, "drama")])
        assert kept is not None
        assert len(orjson.loads(kept)) == ITEMS
        assert done["trending_lists"] == 40
        most_recent = await platform.recommendations.recommend(ListsConfig(limit=5).query("u0"))
        assert most_recent.cached

    async def test_warming_without_users_makes_trending_lists_alone(self, platform: Platform) -> None:
        assert "recommendations" not in result(await work(platform, PipelineType.CACHE_WARM, users=0))

    async def test_a_file_of_recommendations_forgets_the_erased(self, platform: Platform) -> None:
        done = result(await work(platform, PipelineType.BATCH_INFERENCE, limit=3))
        path = platform.settings.home / done["file"]
        assert len(path.read_bytes().splitlines()) == USERS
        receipt = await platform.erase_user("u4")
        assert receipt.files == 1
        left = {orjson.loads(line)["user_id"] for line in path.read_bytes().splitlines()}
        assert left == {f"u{n}" for n in range(USERS)} - {"u4"}


class TestBandit:
    async def test_what_a_smart_list_earned_is_learnt_from_once(self, platform: Platform) -> None:
        await platform.recommendation.start()
        query = FeedQuery(user_id="u3", algorithm="smart", page_size=5)
        made = (await platform.recommendation.feed(query)).impression
        now = platform.clock.now()
        context = InteractionContext(request_id=made.request_id)
        act = Interaction("x", "u3", made.entries[0].item_id, InteractionType.SHARE, 1.0, now, now, context)
        async with platform.store.write() as unit:
            await unit.interactions.add([act])
        bandit = PipelineType.BANDIT_UPDATE
        assert result(await work(platform, bandit))["rewards"] == 0
        parts = BanditParts(platform.store, FixedClock(now + WINDOW), lambda: ["hybrid"], FeedSettings())
        assert await MultiArmedBandit(parts).settle() == 1
        told = result(await work(platform, bandit, warm_start={"hybrid": 1.0, "trending": 1.0}))
        assert told["rewards"] == 0
        assert set(told["expected"]) == {"hybrid", "trending"}
        assert max(told["expected"].values()) > 1.0

    async def test_an_unknown_algorithm_cannot_be_started_with(self, platform: Platform) -> None:
        job = await work(platform, PipelineType.BANDIT_UPDATE, warm_start={"magic": 1.0})
        assert job.error is not None
        assert job.error.code == "invalid_input"


class TestGraph:
    async def test_who_is_followed_is_offered_and_one_version_is_kept(self, platform: Platform) -> None:
        now = platform.clock.now()
        async with platform.store.write() as unit:
            await unit.users.upsert([User("new", "new", now)])
            await unit.graph.add([Edge(EdgeKind.FOLLOW, name, "u9", now) for name in ("u1", "u2")])
        told = result(await work(platform, PipelineType.GRAPH_UPDATE))
        assert (told["users"], told["follows"], told["communities"]) == (3, 2, 1)
        await work(platform, PipelineType.GRAPH_UPDATE)
        assert [one.version for one in platform.catalogue.versions("social_graph")] == ["0002"]
        await platform.recommendation.start()
        offered = {one.id: one.source for one in (await platform.people.users("new", 50)).entries}
        assert offered["u9"] == "influence"


class TestTopics:
    async def test_are_found_in_public_texts_and_not_again_while_nothing_is_new(self, platform: Platform) -> None:
        now = platform.clock.now()
        themes = ("flour dough oven yeast", "saddle pedal gravel helmet")
        async with platform.store.write() as unit:
            await unit.users.upsert([User("shy", "shy", now, privacy=Privacy(train=False))])
            await unit.items.upsert(
                [
                    Item(
                        f"t{n}",
                        ItemKind.POST,
                        now,
                        text=themes[n % 2] if n < 40 else "secret diary pages",
                        author="shy" if n >= 40 else None,
                        moderation_status=ModerationStatus.APPROVED,
                    )
                    for n in range(60)
                ]
            )
        told = result(await work(platform, PipelineType.TRAIN_TOPICS, topics=3))
        words = {word for topics in told.values() for topic in topics for word in topic["words"]}
        assert {"flour", "pedal"} <= words
        assert not {"secret", "diary"} & words
        await work(platform, PipelineType.TRAIN_TOPICS, topics=3)
        assert [one.version for one in platform.catalogue.versions("topics_nmf")] == ["0001"]
        await work(platform, PipelineType.TRAIN_TOPICS, topics=2)
        assert [one.version for one in platform.catalogue.versions("topics_nmf")] == ["0002"]
