"""What a policy would have earned, from the log of another: off-policy evaluation of one-step decisions.

Notation: row i of the log holds a context x, the action a that the logging policy chose with probability
``behaviour = p0(a | x)``, and its reward r. ``target = p(a | x)`` is how likely the policy in question chooses that
same action, ``w = target / behaviour`` the importance weight. A reward model q gives ``predicted = q(x, a)`` of the
chosen action and ``expected = sum over b of p(b | x) q(x, b)`` of the policy in question.

========== =============================================== ====================================================
estimator  row's term                                      reference
========== =============================================== ====================================================
ips        w r                                             Horvitz, Thompson 1952; Strehl et al., NeurIPS 2010
snips      w r, divided by the mean of w                   Swaminathan, Joachims, NeurIPS 2015
direct     expected                                        Beygelzimer, Langford, KDD 2009
dr         expected + w (r - predicted)                    Dudik, Langford, Li, ICML 2011
switch_dr  expected + w (r - predicted), 2nd term only     Wang, Agarwal, Dudik, ICML 2017
           where w <= threshold
dr_shrunk  expected + v (r - predicted),                   Su, Dimakopoulou, Krishnamurthy, Dudik, ICML 2020
           v = w threshold / (w w + threshold)
========== =============================================== ====================================================

ips and dr are unbiased where every action that the policy in question may choose had a chance in the log; clipping
weights, switching and shrinking trade bias for variance; direct is as good as its model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from socialflow.errors import InvalidInput

Floats = npt.NDArray[np.float64]
Terms = tuple[Floats, Floats]
"""The estimate is the mean of the first over the mean of the second."""

_REPLICATES = 1_000
_SLACK = 1e-9
"""By how much a probability may miss 1 through rounding."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A log of n decisions as one policy is judged by it; all (n,) float64. See the module for the names.

    Raises InvalidInput, naming the field: lengths that differ, an empty log, values that are no numbers,
    probabilities outside their range, a chosen action of behaviour probability 0 (no weight can make up for it).
    """

    rewards: Floats
    behaviour: Floats
    target: Floats
    predicted: Floats | None = None
    expected: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("rewards", "behaviour", "target", "predicted", "expected"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, self._column(name, values))
        if not (self.behaviour > 0).all():
            rows = int(np.count_nonzero(self.behaviour <= 0))
            raise InvalidInput(
                f"behaviour must be above 0, and is not in {rows} rows: what was chosen with probability 0 cannot be "
                "weighted",
                field="behaviour",
            )
        for name, values in (("behaviour", self.behaviour), ("target", self.target)):
            if not ((values >= 0) & (values <= 1 + _SLACK)).all():
                raise InvalidInput(f"{name} must be probabilities, from 0 to 1", field=name)

    def _column(self, name: str, given: npt.ArrayLike) -> Floats:
        values = np.asarray(given, np.float64)
        rows = np.asarray(self.rewards).shape
        if values.ndim != 1 or values.shape != rows:
            raise InvalidInput(f"{name} must have one value a row: shape {values.shape}, not {rows}", field=name)
        if not len(values):
            raise InvalidInput("an empty log says nothing about any policy", field="rewards")
        if not np.isfinite(values).all():
            raise InvalidInput(f"{name} holds values that are no finite numbers", field=name)
        return values

    def __len__(self) -> int:
        return len(self.rewards)

    @property
    def weights(self) -> Floats:
        """Importance weights (n,); their mean is about 1 where the log supports the policy."""
        return self.target / self.behaviour


@dataclass(frozen=True, slots=True)
class Estimate:
    """The value of a policy, by one estimator.

    `low`, `high`: ends of the interval. `effective_sample_size`: how many rows of equal weight would tell as much,
    ``(sum w)^2 / sum w^2``. `mean_weight`: about 1; far below it, the log lacks actions that the policy chooses.
    `clipped`: rows whose weight was cut.
    """

    value: float
    standard_error: float
    low: float
    high: float
    effective_sample_size: float
    mean_weight: float
    clipped: int = 0


def estimate(
    log: Logged,
    estimator: str = "snips",
    *,
    clip: float | None = None,
    threshold: float = 10.0,
    level: float = 0.95,
    interval: Literal["student", "bootstrap"] = "student",
    seed: int = 0,
) -> Estimate:
    """The value of the policy in question by one of `ESTIMATORS`.

    Args:
        clip: greatest weight; larger ones are cut to it (Ionides 2008). None cuts nothing.
        threshold: of switch_dr and dr_shrunk.
        interval: "student" from the standard error of the terms (of their ratio by the delta method), with the
            effective sample size less one as degrees of freedom: of a thousand rows ten may carry the weight. Or
            "bootstrap", percentiles over 1,000 draws of rows with replacement. Neither makes up for weights that the
            log hardly holds: on such logs the intervals of ips end too low, those of snips and dr hold.

    Raises:
        InvalidInput: an unknown estimator, one that needs a reward model which the log lacks, a clip or threshold that
            is not above 0, a level outside 0 to 1.

    >>> log = Logged(np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.5), np.array([1.0, 0.0, 1.0, 1.0]))
    >>> round(estimate(log, "ips").value, 3), round(estimate(log, "snips").value, 3)
    (1.0, 0.667)
    """
    _check(log, estimator, clip, threshold, level)
    plain = log.weights
    weights = plain if clip is None else np.minimum(plain, clip)
    top, bottom = ESTIMATORS[estimator](log, weights, threshold)
    value = _ratio(top.mean(), bottom.mean())
    influence = (top - value * bottom) / (bottom.mean() or 1.0)
    error = float(influence.std(ddof=1) / np.sqrt(len(log))) if len(log) > 1 else float("inf")
    effective = effective_sample_size(weights)
    if interval == "bootstrap":
        low, high = _bootstrapped(top, bottom, level, seed)
    else:
        freedom = max((len(log) if estimator == "direct" else effective) - 1.0, 1.0)
        reach = float(stdtrit(freedom, 0.5 + level / 2.0)) * error * float(np.sqrt(1.0 + 1.0 / freedom))
        low, high = value - reach, value + reach
    return Estimate(
        value=value,
        standard_error=error,
        low=low,
        high=high,
        effective_sample_size=effective,
        mean_weight=float(plain.mean()),
        clipped=int(np.count_nonzero(weights < plain)),
    )


def effective_sample_size(weights: Floats) -> float:
    """Rows of equal weight that would tell as much: ``(sum w)^2 / sum w^2`` (Kish 1965); 0 where all weights are 0.

    >>> effective_sample_size(np.array([1.0, 1.0, 2.0, 0.0]))
    2.6666666666666665
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _ips(log: Logged, weights: Floats, _threshold: float) -> Terms:
    return weights * log.rewards, np.ones(len(log))


def _snips(log: Logged, weights: Floats, _threshold: float) -> Terms:
    return weights * log.rewards, weights


def _direct(log: Logged, _weights: Floats, _threshold: float) -> Terms:
    _, expected = _model(log)
    return expected, np.ones(len(log))


def _dr(log: Logged, weights: Floats, _threshold: float) -> Terms:
    predicted, expected = _model(log)
    return expected + weights * (log.rewards - predicted), np.ones(len(log))


def _switch_dr(log: Logged, weights: Floats, threshold: float) -> Terms:
    return _dr(log, np.where(weights <= threshold, weights, 0.0), threshold)


def _dr_shrunk(log: Logged, weights: Floats, threshold: float) -> Terms:
    return _dr(log, weights * threshold / (weights**2 + threshold), threshold)


ESTIMATORS: Mapping[str, Callable[[Logged, Floats, float], Terms]] = {
    "ips": _ips,
    "snips": _snips,
    "direct": _direct,
    "dr": _dr,
    "switch_dr": _switch_dr,
    "dr_shrunk": _dr_shrunk,
}
NEED_MODEL = frozenset({"direct", "dr", "switch_dr", "dr_shrunk"})
"""Estimators that need `predicted` and `expected`."""


def _model(log: Logged) -> tuple[Floats, Floats]:
    if log.predicted is None or log.expected is None:
        raise InvalidInput("this estimator needs the predictions of a reward model", field="predicted")
    return log.predicted, log.expected


def _check(log: Logged, estimator: str, clip: float | None, threshold: float, level: float) -> None:
    if estimator not in ESTIMATORS:
        raise InvalidInput(f"there is no estimator {estimator!r}; there are {', '.join(ESTIMATORS)}", field="estimator")
    if estimator in NEED_MODEL:
        _model(log)
    if clip is not None and not clip > 0:
        raise InvalidInput(f"clip must be above 0, not {clip}", field="clip")
    if not threshold > 0:
        raise InvalidInput(f"threshold must be above 0, not {threshold}", field="threshold")
    if not 0 < level < 1:
        raise InvalidInput(f"level must be between 0 and 1, not {level}", field="level")


def _ratio(top: float, bottom: float) -> float:
    """0 where no row of the log has weight: it says nothing, and the effective sample size shows that."""
    return float(top / bottom) if bottom else 0.0


def _bootstrapped(top: Floats, bottom: Floats, level: float, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    n = len(top)
    values = []
    for _ in range(_REPLICATES):
        drawn = rng.integers(0, n, n)
        values.append(_ratio(top[drawn].mean(), bottom[drawn].mean()))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, (tail, 1.0 - tail))
    return float(low), float(high)
