"""Top-k of score rows: the one place where ties and missing scores are decided."""

import numpy as np

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray

_STRIDE = 16
"""Of a wide row every 16th score is looked at first: the k-th best of those bounds the k-th best of all from below."""


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
        for row, line in enumerate(scores):
            best = _best_of_wide(line, k)
            columns[row, : len(best)] = best
            values[row, : len(best)] = line[best]
        return columns, values
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


def _best_of_wide(line: FloatArray, k: int) -> IntArray:
    """As `best_columns` for one row of many times k scores, most of which a bound from a few of them rules out."""
    sample = line[::_STRIDE]
    sample = sample[~np.isnan(sample)]
    bound = np.partition(sample, -k)[-k] if len(sample) >= k else -np.inf
    found = np.flatnonzero(line >= bound)
    scores = line[found]
    if len(found) > k:
        reached = scores >= np.partition(scores, -k)[-k]
        found, scores = found[reached], scores[reached]
    return found[np.argsort(-scores, kind="stable")[:k]]


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
