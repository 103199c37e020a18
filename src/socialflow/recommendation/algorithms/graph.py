"""A filter on the graph of users and items: damped walks of two steps, and its low frequencies."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.graph_filter import Filter, Graph, choose_filter, filtered_links
from socialflow.recommendation.links import MOST_LINKS, LinkRecommender
from socialflow.recommendation.protocol import FitData, Saved, State


class GraphFilter(LinkRecommender):
    r"""Damped walk on the user-item graph and low pass beside it, as one truncated item-item matrix.

    With ``R`` (users x items, positive weights clipped to 1), degrees ``D_u`` and ``D_i``, ``N = D_u^-1/2 R D_i^-1/2``,
    and ``V``, ``l`` the leading eigenvectors and eigenvalues of ``N^T N`` (the lowest frequencies of the graph)::

        S = (D_i^(1/2 - source) (N^T N + V diag(l / (1 + damping l) - l) V^T) + low' D_i^-1/2 V V^T) D_i^(1/2 - target)
        score(h)[j] = sum over the history's items i of weight_i * S[i, j]                                 (S[i, i] = 0)

    The walk knows what is often taken together. Its strongest frequencies say what everybody takes; damping holds them
    down as ridge regression would, so that they do not drown what is particular. The low pass reaches items that no
    common user joins; ``low' = low d^(1 - source)`` with ``d`` the geometric mean degree of what people took. Each item
    keeps its `neighbours` greatest S[i, j]. Negative weights of a history subtract. NaN where no item of the history
    has the candidate as neighbour.

    Parameters
    ----------
    rank
        Frequencies that are damped and passed: columns of V.
    neighbours
        Longest neighbour list of an item; None takes up to 1,000, fewer (at least 100) where there are so many items
        that all lists together would pass 40 million links (320 MB).
    form
        (source, target, damping, low): the exponents, and the weights of damping and low pass; None chooses them by a
        fifth of the interactions of some users, held out for that purpose (partly at random, partly as blocks) and put
        back for the fit.
    seed
        Of the choice and of the randomised decomposition.

    References
    ----------
    Shen et al., "How Powerful is Graph Convolution for Recommendation?" (GF-CF), CIKM 2021; Kim et al., "Graph
    Collaborative Filtering with Chebyshev filters" (ChebyCF), 2025; Fu et al., "Revisiting Neighborhood-based Link
    Prediction for Collaborative Filtering" (LinkProp), WWW 2022.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Histories, Interactions
    >>> log = Interactions.from_pairs([1, 1, 2, 2, 3, 3], [10, 20, 20, 30, 10, 20])
    >>> model = GraphFilter(rank=1, form=(1.0, 0.0, 0.0, 0.4)).fit(log)
    >>> model.top(Histories.from_lists([[10]]), k=2).items.tolist()
    [[20, 30]]
    """

    name = "graph"

    def __init__(
        self,
        *,
        rank: int = 512,
        neighbours: int | None = None,
        form: tuple[float, float, float, float] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if rank < 1 or (neighbours is not None and neighbours < 1):
            raise InvalidInput("rank and neighbours must be at least 1", field="rank")
        self._rank, self._n_neighbours, self._seed = rank, neighbours, seed
        self._fixed = None if form is None else Filter(*form)
        self._filter = Filter()

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        form = None if self._fixed is None else list(asdict(self._fixed).values())
        return {"rank": self._rank, "neighbours": self._n_neighbours, "form": form, "seed": self._seed}

    @property
    def form(self) -> Filter:
        """The filter in use."""
        return self._filter

    def _fit(self, data: FitData) -> None:
        taken = data.positives()
        np.minimum(taken.data, 1.0, out=taken.data)
        if not taken.nnz:
            self._links = sparse.csr_array(taken.T @ taken)  # nothing, in the right shape
            return
        most = self._n_neighbours or max(100, min(1000, MOST_LINKS // data.n_items))
        self._filter = self._fixed or choose_filter(taken, self._rank, self._seed)
        graph = Graph.of(taken, self._rank, self._seed)
        self._links = filtered_links(graph, self._filter, most)

    def _state(self) -> State:
        return {"form": asdict(self._filter)}

    def _restore(self, saved: Saved) -> None:
        self._filter = Filter(**saved.state["form"])
        super()._restore(saved)
