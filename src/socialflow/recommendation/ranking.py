"""Top-k of score rows: the one place where ties and missing scores are decided."""

import numpy as np

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray

_STRIDE = 16
"""Of a wide row every 16th score is looked at first: the k-th best of those bounds the k-th best of all from below."""
_CROWD = 64
"""So many times k scores above that bound are more than chance puts there: they are alike, and sorted row by row."""


def best_columns(scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """Columns (m, k) int64 and values (m, k) float32 of the k greatest scores per row, best first.

    Ties go to the lower column; NaN never ranks; rows with fewer than k scores end in column -1 and NaN.

    >>> columns, values = best_columns(np.array([[1.0, np.nan, 3.0, 1.0]], np.float32), 2)
    >>> columns.tolist(), values.tolist()
    ([[2, 0]], [[3.0, 1.0]])
    """
    rows, width = scores.shape
    columns = np.full((rows, k), -1, np.int64)
    values = np.full((rows, k), np.nan, np.float32)
    kept = min(k, width)
    if not kept or not rows:
        return columns, values
    if width >= 4 * _STRIDE * k:
        return _best_of_wide(scores, k)
    down = -scores
    comparable = np.where(np.isnan(down), np.float32(np.inf), down)  # several times as quick to partition
    bounds = np.partition(comparable, kept - 1, axis=1)[:, kept - 1]
    reach = down <= bounds[:, None]
    exact = reach.sum(axis=1) == kept
    if exact.any():
        reached = np.nonzero(reach[exact])[1].reshape(-1, kept)
        lines = np.take_along_axis(scores[exact], reached, axis=1)
        order = np.argsort(-lines, axis=1, kind="stable")
        columns[exact, :kept] = np.take_along_axis(reached, order, axis=1)
        values[exact, :kept] = np.take_along_axis(lines, order, axis=1)
    for row in np.flatnonzero(~exact).tolist():  # ties at the end, or fewer than k scores
        line = down[row]
        found = np.flatnonzero(reach[row])
        best = found[np.argsort(line[found], kind="stable")[:k]]
        columns[row, : len(best)] = best
        values[row, : len(best)] = scores[row, best]
    return columns, values


def _best_of_wide(scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """As `best_columns` for rows of many times k scores, most of which a bound from a few of them rules out."""
    rows, width = scores.shape
    sample = -scores[:, ::_STRIDE]
    sample[np.isnan(sample)] = np.inf
    bounds = -np.partition(sample, k - 1, axis=1)[:, k - 1]
    reached = np.flatnonzero(scores >= bounds[:, None])
    owners = reached // width
    counts = np.bincount(owners, minlength=rows)
    crowded = np.flatnonzero(counts > _CROWD * k)
    if len(crowded):
        apart = ~np.isin(owners, crowded)
        reached, owners = reached[apart], owners[apart]
        counts[crowded] = 0
    places = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.full((rows, max(k, int(counts.max()))), -1, np.int64)
    down = np.full(found.shape, np.inf, np.float32)
    found[owners, places], down[owners, places] = reached - owners * width, -scores.ravel()[reached]
    order = np.argsort(down, axis=1, kind="stable")[:, :k]
    columns, values = np.take_along_axis(found, order, axis=1), -np.take_along_axis(down, order, axis=1)
    values[columns < 0] = np.nan
    for row in crowded.tolist():
        columns[row] = _best_of_crowded(scores[row], bounds[row], k)
        values[row] = scores[row, columns[row]]
    return columns, values


def _best_of_crowded(line: FloatArray, bound: float, k: int) -> IntArray:
    """The k best columns of one row in which far more scores than k are no less than `bound`."""
    found = np.flatnonzero(line >= bound)
    scores = line[found]
    reached = scores >= np.partition(scores, -k)[-k]
    found, scores = found[reached], scores[reached]
    best: IntArray = found[np.argsort(-scores, kind="stable")[:k]]
    return best


def mask_seen(scores: FloatArray, histories: Histories, columns: IntArray) -> FloatArray:
    """A copy with NaN at the history's own items; `columns` is ascending and names the score columns."""
    if not len(columns):
        return scores
    scores = scores.copy()
    rows = np.repeat(np.arange(len(histories)), np.diff(histories.indptr))
    if len(columns) == scores.shape[1] == columns[-1] + 1:  # all of them
        scores[rows, histories.items] = np.nan
        return scores
    places = np.minimum(np.searchsorted(columns, histories.items), len(columns) - 1)
    here = columns[places] == histories.items
    scores[rows[here], places[here]] = np.nan
    return scores
