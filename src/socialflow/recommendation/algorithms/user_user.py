"""User-based neighbourhood: what the people whose histories are most like this one took."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Recommender, Saved
from socialflow.recommendation.rows import content_order

Columns = npt.NDArray[np.int32]


class UserUser(Recommender):
    r"""Nearest neighbours among stored histories, normalised by degree, shrunk, and sharpened.

    With ``R`` (references x items, 0 or 1) the stored histories, ``|r|`` their lengths and ``d_i`` how many of them
    hold item i, a history ``h`` is likened to each stored one by what both hold::

        c(h, r)     = sum over common items i of weight_i * d_i ** -source
        s(h, r)     = (c(h, r) / (|r| + shrinkage) ** user) ** power         (0 where c is not positive)
        score(h)[j] = d_j ** -target * sum over the k most alike r of s(h, r) * R[r, j] / sum of the same s(h, r)

    With every reference a neighbour, ``power`` 1 and no shrinkage this is item-item co-occurrence; few neighbours and a
    greater power are what a neighbourhood of people adds to it. Negative weights of a history take likeness away. NaN
    for an item that no neighbour holds.

    What is kept are rows of item numbers, cut to `longest` and to `references`, in an order that their contents decide:
    no row names a user, and no request leads from a user to a row. It is still what people did: erasing a user takes
    effect with the next fit, which sees the log without that user.

    Parameters
    ----------
    neighbours
        Stored histories that have a say, k.
    user, source, target
        Exponents against long stored histories, popular common items and popular candidates.
    shrinkage
        Items added to the length of a stored history, so that a short one does not count for more than it says.
    power
        Above 1 the nearest count for more than their share.
    longest
        Newest items kept of a stored history.
    references
        Stored histories at most; more are thinned by chance.
    seed
        Of that chance.

    References
    ----------
    Herlocker, Konstan, Borchers, Riedl, "An Algorithmic Framework for Performing Collaborative Filtering", SIGIR 1999;
    Aiolli, "Efficient Top-N Recommendation for Very Large Scale Binary Rated Datasets", RecSys 2013 (asymmetric
    normalisation and the power).

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3], [10, 20, 10, 20, 30])
    >>> model = UserUser(source=0.0, target=0.0).fit(log)
    >>> model.score(Histories.from_lists([[10]])).tolist()
    [[1.0, 1.0, nan]]
    """

    name = "user_user"

    def __init__(
        self,
        *,
        neighbours: int = 300,
        user: float = 0.7,
        source: float = 0.5,
        target: float = 0.2,
        shrinkage: float = 5.0,
        power: float = 1.2,
        longest: int = 1000,
        references: int = 50_000,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if min(neighbours, longest, references) < 1 or power <= 0 or shrinkage < 0:
            raise InvalidInput(
                "neighbours, longest and references must be at least 1, power above 0, shrinkage not less"
            )
        self._k, self._longest, self._references = neighbours, longest, references
        self._user, self._source, self._target = user, source, target
        self._shrinkage, self._power, self._seed = shrinkage, power, seed
        self._install(np.empty(0, np.int32), np.zeros(1, np.int64), 0)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "neighbours": self._k,
            "user": self._user,
            "source": self._source,
            "target": self._target,
            "shrinkage": self._shrinkage,
            "power": self._power,
            "longest": self._longest,
            "references": self._references,
            "seed": self._seed,
        }

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        owners = content_order(taken, self._seed)
        lengths = np.diff(taken.indptr)[owners]
        owners = owners[lengths > 0][: self._references]
        stored = _newest(data, taken, self._longest)[owners]
        self._install(stored.indices.astype(np.int32), stored.indptr.astype(np.int64), data.n_items)

    def _install(self, items: Columns, indptr: IntArray, n_items: int) -> None:
        """Take up stored histories; who took an item, and the powers of all degrees, are made from them."""
        n_rows = len(indptr) - 1
        degrees = np.bincount(items, minlength=n_items).astype(np.float32)
        ones = np.ones(len(items), np.float32)
        self._rows: Matrix = sparse.csr_array((ones, items, indptr), shape=(n_rows, n_items))
        self._takers: Matrix = self._rows.T.tocsr()
        self._for_length = (np.diff(indptr) + self._shrinkage).astype(np.float32) ** np.float32(-self._user)
        self._for_source, self._for_target = (
            np.power(degrees, -exponent, out=np.zeros_like(degrees), where=degrees > 0)
            for exponent in (self._source, self._target)
        )

    def _score(self, histories: Histories) -> FloatArray:
        scores = np.full((len(histories), len(self._item_ids)), np.nan, np.float32)
        for row in range(len(histories)):
            rows, shares = self._nearest(histories.rows(row, row + 1))
            if len(rows):
                took = _sum_rows(self._rows, rows, shares) * self._for_target
                scores[row] = np.where(took > 0, took, np.nan)
        return scores

    def _nearest(self, history: Histories) -> tuple[IntArray, FloatArray]:
        """The stored rows most like one history, k at most, and their shares, which sum to 1; ties to the lower row."""
        weights = history.weights * self._for_source[history.items]
        likeness = _sum_rows(self._takers, history.items, weights) * self._for_length
        rows = np.flatnonzero(likeness > 0)
        if len(rows) > self._k:
            values = likeness[rows]
            bound = -np.partition(-values, self._k - 1)[self._k - 1]
            above, tied = rows[values > bound], rows[values == bound]
            rows = np.concatenate((above, tied[: self._k - len(above)]))
        shares = likeness[rows] ** self._power
        return rows, (shares / shares.sum()).astype(np.float32) if len(rows) else likeness[rows]

    def _similarities(self, columns: IntArray) -> FloatArray:
        lengths = np.sqrt(np.diff(self._takers.indptr)).astype(np.float32)
        both: FloatArray = (self._takers[columns] @ self._rows).toarray()
        longest = lengths[columns][:, None] * lengths
        alike: FloatArray = np.divide(both, longest, out=np.full_like(both, np.nan), where=both > 0)
        return alike

    def _arrays(self) -> Arrays:
        return {"items": self._rows.indices, "indptr": self._rows.indptr}

    def _restore(self, saved: Saved) -> None:
        self._install(saved.arrays["items"], saved.arrays["indptr"], len(self._item_ids))


def _sum_rows(matrix: Matrix, rows: IntArray, weights: FloatArray) -> FloatArray:
    """The weighted sum of some rows of a matrix of ones, dense (columns,)."""
    starts, stops = matrix.indptr[rows], matrix.indptr[rows + 1]
    spans = [matrix.indices[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
    columns = np.concatenate(spans) if spans else np.empty(0, np.int32)
    sums: FloatArray = np.bincount(columns, np.repeat(weights, stops - starts), matrix.shape[1]).astype(np.float32)
    return sums


def _newest(data: FitData, taken: Matrix, longest: int) -> Matrix:
    """1 for each user's `longest` items taken last; `taken` (users, items) says which count at all."""
    rows = data.interactions.where(data.interactions.weights > 0)
    order = np.lexsort((rows.at, rows.items, rows.users))
    users, items, at = rows.users[order], rows.items[order], rows.at[order]
    last = np.ones(len(users), bool)
    last[:-1] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    users, items, at = users[last], items[last], at[last]
    order = np.lexsort((-items, at, users))
    users, items = users[order], items[order]
    lengths = np.bincount(users, minlength=data.n_users)
    from_end = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(users))
    kept = from_end < longest
    ones = np.ones(int(kept.sum()), np.float32)
    cells = (users[kept].astype(np.int32), items[kept].astype(np.int32))
    newest: Matrix = sparse.coo_array((ones, cells), shape=taken.shape).tocsr()
    newest.sort_indices()
    return newest
