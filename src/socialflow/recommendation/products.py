"""Products of sparse matrices in one pass."""

import numpy as np
from scipy import sparse
from scipy.sparse import _sparsetools

from socialflow.recommendation.protocol import Matrix


def multiply(left: Matrix, right: Matrix) -> Matrix:
    """`left @ right` as CSR, columns of a row in no order.

    SciPy's operator first counts the entries of the product, which takes two thirds as long as working it out; room for
    the most there can be is had for nothing, since memory that is not written to is not taken.

    >>> one = sparse.csr_array(np.array([[1, 0], [2, 3]], np.float32))
    >>> multiply(one, one).toarray().tolist()
    [[1.0, 0.0], [8.0, 9.0]]
    """
    rows, columns = left.shape[0], right.shape[1]
    widths = np.diff(right.indptr)[left.indices]
    room = min(int(widths.sum(dtype=np.int64)), rows * columns)
    if room > np.iinfo(np.int32).max:
        product: Matrix = left @ right
        return product
    indptr, indices = np.empty(rows + 1, np.int32), np.empty(room, np.int32)
    data = np.empty(room, np.float32)
    _sparsetools.csr_matmat(rows, columns, *_parts(left), *_parts(right), indptr, indices, data)
    filled = int(indptr[-1])
    return sparse.csr_array((data[:filled], indices[:filled], indptr), shape=(rows, columns))


def _parts(matrix: Matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    indptr, indices = (array.astype(np.int32, copy=False) for array in (matrix.indptr, matrix.indices))
    return indptr, indices, matrix.data.astype(np.float32, copy=False)
