"""How far a mean over users may be chance: percentile bootstrap over users (Efron, Tibshirani 1993, ch. 13)."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_REPLICATES = 1_000


def mean_interval(values: Floats, *, level: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Lower and upper end for the mean of `values` (m,), users drawn with replacement 1,000 times.

    For two systems on the same users, give the differences: the interval is then the paired one, and holds 0 where the
    users do not tell the systems apart.

    >>> mean_interval(np.array([0.0, 0.0, 1.0, 1.0]), seed=1)
    (0.0, 1.0)
    """
    rng = np.random.default_rng(seed)
    n = len(values)
    means = np.array([values[rng.integers(0, n, n)].mean() for _ in range(_REPLICATES)])
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, (tail, 1.0 - tail))
    return float(low), float(high)
