"""The live recommender as batch work uses it: started where first needed, asked for whom to begin with."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from socialflow.content.ports import ContentStore
from socialflow.errors import UserNotFound
from socialflow.ids import UserKey
from socialflow.kit.clock import Clock, to_micros
from socialflow.kit.defaults import started
from socialflow.recommendation.active import active_users
from socialflow.recommendation.cached import CachedRecommendations
from socialflow.recommendation.records import FeedQuery, Impression
from socialflow.recommendation.service import Present, RecommendationService

USERS_AT_ONCE = 1000
"""Users read by one query."""


class LiveRecommender:
    """The recommendation service of a worker process: it reads the whole store at the first use and is kept then."""

    def __init__(self, service: RecommendationService) -> None:
        self._service = service
        self._starting = asyncio.Lock()

    async def __call__(self) -> RecommendationService:
        """The service, started. Raises StoreUnavailable."""
        async with self._starting:
            await started(self._service)
        return self._service


class ActiveUsers:
    """Whom the platform saw last."""

    def __init__(self, live: LiveRecommender, store: ContentStore, clock: Clock) -> None:
        self._live = live
        self._store = store
        self._clock = clock

    async def ids(self, *, days: float, limit: int, shard: int = 0, shards: int = 1) -> Sequence[str]:
        """Ids of users with an interaction within `days`, the most recent first, at most `limit`.

        With `shards`, those of the one part numbered `shard`, from 0: the parts together are the whole list, and no
        user is in two of them.
        """
        present = await (await self._live()).present()
        keys = await self._keys(present, self._clock.now() - timedelta(days=days))
        keys = keys[:limit]
        return await self._names(keys[keys % shards == shard])

    @staticmethod
    async def _keys(present: Present, since: datetime) -> npt.NDArray[np.int64]:
        return await present.lane.run(active_users, present.live.log.snapshot(), to_micros(since))

    async def _names(self, keys: npt.NDArray[np.int64]) -> Sequence[str]:
        names: list[str] = []
        for start in range(0, len(keys), USERS_AT_ONCE):
            chunk = [UserKey(key) for key in keys[start : start + USERS_AT_ONCE].tolist()]
            async with self._store.read() as unit:
                people = await unit.users.by_keys(chunk)
            names += [people[key].id for key in chunk if key in people]
        return names


class Lists:
    """Recommendation lists of many users at once."""

    def __init__(self, live: LiveRecommender, kept: CachedRecommendations) -> None:
        self.live = live
        self._kept = kept

    async def prepare(self, queries: Sequence[FeedQuery], ttl: float) -> None:
        """Work them out and keep them for `ttl` seconds (satisfies `precompute.Prepare`)."""
        await self.live()
        await self._kept.prepare(queries, ttl)

    async def rank(self, queries: Sequence[FeedQuery]) -> Sequence[Impression]:
        """Work them out and keep nothing (satisfies `inference.Rank`)."""
        service = await self.live()
        viewers = await service.viewers({query.user_id for query in queries if query.user_id is not None})
        for query in queries:
            if query.user_id not in viewers:
                raise UserNotFound(f"no user has the id {query.user_id!r}", field="user_id")
        ranked = await service.rank_many([(query, viewers[query.user_id or ""]) for query in queries])
        return [one.impression for one in ranked]
