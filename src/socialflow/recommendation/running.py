"""What lives between start and close of the recommender: live state, models in use, the lanes that compute."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock
from socialflow.recommendation import feeds
from socialflow.recommendation.context import FeedSettings, World
from socialflow.recommendation.corpus import ABSENT
from socialflow.recommendation.live import LiveState
from socialflow.recommendation.online import Online
from socialflow.recommendation.ports import ModelSource, RecommendationStore
from socialflow.recommendation.present import ModelAge
from socialflow.recommendation.ranker import RANKER, LoadedRanker
from socialflow.recommendation.shelf import Failure, InUse, Loaded, Shelf
from socialflow.recommendation.similar_users import SimilarUsersIndex

WAITING = 64
"""Rankings that may wait for the lane before a call is refused."""


class Running:
    """The parts that live between start and close."""

    def __init__(self, store: RecommendationStore, source: ModelSource, clock: Clock) -> None:
        self._source = source
        self.rank = Lane("ranking", capacity=WAITING)
        self.sync = Lane("sync", capacity=WAITING)
        self.aside = Lane("aside", capacity=WAITING)
        self.live = LiveState(store, clock, lane=self.sync, aside=self.aside)
        self.shelf = Shelf(source, feeds.MODELS, clock, self._recommender)
        self.rankers = Shelf(source, frozenset({RANKER}), clock, self._ranker)
        self.online = Online(store, self.live, self.shelf, self.aside, clock)
        self.similar_users = SimilarUsersIndex()
        self._blas = threadpool_limits(1, user_api="blas")  # the lanes share the cores; BLAS threads would fight them
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    def world(self, settings: FeedSettings) -> World:
        """What one request sees."""
        return replace(self.live.world(self.shelf.models, settings), ranker=self.rankers.models.get(RANKER))

    @property
    def in_use(self) -> Mapping[str, InUse]:
        """Every model that is loaded, by name."""
        return {**self.shelf.models, **self.rankers.models}

    @property
    def failures(self) -> Mapping[str, Failure]:
        """Models whose active version could not be loaded, by name."""
        return {**self.shelf.failures, **self.rankers.failures}

    def refresh(self) -> None:
        """Start loading what changed."""
        self.shelf.refresh()
        self.rankers.refresh()

    async def settle(self) -> None:
        """Wait until nothing is being loaded."""
        await self.shelf.settle()
        await self.rankers.settle()

    def ages(self) -> Mapping[str, ModelAge]:
        """How old what each model knows is."""
        corpus, ages = self.live.corpus, {}
        there = corpus.status[: corpus.size] != ABSENT
        for name, loaded in self.shelf.models.items():
            ids = loaded.model.item_ids
            unknown = int(there.sum() - there[ids[ids < corpus.size]].sum())
            if loaded.content is not None:
                unknown = len(loaded.content.unknown(np.flatnonzero(there)))
            updated = loaded.provenance.updated_at
            if updated is not None and self.online.current_at is not None:
                updated = max(updated, self.online.current_at)
            ages[name] = ModelAge(loaded.fitted_at, updated, unknown)
        return ages

    async def _recommender(self, name: str) -> Loaded:
        model, provenance = await self.aside.run(self._source.load, name)
        fitted_at = await self.aside.run(self._source.fitted_at, name, provenance.version)
        return Loaded(model, provenance, await self.live.adopt(model), fitted_at)

    async def _ranker(self, name: str) -> LoadedRanker:
        return LoadedRanker(*await self.aside.run(self._source.load_ranker, name))

    @asynccontextmanager
    async def turn(self, request_id: str | None) -> AsyncIterator[None]:
        """One page of a request at a time."""
        if request_id is None:
            yield
            return
        lock, users = self._turns.get(request_id, (asyncio.Lock(), 0))
        self._turns[request_id] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._turns[request_id]
            if users == 1:
                del self._turns[request_id]
            else:
                self._turns[request_id] = (lock, users - 1)

    async def close(self) -> None:
        """Give up what is being loaded, finish what is being computed."""
        await self.online.close()
        await self.shelf.close()
        await self.rankers.close()
        await self.live.close()
        for lane in (self.rank, self.sync, self.aside):
            await lane.close()
        self._blas.restore_original_limits()
