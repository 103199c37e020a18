"""How much each kind of interaction says: the default value model, and rows weighed by one in bulk."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from socialflow.content.records import INTERACTION_CODES, INTERACTION_TYPES, InteractionType
from socialflow.recommendation.records import ValueModel

DEFAULT_WEIGHTS: Mapping[InteractionType, float] = {
    InteractionType.VIEW: 1.0,
    InteractionType.WATCH_TIME: 1.0,
    InteractionType.LIKE: 1.0,
    InteractionType.DISLIKE: -2.0,
    InteractionType.COMMENT: 1.5,
    InteractionType.SHARE: 2.0,
    InteractionType.SAVE: 1.5,
    InteractionType.FOLLOW: 3.0,
    InteractionType.SUBSCRIBE: 3.0,
    InteractionType.RATING: 2.0,
    InteractionType.INSPIRE: 2.0,
    InteractionType.SKIP: -0.5,
    InteractionType.HIDE: -3.0,
    InteractionType.NOT_INTERESTED: -4.0,
    InteractionType.REPORT: -6.0,
}
"""Weights of version 1; a new store holds them."""

FULL_WATCH_SECONDS = 30.0
"""Watch time from which an item counts as fully wanted."""

NEUTRAL_RATING = 3.0


def default_value_model(created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> ValueModel:
    """Version 1 of the value model."""
    return ValueModel(version=1, weights=DEFAULT_WEIGHTS, created_at=created_at, note="default weights")


class Weigher:
    """A value model made ready for columns of interactions.

    Weight of a row = `weights[type]` x f(value): view -> watched fraction; watch_time -> value / 30 s, at most 1;
    rating -> (value - 3) / 2; every other type -> value. A type without a weight weighs 0.

    >>> weigh = Weigher(default_value_model())
    >>> like, rating = INTERACTION_CODES[InteractionType.LIKE], INTERACTION_CODES[InteractionType.RATING]
    >>> weigh(np.array([like, rating], np.uint8), np.array([1.0, 5.0], np.float32)).tolist()
    [1.0, 2.0]
    """

    def __init__(self, model: ValueModel) -> None:
        self.version = model.version
        self._weights = np.array([model.weights.get(kind, 0.0) for kind in INTERACTION_TYPES], np.float32)

    def weight(self, kind: InteractionType) -> float:
        """The weight of one type; 0 where it has none."""
        return float(self._weights[INTERACTION_CODES[kind]])

    def __call__(self, types: npt.NDArray[np.uint8], values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Weights of n rows: `types` uint8 codes, `values` as stored; float32."""
        said = values.astype(np.float32, copy=True)
        watched = types == INTERACTION_CODES[InteractionType.WATCH_TIME]
        said[watched] = np.minimum(said[watched] / FULL_WATCH_SECONDS, 1.0)
        rated = types == INTERACTION_CODES[InteractionType.RATING]
        said[rated] = (said[rated] - NEUTRAL_RATING) / 2.0
        said *= self._weights[types]
        return said
