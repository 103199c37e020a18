from collections.abc import AsyncIterator

import pytest
from tests.fakes import NOW, FakeModels, FakeStore

from socialflow.kit.clock import FixedClock
from socialflow.pipelines.live import LiveRecommender
from socialflow.recommendation.service import RecommendationService
from socialflow.storage.cache.memory import MemoryCache


@pytest.fixture
def fake_store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def cache() -> MemoryCache:
    return MemoryCache()


@pytest.fixture
async def live(fake_store: FakeStore, models: FakeModels, clock: FixedClock) -> AsyncIterator[LiveRecommender]:
    """The recommender of a worker over the fake store, not started yet."""
    service = RecommendationService(fake_store, models, clock)
    yield LiveRecommender(service)
    await service.close()
