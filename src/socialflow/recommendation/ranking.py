"""Top-k of score rows: the one place where ties and missing scores are decided."""

import numpy as np

from socialflow.recommendation.interactions import FloatArray, IntArray


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
    down = -scores
    bounds = np.partition(down, kept - 1, axis=1)[:, kept - 1]  # NaN counts as greatest: it is where fewer than k rank
    for row in range(rows):
        line = down[row]
        found = np.flatnonzero(~np.isnan(line)) if np.isnan(bounds[row]) else np.flatnonzero(line <= bounds[row])
        best = found[np.argsort(line[found], kind="stable")[:k]]
        columns[row, : len(best)] = best
        values[row, : len(best)] = scores[row, best]
    return columns, values
