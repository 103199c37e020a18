"""Content vectors of every item, those newer than the content model included."""

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.interactions import FloatArray, Histories, IntArray, ItemTable


@runtime_checkable
class ContentModel(Protocol):
    """What a content model must offer beside scoring: vectors of its own items, and of any others."""

    @property
    def item_ids(self) -> IntArray:
        """Ids it was fitted with, ascending, shape (n,)."""
        ...

    @property
    def vectors(self) -> FloatArray:
        """Their vectors (n, width), of length 1, or 0 without a known word."""
        ...

    def likely(self, vector: FloatArray, count: int) -> IntArray | None:
        """Rows of `vectors`, ascending, that hold about the `count` most like `vector`; None: all are to be scored."""
        ...

    @property
    def half_life(self) -> float | None:
        """Newer interactions after which an older one of a history counts half; None: all alike."""
        ...

    def encode(self, items: ItemTable) -> FloatArray:
        """Vectors (len(items), width) of length 1, or 0 where no word is known."""
        ...


class ContentSpace:
    """Vectors by item key: the model's own (memory-mapped, never copied) and a growing part for items that came or
    changed after it was fitted.

    Scores as the content model does (`ContentBased`), with the newer items in both the history and the candidates.
    One writer, the event loop; compute reads while it writes: a key is pointed at its vector only after the vector is
    in place.
    """

    def __init__(self, model: ContentModel) -> None:
        self._model = model
        ids = model.item_ids
        self._row_of = np.full(int(ids[-1]) + 1 if len(ids) else 1, -1, np.int64)
        self._row_of[ids] = np.arange(len(ids))
        self._late = np.zeros((64, model.vectors.shape[1]), np.float32)
        self._late_keys = np.empty(0, np.int64)

    @property
    def width(self) -> int:
        """Of every vector."""
        return self._late.shape[1]

    def unknown(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Those of `keys` that have no vector yet."""
        return keys[self._rows(keys) < 0]

    def encode(self, items: ItemTable) -> FloatArray:
        """Vectors of items as they read now."""
        return self._model.encode(items)

    def put(self, keys: npt.NDArray[np.int64], vectors: FloatArray) -> None:
        """Take in vectors of new or changed items."""
        if not len(keys):
            return
        start, known = len(self._late_keys), len(self._model.item_ids)
        stop = start + len(keys)
        if stop > len(self._late):
            grown = np.zeros((max(stop, 2 * len(self._late)), self._late.shape[1]), np.float32)
            grown[:start] = self._late[:start]
            self._late = grown
        self._late[start:stop] = vectors
        if int(keys.max()) >= len(self._row_of):
            larger = np.full(max(int(keys.max()) + 1, 2 * len(self._row_of)), -1, np.int64)
            larger[: len(self._row_of)] = self._row_of
            self._row_of = larger
        self._late_keys = np.concatenate([self._late_keys, keys])
        self._row_of[keys] = known + np.arange(start, stop)

    def forget(self, key: int) -> None:
        """Let an erased item's key have no vector."""
        if key < len(self._row_of):
            self._row_of[key] = -1
        gone = np.flatnonzero(self._late_keys == key)
        self._late[gone] = 0.0

    def vectors(self, keys: npt.NDArray[np.int64]) -> FloatArray:
        """Vectors (len(keys), width); zeros where there is none."""
        rows, known = self._rows(keys), len(self._model.item_ids)
        if len(rows) and rows.min() >= 0 and rows.max() < known:  # nearly always, and then one copy is enough
            return np.asarray(self._model.vectors[rows])
        found = np.zeros((len(keys), self._late.shape[1]), np.float32)
        own, late = (rows >= 0) & (rows < known), rows >= known
        found[own] = self._model.vectors[rows[own]]
        found[late] = self._late[rows[late] - known]
        return found

    def of_history(self, history: Histories) -> FloatArray:
        """Mean of what the first history holds, by its weights, (width,) of length 1; zeros where it says nothing."""
        if self._model.half_life is not None:
            history = history.faded(self._model.half_life)
        n = int(history.indptr[1])
        return unit(np.asarray(history.weights[:n] @ self.vectors(history.items[:n]), np.float32))

    def of_words(self, items: ItemTable) -> FloatArray:
        """Mean of what items would be that read like this, (width,) of length 1; zeros where no word is known."""
        return unit(self.encode(items).sum(axis=0))

    def score(self, vector: FloatArray, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Cosine of a vector (width,) of length 1 and each item; NaN for items without words and for a vector of
        zeros."""
        vectors = self.vectors(keys)
        scores: npt.NDArray[np.float64] = (vectors @ vector).astype(np.float64)
        nothing = np.flatnonzero(scores == 0)
        scores[nothing[~vectors[nothing].any(axis=1)]] = np.nan
        return scores if vector.any() else np.full(len(keys), np.nan)

    def nearest(self, vector: FloatArray, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Keys of about the `count` items most like `vector` among those of the model (all of them where it has no
        index) and of every late one, and their cosines; erased and replaced items are left out."""
        late, ids, vectors = self._late_keys, self._model.item_ids, self._model.vectors
        rows = self._model.likely(vector, count)
        near = (ids, vectors @ vector) if rows is None else (ids[rows], vectors[rows] @ vector)
        keys = np.concatenate([near[0], late])
        scores = np.concatenate([near[1], self._late[: len(late)] @ vector]).astype(np.float64)
        places = np.concatenate([np.arange(len(ids)) if rows is None else rows, len(ids) + np.arange(len(late))])
        current = self._rows(keys) == places
        return keys[current], scores[current]

    def late(self) -> npt.NDArray[np.int64]:
        """Keys of items that came or changed after the model was fitted, newest last."""
        return self._late_keys

    def _rows(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        row_of = self._row_of
        inside = keys < len(row_of)
        return np.where(inside, row_of[np.where(inside, keys, 0)], -1)


def unit(vector: FloatArray) -> FloatArray:
    """The vector (width,) scaled to length 1; zeros stay."""
    length = np.linalg.norm(vector).astype(np.float32)
    return vector / length if length > 0 else vector
