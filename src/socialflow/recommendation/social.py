"""What the people one follows took, and the blend that asks it beside the graph of users and items."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from socialflow.recommendation.algorithms.graph import GraphFilter
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.blends import LearntBlend
from socialflow.recommendation.cooccurrence import degrees, power
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Recommender, Saved
from socialflow.recommendation.query import Ranked


class Followed(Recommender):
    r"""Items by how many of the people whom a user follows took them.

    With ``F`` the followed people's rows at request time (`Histories.followed`) and ``d_j`` how many users took item j
    (at least 1)::

        score[j] = sum over rows of F about j of weight * d_j ** -target

    NaN for users who follow nobody with a history. The user's own history is not looked at, so that a new user who
    follows people has scores.

    Parameters
    ----------
    target
        Exponent against popular items.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Follows, Interactions
    >>> taken = Interactions.from_pairs([1, 1, 2], [10, 20, 20])
    >>> near = Follows(np.array([3, 3]), np.array([1, 2])).histories(np.array([3]), taken)
    >>> nothing = Histories.from_lists([[]])
    >>> model = Followed(target=0.0).fit(taken)
    >>> model.score(Histories(nothing.indptr, nothing.items, nothing.weights, nothing.at, followed=near)).tolist()
    [[1.0, 2.0]]
    """

    name = "followed"
    reads_follows = True

    def __init__(self, *, target: float = 0.15) -> None:
        super().__init__()
        self._target = target
        self._damping: FloatArray = np.empty(0, np.float32)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {"target": self._target}

    def _fit(self, data: FitData) -> None:
        self._damping = power(np.maximum(degrees(data.positives())[1], 1.0), self._target)

    def _score(self, histories: Histories) -> FloatArray:
        shape = (len(histories), len(self._item_ids))
        near = histories.followed
        if near is None:
            return np.full(shape, np.nan, np.float32)
        taken: Matrix = sparse.csr_array((near.weights, near.items, near.indptr), shape=shape)
        scores: FloatArray = taken.toarray() * self._damping
        scores[np.diff(near.indptr) == 0] = np.nan
        return scores

    def _arrays(self) -> Arrays:
        return {"damping": self._damping}

    def _restore(self, saved: Saved) -> None:
        self._damping = saved.arrays["damping"]


class SocialRecommender(LearntBlend):
    """The graph of users and items, what trends, and what the people one follows took, with learnt shares.

    Where follows say nothing that the other two do not, the learnt share of `followed` is 0. Popularity is a member so
    that followed people get no credit for liking what everybody likes. Similar items are those of the graph.

    Parameters
    ----------
    shares
        Shares of (graph, trending, followed); None learns them in steps of a tenth (see `LearntBlend`).
    half_life_hours
        Of trending; None for data without times.
    seed
        Of the held-out part and of the graph.

    References
    ----------
    Ma et al., "Recommender systems with social regularization", WSDM 2011; Wu et al., "A Neural Influence Diffusion
    Model for Social Recommendation" (DiffNet), SIGIR 2019 (the same effect, by a trained network).

    Examples
    --------
    See `Followed`.
    """

    name = "social"
    reads_follows = True

    def __init__(
        self, *, shares: Sequence[float] | None = None, half_life_hours: float | None = 24.0, seed: int = 0
    ) -> None:
        members = {
            "graph": GraphFilter(seed=seed),
            "trending": Trending(half_life_hours=half_life_hours),
            "followed": Followed(),
        }
        super().__init__(members, steps=10, shares=shares, seed=seed)
        self._half_life_hours = half_life_hours

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        shares = None if self._fixed is None else list(self._fixed)
        return {"shares": shares, "half_life_hours": self._half_life_hours, "seed": self._seed}

    def _neighbours(self, columns: IntArray, k: int) -> Ranked:
        return self._blended["graph"]._neighbours(columns, k)
