"""Content vectors by name: of items from what is written about them, of users from profile and history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Provenance
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.context import Context
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.present import Present
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService

MODEL = "content_based"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors (len(ids), width) of length 1, and the names that have none: unknown, without a known word, or of people
    who do not permit it."""

    ids: tuple[str, ...]
    vectors: FloatArray
    missing: tuple[str, ...]
    provenance: Provenance


def content_model(present: Present) -> tuple[ContentSpace, Provenance]:
    """The active content model's vectors. Raises ModelUnavailable."""
    loaded = present.models.get(MODEL)
    if loaded is None or loaded.content is None:
        raise ModelUnavailable(f"no version of {MODEL} is active; run `socialflow train {MODEL} --promote`")
    return loaded.content, loaded.provenance


async def embed_items(service: RecommendationService, item_ids: Sequence[str]) -> Embedded:
    """Vectors of items as they read now. Raises ModelUnavailable, Overloaded, StoreUnavailable."""
    present = await service.present()
    space, provenance = content_model(present)
    corpus = present.live.corpus
    found = {item_id: key for item_id in item_ids if (key := corpus.key(item_id)) is not None}
    vectors = await present.lane.run(space.vectors, np.array([*found.values()], np.int64))
    named = {item_id: vector for item_id, vector in zip(found, vectors, strict=True) if vector.any()}
    return _embedded(item_ids, named, space, provenance)


async def embed_users(service: RecommendationService, user_ids: Sequence[str]) -> Embedded:
    """Vectors of users, in the space of the items': the profile's, which the history's takes over from with the first
    `COLD_START_THRESHOLD` interactions. Raises ModelUnavailable, Overloaded, StoreUnavailable.
    """
    present = await service.present()
    space, provenance = content_model(present)
    return _embedded(user_ids, await user_vectors(service, user_ids), space, provenance)


async def user_vectors(service: RecommendationService, user_ids: Collection[str]) -> Mapping[str, FloatArray]:
    """Vectors of those users who exist, let themselves be analysed, permit to personalise, and of whom anything is
    known."""
    viewers = await service.viewers(user_ids)
    present = await service.present()
    content_model(present)
    world = present.world()
    asked = {
        name: Context(FeedQuery(), viewer, world, need=0)
        for name, viewer in viewers.items()
        if viewer.user is not None and viewer.user.privacy.analyse
    }

    def worked_out() -> dict[str, FloatArray]:
        tastes = ((name, ctx.taste) for name, ctx in asked.items())
        return {name: taste for name, taste in tastes if taste is not None and taste.any()}

    return await present.lane.run(worked_out)


def _embedded(
    wanted: Sequence[str], found: Mapping[str, FloatArray], space: ContentSpace, provenance: Provenance
) -> Embedded:
    ids = tuple(name for name in wanted if name in found)
    vectors = np.array([found[name] for name in ids], np.float32).reshape(len(ids), space.width)
    return Embedded(ids, vectors, tuple(name for name in wanted if name not in found), provenance)
