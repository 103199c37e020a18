"""Trending lists as batch work: worked out on the live state, kept in the cache for whoever reads that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import orjson
from pydantic import Field

from socialflow.content.records import ItemKind
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.cache import Cache, trending_key
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.live import LiveRecommender
from socialflow.pipelines.watching import Listener, watched
from socialflow.recommendation.activity import WINDOWS
from socialflow.recommendation.records import TrendingAnswer
from socialflow.recommendation.service import Present, RecommendationService

LIST_TTL = 1800.0
"""Seconds that a list is kept: twice the quarter of an hour between two updates."""
MAX_LENGTH = 50


class TrendingConfig(JobConfig):
    """Configuration of `calculate_trending`: one list."""

    content_type: ItemKind | None = Field(default=None, description="Left out: what feeds show by default.")
    category: str | None = None
    window_hours: int = Field(default=24, description=f"One of {', '.join(map(str, WINDOWS))}.")
    limit: int = Field(default=MAX_LENGTH, ge=1, le=MAX_LENGTH)


class TrendingUpdateConfig(JobConfig):
    """Configuration of `trending_update`: lists of every window and kind, of all and of the largest categories."""

    categories: int = Field(default=20, ge=0, le=500, description="Categories with a list of their own.")
    limit: int = Field(default=MAX_LENGTH, ge=1, le=MAX_LENGTH)


@dataclass(frozen=True, slots=True)
class ListName:
    """Which trending list."""

    kind: ItemKind | None
    category: str | None
    window_hours: int

    @property
    def cache_key(self) -> str:
        """Where the list is kept."""
        return trending_key(self.kind, self.window_hours, self.category)


class CalculateTrending:
    """Works out one trending list; the job's result holds it."""

    def __init__(self, live: LiveRecommender, cache: Cache) -> None:
        self._live = live
        self._cache = cache

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, StoreUnavailable."""
        config = read_config(TrendingConfig, run.job.config)
        name = ListName(config.content_type, config.category, config.window_hours)
        service = await self._live()
        answer = await _work_out(service, name, min(config.limit, longest(await service.present())))
        await self._cache.set_many({name.cache_key: _packed(answer)}, LIST_TTL)
        return Outcome({"cache_key": name.cache_key, "items": _rows(answer), "missing": list(answer.missing)})


class UpdateTrending:
    """Works out all trending lists and keeps them in the cache."""

    def __init__(self, live: LiveRecommender, cache: Cache) -> None:
        self._live = live
        self._cache = cache

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, StoreUnavailable."""
        config = read_config(TrendingUpdateConfig, run.job.config)
        kept = await self.update(watched(run), categories=config.categories, limit=config.limit)
        return Outcome({"lists": kept, "kept_seconds": LIST_TTL})

    async def update(self, progress: Listener, *, categories: int, limit: int) -> int:
        """Work out and keep the lists; returns how many. Raises StoreUnavailable."""
        service = await self._live()
        present = await service.present()
        names, limit = list(_names(largest_categories(present, categories))), min(limit, longest(present))
        for done, name in enumerate(names, start=1):
            answer = await _work_out(service, name, limit)
            await self._cache.set_many({name.cache_key: _packed(answer)}, LIST_TTL)
            progress(done, len(names))
        return len(names)


def longest(present: Present) -> int:
    """Entries that one answer may have in this installation."""
    return present.settings.max_recommendations


def largest_categories(present: Present, count: int) -> Sequence[str]:
    """The categories with the most visible items, the largest first."""
    corpus = present.live.corpus
    codes = corpus.category[: corpus.size][corpus.visible()]
    sizes = np.bincount(codes[codes >= 0], minlength=len(corpus.categories.words))
    order = np.argsort(-sizes, kind="stable")[:count]
    return [corpus.categories.words[code] for code in order.tolist() if sizes[code]]


def _names(categories: Sequence[str]) -> Iterator[ListName]:
    for kind, category, window in product((None, *ItemKind), (None, *categories), WINDOWS):
        yield ListName(kind, category, window)


async def _work_out(service: RecommendationService, name: ListName, limit: int) -> TrendingAnswer:
    return await service.trending(
        kind=name.kind, category=name.category, window_hours=name.window_hours, page_size=limit
    )


def _rows(answer: TrendingAnswer) -> list[dict[str, object]]:
    return [
        {"id": entry.item_id, "score": entry.score, "velocity": entry.velocity, "direction": entry.direction}
        for entry in answer.entries
    ]


def _packed(answer: TrendingAnswer) -> bytes:
    return orjson.dumps(_rows(answer))
