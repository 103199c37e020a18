import numpy as np
import pytest
from scipy import sparse

from socialflow.recommendation.products import multiply


@pytest.mark.parametrize("density", [0.0, 0.05, 0.9])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_is_the_product(density: float, index: type[np.signedinteger]) -> None:
    rng = np.random.default_rng(0)
    left, right = (
        sparse.csr_array(np.where(rng.random(shape) < density, rng.random(shape), 0.0).astype(np.float32))
        for shape in ((7, 30), (30, 11))
    )
    left.indptr, left.indices = left.indptr.astype(index), left.indices.astype(index)
    product = multiply(left, right)
    assert np.allclose(product.toarray(), left.toarray() @ right.toarray(), atol=1e-5)
    assert product.dtype == np.float32


def test_of_no_rows_is_no_rows() -> None:
    nothing = sparse.csr_array(np.zeros((0, 4), np.float32))
    assert multiply(nothing, sparse.csr_array(np.eye(4, dtype=np.float32))).shape == (0, 4)
