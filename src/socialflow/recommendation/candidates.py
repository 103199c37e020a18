"""The likely best of many items without scoring all of them: a few large vectors by themselves, the rest in a graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.interactions import FloatArray, IntArray

if TYPE_CHECKING:
    from usearch.index import Index

EXACT_UP_TO = 20_000
"""Items up to which all are scored: then that takes a millisecond."""
AT, LEAST_RECALL = 200, 0.95
"""An index is used where it finds at least this share of the exact best `AT`."""
_HEAD, _ALIKE = 4096, 1.01
_EDGES, _WIDTH_OF_BUILD = 32, 128
WIDTHS = (512, 1024, 2048, 4096)
"""How many items a search keeps in view; the first that finds enough is used."""


@dataclass(frozen=True)
class ItemIndex:
    r"""Approximate greatest inner products of a query and n item vectors.

    Vectors of popular items are many times longer than others, and a graph of nearest neighbours finds inner products
    badly where lengths differ. So the 4,096 longest (`head`) are always among the candidates (none where all are about
    as long), and the others (`tail`)
    are made equally long by one more coordinate, ``sqrt(max |v|^2 - |v|^2)``: then the order of their cosines with
    ``(query, 0)`` is the order of their inner products, which a hierarchical graph in half precision (`graph`, bytes as
    usearch writes them) searches.

    References
    ----------
    Malkov, Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
    graphs", TPAMI 2018; Bachrach et al., "Speeding up the Xbox recommender system using a Euclidean transformation for
    inner-product spaces", RecSys 2014 (the coordinate); Yan et al., "Norm-Ranging LSH for Maximum Inner Product
    Search", NeurIPS 2018 (parts by length).
    """

    head: IntArray
    tail: IntArray
    graph: npt.NDArray[np.uint8]
    width: int = WIDTHS[0]

    @classmethod
    def build(cls, vectors: FloatArray) -> Self:
        """Of item vectors (n, d); rows with NaN are not found. Takes about 0.1 ms an item at 128 coordinates."""
        from usearch.index import Index

        known = np.flatnonzero(~np.isnan(vectors).any(axis=1))
        squares = np.square(vectors[known]).sum(axis=1)
        longest = known[np.argsort(-squares, kind="stable")]
        alone = _HEAD if squares.max(initial=0.0) > _ALIKE * squares.min(initial=np.inf) else 0
        head, tail = np.sort(longest[:alone]), np.sort(longest[alone:])
        squares = np.square(vectors[tail]).sum(axis=1, keepdims=True)
        even = np.sqrt(np.maximum(squares.max(initial=0.0) - squares, 0.0))
        graph = Index(
            ndim=vectors.shape[1] + 1,
            metric="cos",
            dtype="f16",
            connectivity=_EDGES,
            expansion_add=_WIDTH_OF_BUILD,
        )
        graph.add(np.arange(len(tail), dtype=np.uint64), np.hstack([vectors[tail], even]).astype(np.float32), threads=1)
        return cls(head, tail, np.frombuffer(graph.save() or b"", np.uint8))

    def likely(self, queries: FloatArray, count: int) -> list[IntArray]:
        """For each query (m, d), ascending, the head and about the `count` best of the tail; the head for a NaN one."""
        told = np.flatnonzero(~np.isnan(queries[:, 0]))
        found = [self.head] * len(queries)
        if not len(self.tail) or not len(told):
            return found
        lifted = np.hstack([queries[told], np.zeros((len(told), 1), np.float32)]).astype(np.float32)
        for row, query in zip(told.tolist(), lifted, strict=True):
            near = self._searched.search(query, count, threads=1).keys.astype(np.int64)
            found[row] = np.sort(np.concatenate((self.head, self.tail[near])))
        return found

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What `take` takes."""
        return {"index_head": self.head, "index_tail": self.tail, "index_graph": self.graph}

    @classmethod
    def take(cls, arrays: dict[str, np.ndarray], width: int) -> Self:
        """The index that gave these arrays, which are taken out. Raises KeyError, ValueError."""
        head, tail, graph = (arrays.pop(f"index_{name}") for name in ("head", "tail", "graph"))
        index = cls(head, tail, graph, width)
        _ = index._searched  # now rather than at the first request
        return index

    @cached_property
    def _searched(self) -> "Index":
        from usearch.index import Index

        graph = Index.restore(self.graph.data, view=True, expansion_search=self.width)
        if graph is None or len(graph) != len(self.tail):
            raise ValueError(f"the graph of the index does not hold {len(self.tail)} items")
        return graph


@dataclass(frozen=True, slots=True)
class Candidates:
    """How the best items of a model are found: what was measured when the model was stored.

    `recall`: share of the exact best `AT` that the index found for histories of real users, searching `width` wide;
    None where there are so few items that all are scored.
    """

    items: int
    recall: float | None = None
    width: int = WIDTHS[0]

    @property
    def indexed(self) -> bool:
        """Whether the index serves."""
        return self.recall is not None and self.recall >= LEAST_RECALL

    def __str__(self) -> str:
        """For people."""
        if self.recall is None:
            return f"all {self.items} items scored"
        told = f"recall@{AT} of the index {self.recall:.3f}"
        return told if self.indexed else f"all {self.items} items scored: {told} is below {LEAST_RECALL}"
