"""How well people agree, beyond what chance would give.

Cohen's kappa is for pairs of judgements, Krippendorff's alpha for any number of judgements of an item, some missing:

::

    kappa = (p_o - p_e) / (1 - p_e)          p_o observed agreement, p_e = sum over classes of p1(c) p2(c)
    alpha = 1 - D_o / D_e                    D_o share of o off its diagonal, D_e that of n_c n_k / (n (n - 1))
    o_ck  = sum over items of (pairs of c and k in the item) / (judgements of the item - 1)
    n_c   = sum over k of o_ck,  n = sum over c of n_c

1 is perfect, 0 is chance, below 0 is worse. Both are undefined, and None here, where everybody always said the same
class: nothing shows that they could have told another. Intervals are of the percentile bootstrap over items, which are
drawn with their judgements (Efron, Tibshirani 1993, ch. 13); draws in which the figure is undefined are left out.

Sources: J. Cohen, "A coefficient of agreement for nominal scales", 1960; K. Krippendorff, "Computing Krippendorff's
Alpha-Reliability", 2011 (nominal metric).
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput

Floats = npt.NDArray[np.float64]
REPLICATES = 1_000
LEVEL = 0.95
_Coefficient: TypeAlias = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient, `None` where undefined, with a 95% interval and how many items it rests on."""

    value: float | None
    low: float | None
    high: float | None
    items: int


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]], *, seed: int = 0) -> Agreement:
    """Kappa over `pairs` of judgements (first rater, second rater), one pair an item.

    >>> pairs = [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    >>> round(cohen_kappa(pairs).value, 6)
    0.4
    """
    classes = _classes(pairs)
    k = len(classes)
    cells = np.zeros((len(pairs), k * k))
    for row, (one, other) in enumerate(pairs):
        cells[row, classes[one] * k + classes[other]] = 1.0
    return _with_interval(*_kinds(cells), k, _kappas, seed)


def krippendorff_alpha(items: Sequence[Sequence[Hashable]], *, seed: int = 0) -> Agreement:
    """Alpha over the judgements of each item, in any order; items with fewer than two say nothing and are left out.

    >>> items = [["a", "a"], ["b", "b"], ["a", "b"], ["b"]]
    >>> round(krippendorff_alpha(items).value, 4)
    0.4444
    """
    paired = [judged for judged in items if len(judged) >= 2]
    classes = _classes(paired)
    cells = np.zeros((len(paired), len(classes) ** 2))
    for row, judged in enumerate(paired):
        cells[row] = _coincidences(judged, classes)
    return _with_interval(*_kinds(cells), len(classes), _alphas, seed)


def counted_alpha(pairs: Mapping[tuple[Hashable, Hashable], int], *, seed: int = 0) -> Agreement:
    """The same of items with two judgements each, told by how many items have each pair of them.

    >>> round(counted_alpha({("a", "a"): 1, ("b", "b"): 1, ("a", "b"): 1}).value, 4)
    0.4444
    """
    classes = _classes(list(pairs))
    cells = np.array([_coincidences(pair, classes) for pair in pairs]).reshape(len(pairs), len(classes) ** 2)
    return _with_interval(cells, np.array(list(pairs.values()), np.int64), len(classes), _alphas, seed)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95% interval of a share (E. B. Wilson 1927). Raises InvalidInput for no trials.

    >>> [round(end, 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= successes <= trials or trials == 0:
        raise InvalidInput(f"a share needs trials, and no more successes than these: not {successes} of {trials}")
    z = 1.959963984540054
    share, spread = successes / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _kappas(tables: Floats) -> Floats:
    """Kappa of contingency tables (..., k, k); nan where undefined."""
    total = tables.sum(axis=(-2, -1))
    observed = np.trace(tables, axis1=-2, axis2=-1) / total
    chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1) / total**2
    return np.asarray((observed - chance) / (1.0 - chance))


def _alphas(tables: Floats) -> Floats:
    """Alpha of coincidence tables (..., k, k); nan where undefined."""
    marginal = tables.sum(axis=-1)
    total = marginal.sum(axis=-1)
    observed = 1.0 - np.trace(tables, axis1=-2, axis2=-1) / total
    expected = (total**2 - (marginal**2).sum(axis=-1)) / (total * (total - 1.0))
    return np.asarray(1.0 - observed / expected)


def _classes(items: Sequence[Sequence[Hashable]]) -> Mapping[Hashable, int]:
    return {name: index for index, name in enumerate(dict.fromkeys(name for judged in items for name in judged))}


def _coincidences(judged: Sequence[Hashable], classes: Mapping[Hashable, int]) -> Floats:
    """What one item adds to the coincidence table, as one row."""
    counts = np.bincount([classes[name] for name in judged], minlength=len(classes)).astype(np.float64)
    pairs = np.outer(counts, counts) - np.diag(counts)
    return np.asarray(pairs.ravel() / (len(judged) - 1))


def _kinds(cells: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The rows that differ, few however many items there are, and how many items have each."""
    if not len(cells):
        return cells, np.zeros(0, np.int64)
    kinds, counts = np.unique(cells, axis=0, return_counts=True)
    return kinds, counts.astype(np.int64)


def _with_interval(
    kinds: Floats, counts: npt.NDArray[np.int64], k: int, coefficient: _Coefficient, seed: int
) -> Agreement:
    """`kinds` (kinds of items, k * k): what an item of each adds to the table; `counts`: items of each."""
    n = int(counts.sum())
    if n == 0:
        return Agreement(None, None, None, 0)
    drawn = np.random.default_rng(seed).multinomial(n, counts / n, size=REPLICATES).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(coefficient((counts @ kinds).reshape(k, k)))
        spread = coefficient((drawn @ kinds).reshape(REPLICATES, k, k))
    if not np.isfinite(value):
        return Agreement(None, None, None, n)
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(spread[np.isfinite(spread)], (tail, 1.0 - tail))
    return Agreement(value, float(low), float(high), n)
