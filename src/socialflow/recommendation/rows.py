"""Rows of a user-item matrix in an order that their contents decide, whatever the users are called."""

import numpy as np

from socialflow.recommendation.interactions import IntArray
from socialflow.recommendation.protocol import Matrix


def content_order(taken: Matrix, seed: int) -> IntArray:
    """A permutation of the rows that looks random and depends on `seed` and on what each row holds alone.

    Equal rows are interchangeable. What draws, cuts or ties by row number in this order gives the same model for users
    of any names, in any order.

    >>> from scipy import sparse
    >>> one = sparse.csr_array(np.array([[1, 0, 2], [0, 1, 0], [1, 1, 0]], np.float32))
    >>> other = one[[2, 0, 1]]
    >>> np.array_equal(one[content_order(one, 0)].toarray(), other[content_order(other, 0)].toarray())
    True
    """
    draws = np.random.default_rng(seed).random(taken.shape[1])
    sums = np.asarray(taken @ draws, np.float64)
    return np.argsort(sums % 1e-3, kind="stable").astype(np.int64)
