"""Whether one system beats another on the same users, or the users cannot tell them apart.

Per-user metrics are far from normal and the same users are hard for every system, so tests are paired: they look at
the differences user by user. Three views of them: a bootstrap of the mean, Student's t, and Wilcoxon's signed ranks,
which asks about the median and does not mind a few extreme users. Reference: Smucker, Allan, Carterette, "A comparison
of statistical significance tests for information retrieval evaluation", CIKM 2007.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.evaluation.bootstrap import mean_interval

Floats = npt.NDArray[np.float64]

_REPLICATES = 2_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Second against first: the mean difference over users, its interval, and two-sided p-values.

    `holm`: the p-value of the t-test, corrected for the number of comparisons it was made with.
    """

    users: int
    difference: float
    low: float
    high: float
    p_bootstrap: float
    p_t: float
    p_wilcoxon: float
    holm: float


def compare(first: Floats, second: Floats, *, level: float = 0.95, seed: int = 0) -> Comparison:
    """Compare two systems by their metric on the same m users, both (m,).

    Raises:
        InvalidInput: different lengths, fewer than two users, or a value that is no number.

    >>> better = compare(np.zeros(50), np.tile([0.1, 0.3], 25))
    >>> round(better.difference, 3), better.low > 0, better.p_t < 1e-6
    (0.2, True, True)
    """
    differences = _differences(first, second)
    low, high = mean_interval(differences, level=level, seed=seed)
    p_t = paired_t(first, second)
    return Comparison(
        users=len(differences),
        difference=float(differences.mean()),
        low=low,
        high=high,
        p_bootstrap=paired_bootstrap(first, second, seed=seed),
        p_t=p_t,
        p_wilcoxon=wilcoxon(first, second),
        holm=p_t,
    )


def compare_all(
    values: Mapping[str, Floats], baseline: str, *, level: float = 0.95, seed: int = 0
) -> dict[str, Comparison]:
    """Every other system against `baseline`, with `holm` over all of them.

    Raises:
        InvalidInput: there is no such baseline, or as `compare`.
    """
    if baseline not in values:
        raise InvalidInput(f"there is no system {baseline!r}; there are {', '.join(values)}", field="baseline")
    others = [name for name in values if name != baseline]
    made = [compare(values[baseline], values[name], level=level, seed=seed) for name in others]
    corrected = holm([one.p_t for one in made])
    return {
        name: Comparison(
            one.users, one.difference, one.low, one.high, one.p_bootstrap, one.p_t, one.p_wilcoxon, p_value
        )
        for name, one, p_value in zip(others, made, corrected, strict=True)
    }


def paired_bootstrap(first: Floats, second: Floats, *, seed: int = 0) -> float:
    """Two-sided p-value of the mean difference: how often chance alone moves it as far.

    ::

        p = (1 + #{b: |mean(d*_b - mean(d))| >= |mean(d)|}) / (1 + B),    B = 2,000 draws of users with replacement

    Reference: Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 16. Raises InvalidInput.
    """
    differences = _differences(first, second)
    rng = np.random.default_rng(seed)
    n, mean = len(differences), float(differences.mean())
    centred = differences - mean
    moved = np.array([centred[rng.integers(0, n, n)].mean() for _ in range(_REPLICATES)])
    farther = int(np.count_nonzero(np.abs(moved) >= abs(mean) - 1e-15))
    return (1 + farther) / (1 + _REPLICATES)


def paired_t(first: Floats, second: Floats) -> float:
    """Two-sided p-value of Student's paired t-test; 1 where no user differs. Raises InvalidInput.

    >>> round(paired_t(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0, 5.0, 5.0])), 4)
    0.0917
    """
    from scipy.stats import t  # a tenth of a second to import, wanted by few

    differences = _differences(first, second)
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    if spread <= 1e-15 * max(1.0, abs(mean)):
        return 1.0 if mean == 0.0 else 0.0
    n = len(differences)
    return float(2.0 * t.sf(abs(mean) / (spread / np.sqrt(n)), n - 1))


def wilcoxon(first: Floats, second: Floats) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test; users without a difference are left out. Raises InvalidInput.

    >>> wilcoxon(np.zeros(6), np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    0.03125
    """
    from scipy.stats import wilcoxon as signed_ranks

    differences = _differences(first, second)
    if not differences.any():
        return 1.0
    return float(signed_ranks(differences[differences != 0]).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected so that all together err no more often than one would: the i-th smallest of k times k - i + 1.

    Reference: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian J. Statistics 6, 1979.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, which in enumerate(order.tolist()):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[which]))
        corrected[which] = largest
    return corrected


def _differences(first: Floats, second: Floats) -> Floats:
    one, other = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise InvalidInput(f"both systems need one value a user: shapes {one.shape} and {other.shape}", field="second")
    if len(one) < 2:
        raise InvalidInput(f"a comparison needs at least 2 users, not {len(one)}", field="first")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise InvalidInput("every user needs a finite value of both systems", field="first")
    return other - one
