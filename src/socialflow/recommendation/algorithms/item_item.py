"""Degree-normalised co-occurrence: who took this also took that, corrected for how popular both are."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.cooccurrence import Columns, Floats, Kernel, choose_kernel, degrees, link, part, power
from socialflow.recommendation.follow import Following, News
from socialflow.recommendation.interactions import FloatArray, IntArray
from socialflow.recommendation.links import MOST_LINKS, LinkRecommender
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Saved, State

_NOTHING = 1e-6
"""Co-occurrence that is what rounding leaves of none."""
_SETTLED = 50
"""Takers from which an item's own list waits for the next fit."""


class ItemItem(LinkRecommender, Following):
    r"""Item-item co-occurrence with degree-normalising exponents and truncated neighbour lists.

    With ``R`` (users x items, positive weights clipped to 1), user degrees ``d_u`` and item degrees ``d_i``::

        S[i, j] = d_i ** -source * (sum_u R[u, i] * d_u ** -user * R[u, j]) * d_j ** -target        (S[i, i] = 0)
        score(h)[j] = sum over the history's items i of weight_i * S[i, j]

    Each item i keeps its `neighbours` greatest S[i, j]. (1, .5, .5) is the linear graph filter ``R Rn^T Rn`` with
    ``Rn = D_u^-1/2 R D_i^-1/2``; (1, 1, 0) is a random walk of two steps. Negative weights of a history subtract:
    what goes with a disliked item falls. NaN where no item of the history has the candidate as neighbour.

    Parameters
    ----------
    neighbours
        Longest neighbour list of an item; None takes up to 1,000, fewer (at least 100) where there are so many items
        that all lists together would pass 40 million links (320 MB).
    kernel
        (user, source, target) exponents; None chooses them on a fifth of the interactions, held out of the data for
        that purpose and put back for the fit.
    seed
        Of the choice.

    References
    ----------
    Shen et al., "How Powerful is Graph Convolution for Recommendation?" (GF-CF), CIKM 2021; Paudel et al., "Updatable,
    Accurate, Diverse, and Scalable Recommendations" (RP3beta), ACM TiiS 2016.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Histories, Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3], [10, 20, 10, 20, 30])
    >>> model = ItemItem(kernel=(1.0, 0.5, 0.5)).fit(log)
    >>> model.top(Histories.from_lists([[10]]), k=1).items.tolist()
    [[20]]
    """

    name = "item_item"

    def __init__(
        self, *, neighbours: int | None = None, kernel: tuple[float, float, float] | None = None, seed: int = 0
    ) -> None:
        super().__init__()
        if neighbours is not None and neighbours < 1:
            raise InvalidInput(f"neighbours must be at least 1, not {neighbours}", field="neighbours")
        self._n_neighbours = neighbours
        self._fixed = None if kernel is None else Kernel(*kernel)
        self._seed = seed
        self._kernel = Kernel()
        self._take_up(self._links, np.empty(0))

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        fixed = None if self._fixed is None else list(asdict(self._fixed).values())
        return {"neighbours": self._n_neighbours, "kernel": fixed, "seed": self._seed}

    @property
    def kernel(self) -> Kernel:
        """The exponents in use."""
        return self._kernel

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        np.minimum(taken.data, 1.0, out=taken.data)
        most = self._n_neighbours or max(100, min(1000, MOST_LINKS // data.n_items))
        self._kernel = self._fixed or choose_kernel(taken, most, self._seed)
        self._take_up(link(taken, self._kernel, most), degrees(taken)[1])

    def _take_up(self, links: Matrix, item_degrees: Floats | None) -> None:
        """`item_degrees` are those that `links` were normalised by."""
        self._links, self._degrees = links, item_degrees
        self._written = np.empty(0) if item_degrees is None else item_degrees
        """Degree by which each item's own list is normalised."""
        self._reference = _one_where_untaken(item_degrees, self._kernel.target)
        self._renewed: Mapping[int, tuple[Columns, FloatArray]] = {}
        self._shift: FloatArray | None = None

    def _linked(self, item: int) -> tuple[Columns, FloatArray]:
        columns, links = self._stored(item)
        return (columns, links) if self._shift is None else (columns, links * self._shift[columns])

    def _linked_to(self, items: IntArray) -> tuple[Columns, FloatArray, IntArray]:
        if not self._renewed and (not len(items) or items.max() < self._links.shape[0]):
            columns, links, counts = super()._linked_to(items)
        else:
            lists = [self._stored(item) for item in items.tolist()]
            columns = np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in lists)])
            links = np.concatenate([np.empty(0, np.float32), *(links for _, links in lists)])
            counts = np.array([len(columns) for columns, _ in lists], np.int64)
        return columns, links if self._shift is None else links * self._shift[columns], counts

    def _stored(self, item: int) -> tuple[Columns, FloatArray]:
        """Links of one item by the popularity that candidates had at the fit, d_j ** -target in `_reference`."""
        if item in self._renewed:
            return self._renewed[item]
        return (
            super()._linked(item) if item < self._links.shape[0] else (np.empty(0, np.int32), np.empty(0, np.float32))
        )

    @property
    def can_follow(self) -> bool:
        """Whether the degrees of the fit are there, and until when it has seen."""
        return super().can_follow and self._degrees is not None

    def _follow(self, news: News) -> None:
        """Take from S what the people of `news` gave to it before, and add what they give now.

        Where no list is cut this is what a fit gives, but for the lists of items that many took already (`_SETTLED`):
        one person more changes them by two per cent at most, and they wait for the next fit. An item that was cut
        from a list is counted from nothing when it comes back, so it comes later than a fit would bring it.
        """
        n_items = len(self._item_ids)
        known = np.empty(0) if self._degrees is None else self._degrees
        before, now = (_at_most_one(matrix) for matrix in (news.before, news.now))
        old = np.concatenate((known, np.zeros(n_items - len(known))))
        new = np.maximum(old + degrees(now)[1] - degrees(before)[1], 0.0)
        open_ = np.flatnonzero(old < _SETTLED)
        change = _together(now, self._kernel.user, open_) - _together(before, self._kernel.user, open_)
        moved = (np.diff(change.indptr) > 0) | (old != new)[open_]
        rows, change = open_[moved], change[np.flatnonzero(moved)]
        written = np.concatenate((self._written, np.zeros(n_items - len(self._written))))
        reference = np.concatenate((self._reference, np.ones(n_items - len(known), np.float32)))
        shift = power(new, self._kernel.target) / reference
        counts = self._counted(rows, power(written, self._kernel.source), reference, n_items) + change
        counts = part(counts, counts.data > _NOTHING)
        counts.data *= np.repeat(power(new, self._kernel.source)[rows], np.diff(counts.indptr))
        counts.data *= reference[counts.indices]
        most = self._n_neighbours or max(100, min(1000, MOST_LINKS // n_items))
        renewed = {**self._renewed, **_cut(counts, rows, most, shift)}
        written[rows] = new[rows]
        self._degrees, self._reference, self._shift, self._renewed = new, reference, shift, renewed
        self._written = written

    def _counted(self, rows: IntArray, sources: FloatArray, reference: FloatArray, n_items: int) -> Matrix:
        """Co-occurrences (len(rows), n_items), float64, of which the links of these items were made."""
        lists = [self._stored(row) for row in rows.tolist()]
        columns = np.concatenate([np.empty(0, np.int32), *(columns for columns, _ in lists)])
        links = np.concatenate([np.empty(0, np.float32), *(links for _, links in lists)]).astype(np.float64)
        indptr = np.concatenate(([0], np.cumsum([len(near) for near, _ in lists]))).astype(np.int64)
        links /= np.repeat(sources[rows], np.diff(indptr)) * reference[columns]
        counted: Matrix = sparse.csr_array((links, columns, indptr), shape=(len(rows), n_items))
        return counted

    def _state(self) -> State:
        return {"kernel": asdict(self._kernel)}

    def _arrays(self) -> Arrays:
        if self._shift is not None:
            lists = [self._linked(item) for item in range(len(self._item_ids))]
            indptr = np.concatenate(([0], np.cumsum([len(columns) for columns, _ in lists]))).astype(np.int32)
            data, indices = np.concatenate([links for _, links in lists]), np.concatenate([near for near, _ in lists])
            stored: Arrays = {"data": data, "indices": indices, "indptr": indptr}
        else:
            stored = super()._arrays()
        return stored if self._degrees is None else {**stored, "degrees": self._degrees}

    def _restore(self, saved: Saved) -> None:
        self._kernel = Kernel(**saved.state["kernel"])
        super()._restore(saved)
        self._take_up(self._links, saved.arrays.get("degrees"))


def _cut(links: Matrix, rows: IntArray, most: int, shift: FloatArray) -> dict[int, tuple[Columns, FloatArray]]:
    """The `most` links (len(rows), items) of each item that are greatest once multiplied by `shift`."""
    indices, data = links.indices.astype(np.int32), links.data.astype(np.float32)
    lists = {}
    for row, start, stop in zip(rows.tolist(), links.indptr[:-1].tolist(), links.indptr[1:].tolist(), strict=True):
        columns, values = indices[start:stop], data[start:stop]
        if len(columns) > most:
            kept = np.sort(np.argpartition(-values * shift[columns], most)[:most])
            columns, values = columns[kept], values[kept]
        lists[row] = (columns, values)
    return lists


def _at_most_one(taken: Matrix) -> Matrix:
    clipped = taken.copy()
    np.minimum(clipped.data, 1.0, out=clipped.data)
    return clipped


def _together(taken: Matrix, user: float, rows: IntArray) -> Matrix:
    """sum_u R[u, i] d_u ** -user R[u, j] off the diagonal, (len(rows), items) float64, for some items i."""
    exact = taken.astype(np.float64)
    lengths: Floats = np.asarray(exact.sum(axis=1), np.float64)
    shares = np.power(lengths, -user, out=np.zeros_like(lengths), where=lengths > 0)
    scaled = exact.copy()
    scaled.data *= np.repeat(shares, np.diff(exact.indptr))
    together = (exact[:, rows].T.tocsr() @ scaled).tocoo()
    apart = rows[together.row] != together.col
    cells = (together.row[apart], together.col[apart])
    pairs: Matrix = sparse.csr_array((together.data[apart], cells), shape=together.shape)
    return pairs


def _one_where_untaken(item_degrees: Floats | None, exponent: float) -> FloatArray:
    """d_j ** -exponent; 1 for items nobody took."""
    taken = np.empty(0) if item_degrees is None else item_degrees
    return power(np.where(taken > 0, taken, 1.0), exponent)
