"""Products of sparse matrices in one pass."""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import _sparsetools

from socialflow.recommendation.protocol import Matrix


def multiply(left: Matrix, right: Matrix, dtype: type[np.floating[Any]] = np.float32) -> Matrix:
    """`left @ right` as CSR, added up in numbers of this type, columns of a row in no order.

    SciPy's operator first goes through all of it to count the entries of the product; room for the most there can be is
    had for nothing, since memory that is not written to is not taken.

    >>> one = sparse.csr_array(np.array([[1, 0], [2, 3]], np.float32))
    >>> multiply(one, one).toarray().tolist()
    [[1.0, 0.0], [8.0, 9.0]]
    """
    rows, columns = left.shape[0], right.shape[1]
    widths = np.diff(right.indptr)[left.indices]
    room = min(int(widths.sum(dtype=np.int64)), rows * columns)
    if room > np.iinfo(np.int32).max:
        product: Matrix = left.astype(dtype) @ right.astype(dtype)
        return product
    indptr, indices = np.empty(rows + 1, np.int32), np.empty(room, np.int32)
    data = np.empty(room, dtype)
    _sparsetools.csr_matmat(rows, columns, *_parts(left, dtype), *_parts(right, dtype), indptr, indices, data)
    filled = int(indptr[-1])
    return sparse.csr_array((data[:filled], indices[:filled], indptr), shape=(rows, columns))


def _parts(matrix: Matrix, dtype: type[np.floating[Any]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    indptr, indices = (array.astype(np.int32, copy=False) for array in (matrix.indptr, matrix.indices))
    return indptr, indices, matrix.data.astype(dtype, copy=False)
