"""The models in use: loaded aside when their version changes, swapped in between two requests."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

import numpy as np

from socialflow.errors import SocialflowError
from socialflow.kit.answers import Provenance
from socialflow.kit.clock import Clock
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.interactions import FloatArray, IntArray
from socialflow.recommendation.ports import ModelSource
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.query import Ranked

KEPT_NEIGHBOURS = 20_000
"""Neighbour lists kept per model (about 1 kB each)."""
RETRY_AFTER = timedelta(seconds=60)
"""How long a version that failed to load is left alone."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recommender in use."""

    model: Recommender
    provenance: Provenance
    content: ContentSpace | None = None
    """Vectors of the content model, newer items included; None for every other model."""
    fitted_at: datetime | None = None
    _near: dict[tuple[int, int], tuple[IntArray, FloatArray]] = field(default_factory=dict, init=False, repr=False)

    def neighbours(self, items: Sequence[int], k: int) -> Ranked:
        """The k most like each of some items, a row each; kept for as long as the version is in use."""
        kept = {item: near for item in items if (near := self._near.get((item, k))) is not None}
        if new := [item for item in dict.fromkeys(items) if item not in kept]:
            found = self.model.neighbours(np.array(new), k)
            kept.update(zip(new, zip(found.items, found.scores, strict=True), strict=True))
            if len(self._near) + len(new) > KEPT_NEIGHBOURS:
                self._near.clear()
            self._near.update(((item, k), kept[item]) for item in new)
        rows, scores = zip(*(kept[item] for item in items), strict=True) if items else ((), ())
        return Ranked(np.array(rows, np.int64).reshape(-1, k), np.array(scores, np.float32).reshape(-1, k))


@dataclass(frozen=True, slots=True)
class Failure:
    """A version that could not be loaded, and why."""

    version: str
    reason: str
    at: datetime


class InUse(Protocol):
    """What a shelf holds."""

    @property
    def provenance(self) -> Provenance:
        """Name and version."""
        ...


M = TypeVar("M", bound=InUse)


class Shelf(Generic[M]):
    """Active models by name.

    `refresh` compares versions and returns at once; what changed is loaded in the background lane while requests keep
    using the old version, and replaces it in one assignment. A version that does not load leaves the old one in use
    and is tried again after a minute or when another version becomes active.
    """

    def __init__(
        self, source: ModelSource, names: frozenset[str], clock: Clock, load: Callable[[str], Awaitable[M]]
    ) -> None:
        """`load` loads the active version of a name and makes it ready, aside. Raises SocialflowError, OSError."""
        self._source = source
        self._names = names
        self._clock = clock
        self._open = load
        self._failures: dict[str, Failure] = {}
        self._loading: dict[str, asyncio.Task[None]] = {}
        self.models: Mapping[str, M] = {}
        """Never changed in place: a request keeps the mapping it took."""

    @property
    def failures(self) -> Mapping[str, Failure]:
        """Names whose active version could not be loaded."""
        return dict(self._failures)

    def refresh(self) -> None:
        """Start loading what changed; drop what is no longer active."""
        active = {name: version for name, version in self._source.versions().items() if name in self._names}
        if gone := self.models.keys() - active.keys():
            self.models = {name: loaded for name, loaded in self.models.items() if name not in gone}
        for name, version in active.items():
            if name not in self._loading and self._wants(name, version):
                task = asyncio.create_task(self._load(name, version))
                self._loading[name] = task
                task.add_done_callback(partial(self._done, name))

    def swap(self, name: str, old: M, new: M) -> bool:
        """Put `new` in the place of `old`; False where another version has taken it meanwhile."""
        if self.models.get(name) is not old:
            return False
        self.models = {**self.models, name: new}
        return True

    async def settle(self) -> None:
        """Wait until nothing is being loaded (at start, and in tests)."""
        while self._loading:
            await asyncio.gather(*self._loading.values())

    def _done(self, name: str, _: asyncio.Task[None]) -> None:
        del self._loading[name]

    def _wants(self, name: str, version: str) -> bool:
        loaded = self.models.get(name)
        if loaded is not None and loaded.provenance.version == version:
            return False
        failure = self._failures.get(name)
        return failure is None or failure.version != version or self._clock.now() - failure.at >= RETRY_AFTER

    async def close(self) -> None:
        """Give up what is being loaded."""
        tasks = list(self._loading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, name: str, version: str) -> None:
        try:
            loaded = await self._open(name)
        except (SocialflowError, OSError, ValueError) as problem:
            self._failures[name] = Failure(version, str(problem), self._clock.now())
        else:
            self._failures.pop(name, None)
            self.models = {**self.models, name: loaded}
