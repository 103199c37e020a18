"""Degree-normalised co-occurrence: who took this also took that, corrected for how popular both are."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.cooccurrence import Kernel, choose_kernel, link
from socialflow.recommendation.links import MOST_LINKS, LinkRecommender
from socialflow.recommendation.protocol import FitData, Saved, State


class ItemItem(LinkRecommender):
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
        self._links = link(taken, self._kernel, most)

    def _state(self) -> State:
        return {"kernel": asdict(self._kernel)}

    def _restore(self, saved: Saved) -> None:
        self._kernel = Kernel(**saved.state["kernel"])
        super()._restore(saved)
