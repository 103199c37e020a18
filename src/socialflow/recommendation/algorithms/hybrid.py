"""A weighted blend of recommenders, on one scale per user."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Recommender, Saved


@dataclass(frozen=True, slots=True)
class Part:
    """One voice of a blend: its share of the whole, and the recommenders whose mean it is."""

    share: float
    members: tuple[str, ...]


class Hybrid(Recommender):
    r"""Weighted sum of other recommenders' scores, each brought to 0..1 per user.

    Each member's scores of one history over all items are min-max normalised::

        norm(s)[j] = (s[j] - min s) / (max s - min s)        (0 where s is NaN; all 0 where s is NaN or constant)
        score[j]   = sum over parts p of share_p * mean over members of p of norm(s_member)[j]

    so a member that cannot tell leaves the decision to the others, and for an empty history the blend is what its
    members without history say. NaN where no member can tell. Because the scale is taken over all items, scoring a few
    items costs as much as scoring all. Similar items are blended in the same way.

    Parameters
    ----------
    members
        Unfitted recommenders by name; `fit` fits each on the same data.
    parts
        Which members speak with which share.

    References
    ----------
    Burke, "Hybrid Recommender Systems: Survey and Experiments", UMUAI 2002 (the weighted hybrid).

    Examples
    --------
    See `recommendation.builders.HybridRecommender`, the blend that is shipped.
    """

    name = "blend"

    def __init__(self, members: Mapping[str, Recommender], parts: Sequence[Part]) -> None:
        super().__init__()
        named = [member for part in parts for member in part.members]
        if sorted(named) != sorted(members) or any(part.share <= 0 for part in parts):
            raise InvalidInput("every member of a hybrid belongs to exactly one part of positive share", field="parts")
        self._blended = dict(members)
        self._parts = tuple(parts)

    @property
    def parameters(self) -> Mapping[str, object]:
        """Nothing: members and parts are given by the builder."""
        return {}

    def _fit(self, data: FitData) -> None:
        for member in self._blended.values():
            member.fit(data.interactions, data.items, data.follows)

    def _score(self, histories: Histories) -> FloatArray:
        return self._blend((len(histories), len(self._item_ids)), lambda member: member.score(histories))

    def _similarities(self, columns: IntArray) -> FloatArray:
        return self._blend((len(columns), len(self._item_ids)), lambda member: member._similarities(columns))

    def _blend(self, shape: tuple[int, int], ask: Callable[[Recommender], FloatArray]) -> FloatArray:
        total = np.zeros(shape, np.float32)
        told = np.zeros(shape, bool)
        for part in self._parts:
            for name in part.members:
                scores = ask(self._blended[name])
                told |= ~np.isnan(scores)
                total += to_unit(scores) * np.float32(part.share / len(part.members))
        total[~told] = np.nan
        return total

    def _arrays(self) -> Arrays:
        return {}

    def _members(self) -> Mapping[str, Recommender]:
        return self._blended

    def _restore(self, saved: Saved) -> None:
        self._blended = dict(saved.members)


def to_unit(scores: FloatArray) -> FloatArray:
    """Rows min-max normalised to 0..1; NaN and rows without spread become 0."""
    low = np.fmin.reduce(scores, axis=1, initial=np.inf, keepdims=True)
    high = np.fmax.reduce(scores, axis=1, initial=-np.inf, keepdims=True)
    spread = np.where(high > low, high - low, np.inf)
    unit: FloatArray = np.where(np.isnan(scores) | ~np.isfinite(low), 0.0, (scores - low) / spread).astype(np.float32)
    return unit
