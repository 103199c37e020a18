"""Time-decayed popularity: what people turn to now, the same for everybody."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Recommender, Saved

HOUR = 3600.0
Floats = npt.NDArray[np.float64]


def decayed(items: IntArray, weights: FloatArray, age: Floats, half_life: float, n_items: int) -> Floats:
    """Sum of `weights` per item, each halved once per `half_life`; `age` and `half_life` share a unit. Shape (n,)."""
    return np.bincount(items, weights * np.exp2(-age / half_life), minlength=n_items).astype(np.float64)


class Trending(Recommender):
    r"""Popularity that forgets, and the speed at which it changes.

    An interaction of weight ``w > 0`` at time ``t`` counts ``w * 2 ** (-(T - t) / h)``, with ``T`` the newest time in
    the data and ``h`` the half-life; an item's score is the sum. As time goes on all scores shrink by one factor, so
    the order stays right until the next fit. Velocity is the item's rate over the last ``h`` hours divided by its rate
    over the last ``7 h``: 1 is steady, above 1 rising, 0 quiet.

    Every history gets the same scores, an empty one included. Items without interactions score 0.

    Parameters
    ----------
    half_life_hours
        Hours after which an interaction counts half; None counts all alike (plain popularity), for data whose `at`
        is an order and not a time.

    References
    ----------
    Exponential decay over streams: Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay", ICDE 2009.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> day = 86_400.0
    >>> log = Interactions(np.array([1, 2, 3]), np.array([7, 7, 8]), np.ones(3, np.float32), np.array([0, 0, 2 * day]))
    >>> model = Trending(half_life_hours=24).fit(log)
    >>> model.score(Histories.from_lists([[]])).tolist()
    [[0.5, 1.0]]
    """

    name = "trending"

    def __init__(self, *, half_life_hours: float | None = 24.0) -> None:
        super().__init__()
        if half_life_hours is not None and half_life_hours <= 0:
            raise InvalidInput(f"half_life_hours must be above 0, not {half_life_hours}", field="half_life_hours")
        self._half_life_hours = half_life_hours
        self._popularity: FloatArray = np.empty(0, np.float32)
        self._velocity: FloatArray = np.empty(0, np.float32)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {"half_life_hours": self._half_life_hours}

    @property
    def velocity(self) -> FloatArray:
        """Recent rate over the rate of the whole window, (n,) beside `item_ids`; 1 everywhere without a half-life."""
        return self._velocity

    def _fit(self, data: FitData) -> None:
        rows = data.interactions.where(data.interactions.weights > 0)
        age = rows.at.max(initial=-np.inf) - rows.at
        if self._half_life_hours is None:
            self._popularity = np.bincount(rows.items, rows.weights, data.n_items).astype(np.float32)
            self._velocity = np.ones(data.n_items, np.float32)
            return
        span = self._half_life_hours * HOUR
        self._popularity = decayed(rows.items, rows.weights, age, span, data.n_items).astype(np.float32)
        recent = np.bincount(rows.items, rows.weights * (age <= span), data.n_items)
        window = np.bincount(rows.items, rows.weights * (age <= 7 * span), data.n_items)
        rate = np.divide(7 * recent, window, out=np.zeros(data.n_items), where=window > 0)
        self._velocity = rate.astype(np.float32)

    def _score(self, histories: Histories) -> FloatArray:
        return np.tile(self._popularity, (len(histories), 1))

    def _score_items(self, histories: Histories, columns: IntArray) -> FloatArray:
        return np.tile(self._popularity[columns], (len(histories), 1))

    def _arrays(self) -> Arrays:
        return {"popularity": self._popularity, "velocity": self._velocity}

    def _restore(self, saved: Saved) -> None:
        self._popularity, self._velocity = saved.arrays["popularity"], saved.arrays["velocity"]
