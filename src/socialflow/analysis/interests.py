"""What a person is interested in, what they turn to, and whether they are leaving: plain formulas over the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

DAY = 86_400.0
HALF_LIFE = 30.0
"""Days after which an act counts half."""
RECENT, BEFORE = 14.0, 56.0
"""Days of the present, and of present and past together, that rising interests are told from."""
FIRST_GAP = 7.0
"""Days that one is thought to stay away before any gap is known."""
LEAVES = 0.05
"""Share of visits after which people are thought never to come back."""


class Kind(StrEnum):
    """What an interest or tag is of."""

    CATEGORY = "category"
    TAG = "tag"
    TOPIC = "topic"


Label = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Acts:
    """What one person did, n rows, oldest first: item keys, weights by the value model, times in seconds."""

    items: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    at: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interest:
    """A category, tag or topic; `score` 0 to 1."""

    kind: Kind
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Churn:
    """How likely somebody is gone, from the gaps between the days on which they did something: a heuristic."""

    risk: float
    silent_days: float
    usual_gap_days: float


def interests_of(acts: Acts, labels: Mapping[int, Sequence[Label]], now: float, limit: int) -> list[Interest]:
    """The `limit` greatest interests: ``sum_i weight_i 2^(-age_i / 30 d)`` over acts on items of a label, as a share
    of the greatest; what was mostly disliked is none. Ties by name."""
    faded: npt.NDArray[np.float64] = np.exp2(-_ages(acts, now) / HALF_LIFE)
    return _greatest(_sums(acts, labels, faded), limit)


def next_interests(acts: Acts, labels: Mapping[int, Sequence[Label]], now: float, limit: int) -> list[Interest]:
    """The `limit` interests that rise most: ``(r - b) / (r + b + 1)``, where r is the weight of the last 14 days, and b
    that of the 42 days before, a third of it. Above 0 only, so nothing falling; never seen before gives r / (r + 1)."""
    ages = _ages(acts, now)
    recent = _sums(acts, labels, (ages < RECENT).astype(np.float64))
    share = RECENT / (BEFORE - RECENT)
    past = ((ages >= RECENT) & (ages < BEFORE)).astype(np.float64)
    before = {label: share * value for label, value in _sums(acts, labels, past).items()}
    rises = {}
    for label, value in recent.items():
        earlier = max(0.0, before.get(label, 0.0))
        rises[label] = (value - earlier) / (max(0.0, value) + earlier + 1.0)
    rising = sorted((-rise, label) for label, rise in rises.items() if rise > 0)[:limit]
    return [Interest(kind, name, -rise) for rise, (kind, name) in rising]


def churn_of(acts: Acts, now: float) -> Churn | None:
    r"""The chance that somebody is gone, by the silence since their last act; None without acts.

    Somebody who comes back after exponential gaps, of a rate that is known from n gaps of together t days and a prior
    one of 7 days, stays silent for s days with the chance ``S = (B / (B + s))^A``, A = n + 1, B = t + 7. If one visit
    in 20 is the last, Bayes gives ``risk = 0.05 / (0.05 + 0.95 S)``. Acts of one day are one visit. No model is fitted:
    a heuristic.

    Who came every day for a month and has been away for a week is probably gone; who comes monthly is not:

    >>> def visits(days):
    ...     return Acts(np.zeros(len(days), np.int64), np.ones(len(days)), DAY * np.array(days, float))
    >>> round(churn_of(visits(range(31)), DAY * 37).risk, 2), round(churn_of(visits([0, 30, 60]), DAY * 67).risk, 2)
    (0.92, 0.07)
    """
    if not len(acts.at):
        return None
    days = np.unique(np.floor(acts.at / DAY))
    span, gaps = float(days[-1] - days[0]), len(days) - 1
    silent = max(0.0, now - float(acts.at.max())) / DAY
    shape, scale = gaps + 1, span + FIRST_GAP
    stays = (scale / (scale + silent)) ** shape
    return Churn(LEAVES / (LEAVES + (1.0 - LEAVES) * stays), silent, scale / shape)


def _ages(acts: Acts, now: float) -> npt.NDArray[np.float64]:
    """In days; what is dated ahead of now is new."""
    return np.maximum(0.0, now - acts.at) / DAY


def _sums(acts: Acts, labels: Mapping[int, Sequence[Label]], factors: npt.NDArray[np.float64]) -> dict[Label, float]:
    sums: dict[Label, float] = {}
    for item, worth in zip(acts.items.tolist(), (acts.weights * factors).tolist(), strict=True):
        for label in labels.get(item, ()):
            sums[label] = sums.get(label, 0.0) + worth
    return sums


def _greatest(sums: Mapping[Label, float], limit: int) -> list[Interest]:
    best = sorted((-value, label) for label, value in sums.items() if value > 0)[:limit]
    return [Interest(kind, name, value / best[0][0]) for value, (kind, name) in best]
