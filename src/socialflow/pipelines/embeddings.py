"""Content vectors as batch work.

Serving keeps the vectors of all items in memory and gives new ones theirs by itself, so recommendations never wait for
this. What this job adds are vectors that other readers of the cache can have, and a check that the model knows words
of what came in.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from socialflow.jobs.work import Outcome, Run
from socialflow.kit.cache import (
    ITEM_EMBEDDING_TTL,
    USER_EMBEDDING_TTL,
    Cache,
    item_embedding_key,
    user_embedding_key,
)
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.live import LiveRecommender
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.embedding import content_model, user_vectors
from socialflow.recommendation.service import Present, RecommendationService

CHUNK = 2000

Ids = Annotated[list[str], Field(max_length=10_000)]


class EmbeddingsConfig(JobConfig):
    """Configuration of `generate_embeddings`; neither given: items that came or changed after the model was fitted."""

    item_ids: Ids | None = None
    user_ids: Ids | None = None


class GenerateEmbeddings:
    """Puts content vectors of items and users into the cache.

    `embedding:item:{id}` is kept for a day, `embedding:user:{id}` for an hour; a value is the vector as little-endian
    32-bit floats. The result says how many there are, which model made them, and for how many it knows no word.
    """

    def __init__(self, live: LiveRecommender, cache: Cache) -> None:
        self._live = live
        self._cache = cache

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, ModelUnavailable, StoreUnavailable."""
        config = read_config(EmbeddingsConfig, run.job.config)
        service = await self._live()
        present = await service.present()
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
                "users": await self._users(service, config.user_ids or []),
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

    async def _users(self, service: RecommendationService, user_ids: Sequence[str]) -> int:
        vectors = await user_vectors(service, user_ids)
        packed = {user_embedding_key(user_id): _packed(vector) for user_id, vector in vectors.items()}
        await self._cache.set_many(packed, USER_EMBEDDING_TTL)
        return len(packed)


def _packed(vector: npt.NDArray[np.float32]) -> bytes:
    return vector.astype("<f4").tobytes()
