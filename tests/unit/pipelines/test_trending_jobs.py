"""Trending lists as batch work."""

import asyncio
from typing import Any

import orjson
import pytest
from tests.fakes import FakeStore, ago
from tests.unit.pipelines.runs import FakeRun

from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.jobs.records import PipelineType
from socialflow.kit.cache import trending_key
from socialflow.pipelines.live import LiveRecommender
from socialflow.pipelines.trending_jobs import CalculateTrending, UpdateTrending
from socialflow.recommendation.activity import WINDOWS
from socialflow.storage.cache.memory import MemoryCache


@pytest.fixture(autouse=True)
def _platform(fake_store: FakeStore) -> None:
    """Six videos and a post; the higher the number, the more likes within the last hour."""
    for n in range(1, 7):
        fake_store.item(n, category="music" if n % 2 else "food")
    fake_store.item(7, kind=ItemKind.POST)
    fake_store.item(8, status=ModerationStatus.PENDING, category="hidden")
    for user in range(1, 10):
        fake_store.user(user)
        for item in range(1, 9):
            if user <= item:
                fake_store.act(user, item, at=ago(minutes=user))


async def kept(cache: MemoryCache, key: str) -> list[str] | None:
    (value,) = await cache.get_many([key])
    return None if value is None else [row["id"] for row in orjson.loads(value)]


class TestOneList:
    async def test_is_the_result_and_is_kept(self, live: LiveRecommender, cache: MemoryCache) -> None:
        run = FakeRun(PipelineType.CALCULATE_TRENDING, {"content_type": "video", "window_hours": 1, "limit": 3})
        result: dict[str, Any] = dict((await CalculateTrending(live, cache)(run)).result)
        assert [row["id"] for row in result["items"]] == ["i6", "i5", "i4"]
        assert set(result["items"][0]) == {"id", "score", "velocity", "direction"}
        assert await kept(cache, result["cache_key"]) == ["i6", "i5", "i4"]

    @pytest.mark.parametrize(
        "config", [{"window_hours": 5}, {"limit": 51}, {"content_type": "song"}, {"kind": "video"}]
    )
    async def test_a_wrong_question_is_refused(
        self, live: LiveRecommender, cache: MemoryCache, config: dict[str, object]
    ) -> None:
        with pytest.raises(InvalidInput, match=next(iter(config))):
            await CalculateTrending(live, cache)(FakeRun(PipelineType.CALCULATE_TRENDING, config))


class TestAllLists:
    async def test_of_every_window_kind_and_category_are_kept(self, live: LiveRecommender, cache: MemoryCache) -> None:
        run = FakeRun(PipelineType.TRENDING_UPDATE, {})
        outcome = await UpdateTrending(live, cache)(run)
        assert outcome.result["lists"] == (1 + len(ItemKind)) * (1 + 2) * len(WINDOWS)
        for window in WINDOWS:
            assert (await kept(cache, trending_key("video", window, "food")) or [])[:1] == ["i6"]
        assert await kept(cache, trending_key("post", 24, None)) == ["i7"]
        assert await kept(cache, trending_key(None, 24, "hidden")) is None
        assert run.percents[-1] == 100

    async def test_only_the_largest_categories_have_their_own(self, live: LiveRecommender, cache: MemoryCache) -> None:
        outcome = await UpdateTrending(live, cache)(FakeRun(PipelineType.TRENDING_UPDATE, {"categories": 1}))
        assert outcome.result["lists"] == (1 + len(ItemKind)) * 2 * len(WINDOWS)

    async def test_a_cancelled_update_stops(self, live: LiveRecommender, cache: MemoryCache) -> None:
        run = FakeRun(PipelineType.TRENDING_UPDATE, {}, cancel_at=5)
        with pytest.raises(asyncio.CancelledError):
            await UpdateTrending(live, cache)(run)
        assert run.percents == [1, 3, 5]
