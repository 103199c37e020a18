"""What happens to every item lately: exponentially decayed counts over several spans, exact and incremental.

For a span of tau seconds the decayed count of an item at time t is

    S_tau(t) = sum over its interactions of exp(-(t - at) / tau).

Only A = sum exp((at - ref) / tau) is kept, per item and span, against a reference time `ref` common to all:
S_tau(t) = A exp(-(t - ref) / tau). An interaction adds one term whenever it arrives, so a late event counts at its
event time, order does not matter, and nothing is ever swept. `ref` moves on before the terms grow out of range.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HOUR = 3600.0
_SPANS = np.array([0.25 * HOUR, 1 * HOUR, 6 * HOUR, 24 * HOUR, 168 * HOUR, 720 * HOUR]) / 2.0
WINDOWS: Mapping[int, int] = {1: 1, 6: 2, 24: 3, 168: 4, 720: 5}
"""Window in hours -> its span. A window of W hours decays with tau = W / 2, the mean age of an even window of W."""

_REBASE_AT = 200.0
_RISING, _FALLING, _SIGNIFICANT = 1.5, 1 / 1.5, 2.0


@dataclass(frozen=True, slots=True)
class Decayed:
    """Sums against one reference time; replaced as a whole when the reference moves.

    `positive` and `count` have shape (spans, items): value-model weight of the positive rows, and number of rows.
    """

    ref: float
    positive: npt.NDArray[np.float64]
    count: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """Which way items move. `velocity` (n,) is the recent rate over the rate of the whole window (1 = steady);
    `direction` (n,) is +1 rising, 0 stable, -1 falling."""

    velocity: npt.NDArray[np.float64]
    direction: npt.NDArray[np.int64]


class Activity:
    """Decayed and all-time counts per item key. One writer; other threads read what `decayed` returns."""

    def __init__(self, capacity: int = 1024, *, now: float = 0.0) -> None:
        shape = (len(_SPANS), capacity)
        self._decayed = Decayed(now, np.zeros(shape), np.zeros(shape))
        self._total = np.zeros(capacity)
        self._rows = np.zeros(capacity, np.int64)
        self._mean = (0, 0.0)
        self.generation = 0
        """Rises with every change."""

    def add(
        self,
        items: npt.NDArray[np.integer],
        at: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float32],
        *,
        now: float,
        sign: int = 1,
    ) -> None:
        """Count n interactions (`at` in seconds, value-model `weights`); `sign` -1 takes erased ones back out."""
        if not len(items):
            return
        self.generation += 1
        self._reach(int(items.max()) + 1)
        self._rebase(now)
        state = self._decayed
        gains = np.maximum(weights, 0).astype(np.float64)
        for span, tau in enumerate(_SPANS):
            share = sign * np.exp(np.minimum((at - state.ref) / tau, 700.0))
            np.add.at(state.count[span], items, share)
            np.add.at(state.positive[span], items, share * gains)
        np.add.at(self._total, items, sign * gains)
        np.add.at(self._rows, items, sign)

    def reach(self, size: int) -> None:
        """Give every key below `size` a place."""
        self._reach(size)

    def forget(self, item: int) -> None:
        """Clear an erased item's counts."""
        self.generation += 1
        if item < len(self._total):
            self._decayed.count[:, item] = 0.0
            self._decayed.positive[:, item] = 0.0
            self._total[item] = 0.0
            self._rows[item] = 0

    def trending(self, window_hours: int, now: float, size: int) -> npt.NDArray[np.float64]:
        """Trending score of keys 0..size-1: decayed positive weight over the window."""
        return self.trending_of(np.arange(size), window_hours, now)

    def trending_of(self, items: npt.NDArray[np.int64], window_hours: int, now: float) -> npt.NDArray[np.float64]:
        """Trending score of some items."""
        state, span = self._decayed, WINDOWS[window_hours]
        sums: npt.NDArray[np.float64] = state.positive[span, items]
        return np.maximum(sums, 0.0) * float(np.exp(-(now - state.ref) / _SPANS[span]))

    def trending_order(self, window_hours: int, size: int) -> npt.NDArray[np.float64]:
        """Numbers in the order of the trending scores of keys 0..size-1 at any time; read at once, not kept."""
        return self._decayed.positive[WINDOWS[window_hours], :size]

    def popularity(self, size: int) -> npt.NDArray[np.float64]:
        """All-time positive weight of keys 0..size-1."""
        return np.maximum(self._total[:size], 0.0)

    def popularity_of(self, items: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """All-time positive weight of some items."""
        sums: npt.NDArray[np.float64] = self._total[items]
        return np.maximum(sums, 0.0)

    def mean_weight(self) -> float:
        """All-time positive weight of an interaction, over all items; kept until a count changes."""
        generation, mean = self._mean
        if generation != self.generation:
            generation = self.generation
            mean = float(np.maximum(self._total, 0.0).sum()) / max(int(self._rows.sum()), 1)
            self._mean = (generation, mean)
        return mean

    def rows(self, size: int) -> npt.NDArray[np.int64]:
        """All-time number of interactions of keys 0..size-1."""
        return self._rows[:size]

    def motion(
        self,
        window_hours: int,
        items: npt.NDArray[np.int64],
        created_at: npt.NDArray[np.float64],
        now: float,
    ) -> Motion:
        """Velocity and direction of `items` (created at `created_at`, seconds).

        The rate over a span is S / m, where m = tau (1 - exp(-age / tau)) is the part of the decayed span the item
        has lived through, so that a new item is not rising merely because it is new. Velocity is the rate over the
        next shorter span over the rate of the window (1 where nothing happened). An item rises where velocity is at
        least 1.5, falls where it is at most 1/1.5, and in both cases only where the recent count differs from the one
        that the window's rate predicts by at least two standard deviations of a Poisson stream.
        """
        state, span = self._decayed, WINDOWS[window_hours]
        age = np.maximum(now - created_at, 1.0)
        count, lived = [], []
        for index in (span - 1, span):
            tau = _SPANS[index]
            count.append(np.maximum(state.count[index, items], 0.0) * np.exp(-(now - state.ref) / tau))
            lived.append(tau * -np.expm1(-age / tau))
        rate = count[1] / lived[1]
        expected = rate * lived[0]
        velocity = np.divide(count[0], expected, out=np.ones_like(rate), where=expected > 1e-12)
        surprise = (count[0] - expected) / np.sqrt(np.maximum(expected, 1.0) / 2.0)
        direction = np.where((velocity >= _RISING) & (surprise >= _SIGNIFICANT), 1, 0)
        direction -= np.where((velocity <= _FALLING) & (surprise <= -_SIGNIFICANT), 1, 0)
        return Motion(velocity, direction)

    def _rebase(self, now: float) -> None:
        state = self._decayed
        shift = now - state.ref
        if shift / _SPANS[0] > _REBASE_AT:
            factor = np.exp(-shift / _SPANS)[:, None]
            self._decayed = Decayed(now, state.positive * factor, state.count * factor)

    def _reach(self, size: int) -> None:
        capacity = len(self._total)
        if size <= capacity:
            return
        capacity = max(size, 2 * capacity)
        state, shape = self._decayed, (len(_SPANS), capacity)
        positive, count = np.zeros(shape), np.zeros(shape)
        positive[:, : len(self._total)] = state.positive
        count[:, : len(self._total)] = state.count
        self._decayed = Decayed(state.ref, positive, count)
        self._total = np.concatenate([self._total, np.zeros(capacity - len(self._total))])
        self._rows = np.concatenate([self._rows, np.zeros(capacity - len(self._rows), np.int64)])
