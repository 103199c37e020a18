from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from tests.fakes import NOW, FakeModels, FakeStore
from tests.unit.recommendation.cached_process import Process
from tests.unit.recommendation.test_recommendation_service import TITLES, content, item_item, populate

from socialflow.kit.clock import FixedClock
from socialflow.recommendation.service import FeedSettings, RecommendationService
from socialflow.storage.cache.memory import MemoryCache


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


@pytest.fixture
def time() -> list[float]:
    """Seconds on the clock of `cache`."""
    return [0.0]


@pytest.fixture
def cache(time: list[float]) -> MemoryCache:
    return MemoryCache(monotonic=lambda: time[0])


@pytest.fixture
async def start(
    store: FakeStore,
    models: FakeModels,
    service_of: Callable[..., Awaitable[RecommendationService]],
    cache: MemoryCache,
    clock: FixedClock,
) -> Callable[..., Awaitable[Process]]:
    """Starts processes over one store and one cache; user 5 has liked item 1."""
    populate(store)
    store.act(5, 1)
    models.activate(item_item(store))
    models.activate(content(TITLES))

    async def begin(ttl: float = 300) -> Process:
        return Process(await service_of(store), store, cache, clock, ttl)

    return begin


@pytest.fixture
async def process(start: Callable[..., Awaitable[Process]]) -> Process:
    return await start()
