"""Forward passes of small neural networks in numpy, over ragged histories: what serving needs of a trained network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays

_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Recent:
    """The usable rows of m histories, newest `length` each: history u's are `columns[indptr[u]:indptr[u + 1]]`.

    `rows`: their places in the histories they were taken from.
    """

    indptr: IntArray
    columns: IntArray
    rows: IntArray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def parts(self, most: int) -> Iterator[tuple[IntArray, slice, IntArray]]:
        """Neighbouring histories that are not empty, about `most` rows at a time, or one where it is longer.

        Their numbers, the span of their rows, and their own `indptr`.
        """
        heard, bounds = np.flatnonzero(np.diff(self.indptr)), np.unique(self.indptr)
        start = 0
        while start < len(heard):
            stop = max(start + 1, int(np.searchsorted(bounds, bounds[start] + most, "right")) - 1)
            span = slice(int(bounds[start]), int(bounds[stop]))
            yield heard[start:stop], span, bounds[start : stop + 1] - bounds[start]
            start = stop

    @property
    def ages(self) -> IntArray:
        """Newer usable rows of the same history, 0 for the newest."""
        lengths = np.diff(self.indptr)
        return np.repeat(self.indptr[1:], lengths) - 1 - np.arange(len(self.columns))


def recent(histories: Histories, known: np.ndarray, length: int) -> Recent:
    """The newest `length` rows of weight > 0 whose item is `known` (n,), of each history."""
    usable = (histories.weights > 0) & known[histories.items]
    reached = np.concatenate(([0], np.cumsum(usable)))
    before_end = np.repeat(reached[histories.indptr[1:]], np.diff(histories.indptr)) - reached[:-1]
    rows = np.flatnonzero(usable & (before_end <= length))
    lengths = np.minimum(reached[histories.indptr[1:]] - reached[histories.indptr[:-1]], length)
    return Recent(np.concatenate(([0], np.cumsum(lengths))).astype(np.int64), histories.items[rows], rows)


def part(arrays: Arrays, prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin with ``prefix.``, without it."""
    return {name[len(prefix) + 1 :]: array for name, array in arrays.items() if name.startswith(f"{prefix}.")}


def linear(x: FloatArray, arrays: Mapping[str, np.ndarray], name: str) -> FloatArray:
    """``x W^T + b``."""
    y: FloatArray = x @ arrays[f"{name}.weight"].T
    y += arrays[f"{name}.bias"]
    return y


def layer_norm(x: FloatArray, arrays: Mapping[str, np.ndarray], name: str) -> FloatArray:
    """Rows of mean 0 and variance 1, then scaled and shifted."""
    y: FloatArray = x - x.mean(axis=-1, keepdims=True)
    y /= np.sqrt(np.square(y).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
    y *= arrays[f"{name}.weight"]
    y += arrays[f"{name}.bias"]
    return y


def softmax(x: FloatArray) -> FloatArray:
    """Over the last axis, in place."""
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def attend(
    query: FloatArray,
    pairs: FloatArray,
    indptr: IntArray,
    heads: int,
    slopes: FloatArray,
    *,
    seen: list[FloatArray] | None = None,
) -> FloatArray:
    """Causal attention within each of m sequences, the rows of `query` being their newest.

    ``softmax(q k^T / sqrt(width / heads) - slope * distance) v`` per head; query (q, width) holds all rows of each
    sequence, or the newest alone; pairs (t, 2 width) holds keys and values; slopes (heads,). To `seen` the softmax of
    each sequence is added, (asked, known), mean over heads.
    """
    width, longest = query.shape[1], int(np.diff(indptr).max(initial=0))
    asked = indptr if len(query) == len(pairs) else np.arange(len(indptr))
    steps = longest if len(query) == len(pairs) else 1
    recency = _recency(steps, longest, slopes)
    scaled: FloatArray = query * np.float32((width // heads) ** -0.5)
    mixed = np.empty_like(query)
    for row in range(len(indptr) - 1):
        mine, span = slice(asked[row], asked[row + 1]), slice(indptr[row], indptr[row + 1])
        wanted = scaled[mine].reshape(-1, heads, width // heads).transpose(1, 0, 2)
        keys, values = (half.reshape(-1, heads, width // heads) for half in np.split(pairs[span], 2, axis=1))
        shares: FloatArray = wanted @ keys.transpose(1, 2, 0)
        shares += recency[:, -shares.shape[1] :, -shares.shape[2] :]
        softmax(shares)
        if seen is not None:
            seen.append(shares.mean(axis=0))
        mixed[mine] = (shares @ values.transpose(1, 0, 2)).transpose(1, 0, 2).reshape(-1, width)
    return mixed


def block(
    x: FloatArray,
    indptr: IntArray,
    arrays: Mapping[str, np.ndarray],
    heads: int,
    *,
    newest: bool = False,
    seen: list[FloatArray] | None = None,
) -> FloatArray:
    """One causal pre-norm transformer block: ``x + attention(norm x)``, then ``x + mlp(norm x)``.

    x (t, width) are the rows of m sequences. With `newest` the last row of each is carried on: (m, width) comes back.
    """
    width = x.shape[1]
    normed = layer_norm(x, arrays, "before")
    weight, bias = arrays["attention.inward.weight"], arrays["attention.inward.bias"]
    if newest:
        x, ends = x[indptr[1:] - 1], indptr[1:] - 1
        query = normed[ends] @ weight[:width].T + bias[:width]
    else:
        query = normed @ weight[:width].T + bias[:width]
    pairs = normed @ weight[width:].T + bias[width:]
    mixed = attend(query, pairs, indptr, heads, arrays["attention.slopes"], seen=seen)
    x = x + linear(mixed, arrays, "attention.outward")
    inner = linear(layer_norm(x, arrays, "between"), arrays, "up")
    return x + linear(np.maximum(inner, 0.0, out=inner), arrays, "down")


def _recency(asked: int, known: int, slopes: FloatArray) -> FloatArray:
    """What is taken off for distance, (heads, asked, known); -inf for what was not yet there."""
    distance = np.arange(known - asked, known, dtype=np.float32)[:, None] - np.arange(known, dtype=np.float32)
    taken_off: FloatArray = np.where(distance < 0, np.float32(-np.inf), -slopes[:, None, None] * distance)
    return taken_off
