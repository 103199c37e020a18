"""Content vectors of people: what they say of themselves, and what they took."""

from typing import TYPE_CHECKING

import numpy as np

from socialflow.recommendation.content_space import ContentSpace, unit
from socialflow.recommendation.interactions import FloatArray, Histories, ItemTable

if TYPE_CHECKING:
    from socialflow.recommendation.context import Viewer

_LONGEST_BIO = 1000


def stated(viewer: "Viewer") -> ItemTable:
    """What a profile says, as items would read that suit it: one for each interest, one for what the person wrote of
    themselves.

    Nothing of who does not permit to personalise. Locale, birth year and subscriptions are not in it: no item vector
    speaks of the first two, and channels are drawn from and scored as such (`sources.catalogue.Following`, `Affinity`).
    """
    interests: tuple[str, ...] = ()
    written: list[str] = []
    if viewer.user is not None and viewer.personalise:
        interests, bio = viewer.user.interests, viewer.user.profile.get("bio")
        written = [bio[:_LONGEST_BIO]] if isinstance(bio, str) else []
    n, rest = len(interests) + len(written), len(written)
    return ItemTable(
        ids=np.arange(n),
        titles=[*interests, *written],
        descriptions=[""] * n,
        tags=[*((interest,) for interest in interests), *[()] * rest],
        categories=[*interests, *[None] * rest],
        channels=np.full(n, -1),
        created_at=np.zeros(n),
    )


def user_vector(space: ContentSpace, profile: ItemTable, history: Histories, warmth: float) -> FloatArray:
    """``(1 - warmth) p + warmth h``, scaled to length 1: p of the profile, h of the history, (width,).

    What is newer in the history counts more, by the model's half-life. Zeros where neither says anything.
    """
    vector = np.zeros(space.width, np.float32)
    if warmth < 1.0 and len(profile):
        vector += np.float32(1.0 - warmth) * space.of_words(profile)
    if warmth > 0.0:
        vector += np.float32(warmth) * space.of_history(history)
    return unit(vector)
