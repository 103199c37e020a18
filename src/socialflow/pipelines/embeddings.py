"""Content vectors as batch work.

Serving keeps the vectors of all items in memory and gives new ones theirs by itself, so recommendations never wait for
this. What this job adds are vectors that other readers of the cache can have, and a check that the model knows words
of what came in.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from socialflow.content.ports import ContentStore
from socialflow.errors import ModelUnavailable
from socialflow.ids import UserKey
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.cache import (
    ITEM_EMBEDDING_TTL,
    USER_EMBEDDING_TTL,
    Cache,
    item_embedding_key,
    user_embedding_key,
)
from socialflow.kit.clock import Clock, to_micros
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.live import LiveRecommender
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.context import HISTORY_LIMIT
from socialflow.recommendation.log import MICROS, as_histories
from socialflow.recommendation.records import Provenance
from socialflow.recommendation.service import Present

MODEL = "content_based"
CHUNK = 2000

Ids = Annotated[list[str], Field(max_length=10_000)]


class EmbeddingsConfig(JobConfig):
    """Configuration of `generate_embeddings`; neither given: items that came or changed after the model was fitted."""

    item_ids: Ids | None = None
    user_ids: Ids | None = None


class GenerateEmbeddings:
    """Puts content vectors of items and profiles of users into the cache.

    `embedding:item:{id}` is kept for a day, `embedding:user:{id}` for an hour; a value is the vector as little-endian
    32-bit floats. The result says how many there are, which model made them, and for how many it knows no word.
    """

    def __init__(self, live: LiveRecommender, store: ContentStore, cache: Cache, clock: Clock) -> None:
        self._live = live
        self._store = store
        self._cache = cache
        self._clock = clock

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, ModelUnavailable, StoreUnavailable."""
        config = read_config(EmbeddingsConfig, run.job.config)
        present = await (await self._live()).present()
        await present.live.settle()  # a long list of new items is encoded aside
        space, made_by = content_model(present)
        if config.item_ids is None and config.user_ids is None:
            keys = np.unique(space.late())
        else:
            keys = np.unique(present.live.corpus.keys(config.item_ids or []))
        items = await self._items(run, present, space, keys)
        return Outcome(
            {
                "model": made_by.model,
                "version": made_by.version,
                "items": items,
                "items_without_words": len(keys) - items,
                "items_unknown": max(0, len(set(config.item_ids or [])) - len(keys)),
                "users": await self._users(present, space, config.user_ids or []),
                "kept_in": "cache",
            }
        )

    async def _items(self, run: Run, present: Present, space: ContentSpace, keys: npt.NDArray[np.int64]) -> int:
        ids, kept = present.live.corpus.ids, 0
        for start in range(0, len(keys), CHUNK):
            run.check()
            chunk = keys[start : start + CHUNK]
            vectors = await present.lane.run(space.vectors, chunk)
            known = {
                item_embedding_key(item_id): _packed(vector)
                for key, vector in zip(chunk.tolist(), vectors, strict=True)
                if (item_id := ids[key]) is not None and vector.any()
            }
            await self._cache.set_many(known, ITEM_EMBEDDING_TTL)
            kept += len(known)
            run.progress(start + len(chunk), len(keys))
        return kept

    async def _users(self, present: Present, space: ContentSpace, user_ids: Sequence[str]) -> int:
        """Profiles of those who exist, let themselves be analysed, and took something the model knows words of."""
        live, now = present.live, to_micros(self._clock.now()) / MICROS
        profiles: dict[str, bytes] = {}
        for user_id, key in (await self._open(user_ids)).items():
            history = as_histories([live.log.rows(key).last(HISTORY_LIMIT)], live.weigh, now)
            vector = await present.lane.run(space.profile, history)
            if vector.any():
                profiles[user_embedding_key(user_id)] = _packed(vector)
        await self._cache.set_many(profiles, USER_EMBEDDING_TTL)
        return len(profiles)

    async def _open(self, user_ids: Sequence[str]) -> Mapping[str, UserKey]:
        if not user_ids:
            return {}
        async with self._store.read() as unit:
            keys = await unit.users.keys(user_ids)
            people = await unit.users.by_keys(list(keys.values()))
        return {person.id: key for key, person in people.items() if person.privacy.analyse}


def content_model(present: Present) -> tuple[ContentSpace, Provenance]:
    """Vectors of the active content model. Raises ModelUnavailable."""
    loaded = present.models.get(MODEL)
    if loaded is None or loaded.content is None:
        raise ModelUnavailable(f"no version of {MODEL} is active; run `socialflow train {MODEL} --promote`")
    return loaded.content, loaded.provenance


def _packed(vector: npt.NDArray[np.float32]) -> bytes:
    return vector.astype("<f4").tobytes()
