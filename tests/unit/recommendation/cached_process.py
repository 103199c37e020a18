"""A process that answers from a cache, as tests of it need one."""

import asyncio
from collections.abc import Sequence

from tests.fakes import FakeStore

from socialflow.kit.cache import Cache
from socialflow.kit.clock import Clock
from socialflow.recommendation.bulk import Ranked
from socialflow.recommendation.cached import CachedRecommendations, Lookup, Recommended
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService

FIVE = FeedQuery(user_id="u5", page_size=4)


class Watched:
    """Counts lookups and rankings; holds rankings while `gate` is shut."""

    def __init__(self, service: RecommendationService) -> None:
        self.lookups: dict[str, int] = {}
        self.ranked: list[str | None] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self._wanted = 0
        self._enough = asyncio.Event()
        self.failures: list[Exception] = []
        self._rank_many = service.rank_many
        service.rank_many = self._watched  # type: ignore[method-assign]

    def looked_up(self, family: str, outcome: str, count: int) -> None:
        assert family == "recommendations"
        self.lookups[outcome] = self.lookups.get(outcome, 0) + count
        if self.lookups.get(Lookup.MISS, 0) >= self._wanted:
            self._enough.set()

    async def missed(self, times: int) -> None:
        """Wait for so many misses in all; who missed while one question is worked out waits for it from then on."""
        self._wanted = times
        if self.lookups.get(Lookup.MISS, 0) < times:
            self._enough.clear()
            await self._enough.wait()

    async def _watched(self, asked: Sequence) -> Sequence[Ranked]:
        self.ranked += [query.user_id for query, _ in asked]
        made = await self._rank_many(asked)
        self.begun.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return made


class Process:
    """A service of its own over the common store and cache."""

    def __init__(
        self, service: RecommendationService, store: FakeStore, cache: Cache, clock: Clock, ttl: float
    ) -> None:
        self.watched = Watched(service)
        self.service = service
        self.recommendations = CachedRecommendations(service, store, cache, clock, ttl=ttl, observer=self.watched)

    async def ask(self, query: FeedQuery = FIVE) -> Recommended:
        return await self.recommendations.recommend(query)
