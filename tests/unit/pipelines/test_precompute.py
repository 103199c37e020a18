"""Recommendations worked out before they are asked for."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from tests.fakes import NOW, FakeModels, FakeStore, ago
from tests.unit.pipelines.runs import FakeRun

from socialflow.errors import InvalidInput, StoreUnavailable, UserNotFound
from socialflow.jobs.records import NewJob, PipelineType
from socialflow.kit.clock import FixedClock
from socialflow.pipelines.live import ActiveUsers, LiveRecommender
from socialflow.pipelines.precompute import (
    CHUNK,
    ComputeRecommendations,
    PrecomputeConfig,
    PrecomputeRecommendations,
    Precomputing,
    RecommendationPrecomputer,
)
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService

USERS = 300


class Lists:
    """Notes whose lists it is asked for; knows no user of `unknown`."""

    def __init__(self, *unknown: str) -> None:
        self.queries: list[FeedQuery] = []
        self.unknown = set(unknown)
        self.away = False

    async def __call__(self, queries: Sequence[FeedQuery], keep_seconds: float) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("the database cannot be reached")
        for query in queries:
            if query.user_id in self.unknown:
                raise UserNotFound(f"no user has the id {query.user_id}", field="user_id")
        self.queries += queries

    @property
    def users(self) -> list[str]:
        return [query.user_id or "" for query in self.queries]


@pytest.fixture
async def active() -> Any:
    """User n acted n minutes ago, users from 200 on more than 30 days ago."""
    store, clock = FakeStore(), FixedClock(NOW)
    store.item(1)
    for n in range(1, USERS + 1):
        store.user(n)
        store.act(n, 1, at=ago(minutes=n) if n < 200 else ago(days=31, minutes=n))
    service = RecommendationService(store, FakeModels(), clock)
    yield ActiveUsers(LiveRecommender(service), store, clock)
    await service.close()


@pytest.fixture
def lists() -> Lists:
    return Lists()


@pytest.fixture
def precomputer(active: ActiveUsers, lists: Lists) -> RecommendationPrecomputer:
    return RecommendationPrecomputer(Precomputing(lists, active))


def ids(*numbers: int) -> list[str]:
    return [f"u{n}" for n in numbers]


class TestActiveUsers:
    async def test_the_most_recently_active_come_first(
        self, precomputer: RecommendationPrecomputer, lists: Lists
    ) -> None:
        report = await precomputer.precompute()
        assert lists.users == ids(*range(1, 200))
        assert (report.done, report.failed) == (199, 0)

    async def test_are_bounded_by_number_and_by_days(
        self, precomputer: RecommendationPrecomputer, lists: Lists
    ) -> None:
        await precomputer.precompute(config=PrecomputeConfig(max_users=3))
        assert lists.users == ids(1, 2, 3)
        await precomputer.precompute(config=PrecomputeConfig(days=40))
        assert len(lists.users) == 3 + USERS

    @pytest.mark.parametrize("shards", [1, 2, 3, 7])
    async def test_every_user_is_in_one_shard(
        self, precomputer: RecommendationPrecomputer, lists: Lists, shards: int
    ) -> None:
        parts = []
        for shard in range(shards):
            lists.queries.clear()
            await precomputer.precompute(config=PrecomputeConfig(shards=shards, shard=shard, max_users=150))
            parts.append(lists.users)
        assert sorted(user for part in parts for user in part) == sorted(ids(*range(1, 151)))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1

    async def test_are_asked_for_as_requests_would(self, precomputer: RecommendationPrecomputer, lists: Lists) -> None:
        await precomputer.precompute(config=PrecomputeConfig(limit=7, algorithm="trending", max_users=1))
        (query,) = lists.queries
        assert (query.page_size, query.algorithm, query.kind) == (7, "trending", "video")


class TestNamedUsers:
    async def test_one_or_several_each_once(self, precomputer: RecommendationPrecomputer, lists: Lists) -> None:
        compute = ComputeRecommendations(precomputer)
        outcome = await compute(FakeRun(PipelineType.UPDATE_RECOMMENDATIONS, {"user_id": "u5"}))
        assert (outcome.partial, outcome.result["done"]) == (False, 1)
        await compute(FakeRun(PipelineType.BATCH_RECOMMENDATIONS, {"user_ids": ["u1", "u2", "u1"]}))
        assert lists.users == ids(5, 1, 2)

    async def test_an_unknown_one_costs_only_itself(self, precomputer: RecommendationPrecomputer, lists: Lists) -> None:
        lists.unknown = {"ghost"}
        run = FakeRun(PipelineType.BATCH_RECOMMENDATIONS, {"user_ids": ["u1", "ghost", "u2"]})
        outcome = await ComputeRecommendations(precomputer)(run)
        assert lists.users == ids(1, 2)
        assert outcome.partial
        assert outcome.result["failures"] == [
            {"item": "ghost", "code": "user_not_found", "detail": "no user has the id ghost"}
        ]

    async def test_an_unknown_one_alone_fails_the_job(
        self, precomputer: RecommendationPrecomputer, lists: Lists
    ) -> None:
        lists.unknown = {"ghost"}
        with pytest.raises(UserNotFound):
            await ComputeRecommendations(precomputer)(
                FakeRun(PipelineType.UPDATE_RECOMMENDATIONS, {"user_id": "ghost"})
            )

    @pytest.mark.parametrize(
        ("config", "says"),
        [
            ({}, "either user_id or user_ids must be given"),
            ({"user_id": "a", "user_ids": ["b"]}, "either"),
            ({"user_ids": []}, "user_ids"),
            ({"user_id": "a", "limit": 0}, "config.limit"),
            ({"user_id": "a", "content_type": "song"}, "config.content_type"),
            (
                {"user": "a"},
                "no key 'user'; there are: algorithm, content_type, limit, keep_seconds, user_id, user_ids",
            ),
        ],
    )
    async def test_a_wrong_configuration_is_named(
        self, precomputer: RecommendationPrecomputer, config: dict[str, object], says: str
    ) -> None:
        with pytest.raises(InvalidInput, match=says):
            await ComputeRecommendations(precomputer)(FakeRun(PipelineType.UPDATE_RECOMMENDATIONS, config))


class TestTheJob:
    @pytest.fixture
    def job(self, precomputer: RecommendationPrecomputer) -> PrecomputeRecommendations:
        return PrecomputeRecommendations(precomputer, FixedClock(NOW))

    async def test_tells_its_progress_and_what_it_did(self, job: PrecomputeRecommendations) -> None:
        run = FakeRun(PipelineType.RECOMMENDATION_PRECOMPUTE, {})
        outcome = await job(run)
        assert run.percents == [32, 64, 96, 100]
        assert outcome.result["done"] == 199

    async def test_stops_between_two_chunks_where_it_is_cancelled(
        self, job: PrecomputeRecommendations, lists: Lists
    ) -> None:
        run = FakeRun(PipelineType.RECOMMENDATION_PRECOMPUTE, {}, cancel_at=30)
        with pytest.raises(asyncio.CancelledError):
            await job(run)
        assert len(lists.users) == CHUNK

    async def test_a_store_that_is_away_is_tried_again_later(
        self, job: PrecomputeRecommendations, lists: Lists
    ) -> None:
        lists.away = True
        with pytest.raises(StoreUnavailable):
            await job(FakeRun(PipelineType.RECOMMENDATION_PRECOMPUTE, {}))

    async def test_divides_itself_into_shards(self, job: PrecomputeRecommendations, lists: Lists) -> None:
        run = FakeRun(PipelineType.RECOMMENDATION_PRECOMPUTE, {"shards": 2, "limit": 7})
        outcome = await job(run)
        assert outcome.effect is not None
        unit = _Unit()
        await outcome.effect(unit)  # type: ignore[arg-type]
        assert [job.name for job in unit.added] == ["a job (1 of 2)", "a job (2 of 2)"]
        assert len({job.dedup_key for job in unit.added}) == 2
        for part in unit.added:
            await job(FakeRun(part.pipeline_type, part.config))
        assert sorted(lists.users) == sorted(ids(*range(1, 200)))
        assert {query.page_size for query in lists.queries} == {7}

    @pytest.mark.parametrize("config", [{"shards": 2, "shard": 2}, {"shards": 0}, {"days": 0}, {"max_users": 0}])
    async def test_a_wrong_configuration_is_named(
        self, job: PrecomputeRecommendations, config: dict[str, object]
    ) -> None:
        with pytest.raises(InvalidInput, match=next(reversed(config))):
            await job(FakeRun(PipelineType.RECOMMENDATION_PRECOMPUTE, config))


class _Unit:
    """Takes follow-up jobs."""

    def __init__(self) -> None:
        self.added: list[NewJob] = []

    @property
    def jobs(self) -> "_Unit":
        return self

    async def add(self, jobs: Sequence[NewJob], now: object) -> None:
        self.added += jobs
