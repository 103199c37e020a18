"""Logistic regression over hashed n-grams: texts to a sparse matrix, a matrix to int8 weights.

n texts, features as in `text.ngrams`; ``logits = x W + b_language``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from socialflow.text.ngrams import Features, Shape, features, pieces
from socialflow.training.text.graph import quantised
from socialflow.training.text.records import Head

Floats = npt.NDArray[np.float64]
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Design:
    """What a head sees of n texts: `x` (n, 2^bits) and the place of each text's language among `languages`, (n,)."""

    x: sparse.csr_matrix[np.float32]
    spoken: npt.NDArray[np.int64]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """`levels` (2^bits, columns), `scale` (columns,) and `bias` (languages, columns), as in `text.ngram_bundle`."""

    levels: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def logits(self, design: Design, kind: str) -> Floats:
        """(n, labels), as they are served."""
        rows = design.x @ (self.levels * self.scale) + self.bias[design.spoken]
        return np.pad(rows, ((0, 0), (int(kind == "multi_class"), 0))).astype(np.float64)


def design(texts: Sequence[str], spoken: Sequence[str], languages: Sequence[str], bits: int, shape: Shape) -> Design:
    """Each text by its first piece, with the language it is in."""
    rows = [_first(text, language, shape) for text, language in zip(texts, spoken, strict=True)]
    indptr = np.cumsum([0, *(len(row.values) for row in rows)])
    indices = np.concatenate([np.empty(0, np.int64), *(row.buckets(bits) for row in rows)])
    values = np.concatenate([np.empty(0, np.float32), *(row.values for row in rows)])
    x = sparse.csr_matrix((values, indices, indptr), shape=(len(rows), 1 << bits))
    x.sum_duplicates()
    return Design(x, np.array([languages.index(language) for language in spoken], np.int64), tuple(languages))


def _first(text: str, language: str, shape: Shape) -> Features:
    read, _, _ = pieces(text)
    return features(read[0] if read else "", language, shape)


def fitted(given: Design, targets: np.ndarray, head: Head, strength: float) -> Fitted:
    """Logistic regression with an L2 penalty, ``strength`` its inverse weight; a label each where there may be several.

    `targets`: places of labels (n,), or 0, 1 and NaN (n, labels).
    """
    used = np.unique(given.x.indices)
    spoken = sparse.csr_matrix(np.eye(len(given.languages))[given.spoken])
    x = sparse.hstack([given.x[:, used], spoken], format="csr", dtype=np.float64)
    alone = head.kind == "multi_class"
    found = _minimised(x, np.eye(len(head.labels))[targets] if alone else targets, alone, strength)
    if alone:
        found = found[:, 1:] - found[:, :1]
    whole = np.zeros((given.x.shape[1], found.shape[1]), np.float32)
    whole[used] = found[: len(used)]
    return Fitted(*quantised(whole, axis=0), found[len(used) :].astype(np.float32))


def _minimised(x: sparse.csr_matrix[np.float64], truth: Floats, alone: bool, strength: float) -> Floats:
    """Weights (features, labels) of least ``log loss + |W|^2 / (2 strength)``.

    Over truth (n, labels), NaN left out; `alone`: one label a text.
    """
    known, wanted, back = ~np.isnan(truth), np.nan_to_num(truth), x.T.tocsr()

    def lost(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(x.shape[1], -1)
        logits: Floats = np.asarray(x @ weights)
        if alone:
            total = logsumexp(logits, axis=1, keepdims=True)
            losses, chances = (total - logits) * wanted, np.exp(logits - total)
        else:
            losses, chances = np.logaddexp(0.0, logits) - wanted * logits, expit(logits)
        gradient = back @ ((chances - wanted) * known) + weights / strength
        return float((losses * known).sum() + (weights**2).sum() / (2.0 * strength)), gradient.ravel()

    start = np.zeros(x.shape[1] * truth.shape[1])
    found = minimize(lost, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    weights: Floats = found.x.reshape(x.shape[1], -1)
    return weights
