from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from tests.fakes import NOW, FakeModels, FakeStore

from socialflow.kit.clock import FixedClock
from socialflow.recommendation.service import FeedSettings, RecommendationService


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def service_of(models: FakeModels, clock: FixedClock) -> AsyncIterator[Callable[..., object]]:
    """Starts services over a store; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def begin(store: FakeStore, **settings: object) -> RecommendationService:
            service = RecommendationService(store, models, clock, FeedSettings(**settings))
            await service.start()
            stack.push_async_callback(service.close)
            return service

        yield begin
