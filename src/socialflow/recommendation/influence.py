"""Who is listened to, and who belongs together: PageRank and communities of the follow graph."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.recommendation import artefacts
from socialflow.recommendation.interactions import IntArray

DAMPING = 0.85
"""Chance of going on along a follow; else the walk starts anew."""
_STEPS, _ENOUGH = 100, 1e-10

Floats = npt.NDArray[np.float64]
NAME = "social_graph"
"""Of its versions in the catalogue."""


@dataclass(frozen=True, slots=True)
class SocialGraph:
    """What a job made of the follows of people who permit analysis: `users` (n,) ascending keys, `influence` (n,) of
    sum 1, `communities` (n,) numbers from 0, the largest first. `modularity`: -0.5 to 1, 0 is chance."""

    users: IntArray
    influence: Floats
    communities: IntArray
    modularity: float

    @classmethod
    def of(cls, edges: IntArray, seed: int = 0) -> Self:
        """Measure follows `edges` (e, 2), source and target keys."""
        users, places = np.unique(edges, return_inverse=True)
        places = places.reshape(edges.shape)
        communities, modularity = find_communities(places, len(users), seed)
        return cls(users.astype(np.int64), page_rank(places, len(users)), communities, modularity)

    def most_influential(self, limit: int) -> dict[int, float]:
        """The `limit` people (keys) of greatest influence, the greatest at 1."""
        best = np.argsort(-self.influence, kind="stable")[:limit]
        return {int(self.users[row]): float(self.influence[row] / self.influence[best[0]]) for row in best}

    def save(self, directory: Path) -> None:
        """Write arrays and JSON into an existing empty directory."""
        arrays = {"users": self.users, "influence": self.influence, "communities": self.communities}
        artefacts.write(directory, {"name": NAME, "modularity": self.modularity}, arrays)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote. Raises ArtefactError."""
        header, arrays = artefacts.read(directory)
        return cls(arrays["users"], arrays["influence"], arrays["communities"], float(header["modularity"]))


def page_rank(edges: IntArray, n: int, restart: Floats | None = None) -> Floats:
    r"""Share of time (n,) that a walk along follows spends with each person.

    ``r = (1 - d) s + d (P^T r + (1^T r_dangling) s)`` with ``P`` the row-normalised follows, d = 0.85, and ``s`` the
    chances to start with each person: `restart` (n,) of sum 1 (personalised PageRank), None: everybody alike. Who
    follows nobody starts anew.

    References: Page, Brin, Motwani, Winograd, "The PageRank Citation Ranking", 1999; Haveliwala, "Topic-sensitive
    PageRank", WWW 2002.

    >>> page_rank(np.array([[0, 2], [1, 2]]), 3).round(3).tolist()
    [0.213, 0.213, 0.574]
    >>> page_rank(np.array([[0, 1], [2, 3]]), 4, restart=np.array([1.0, 0, 0, 0])).round(3).tolist()
    [0.541, 0.459, 0.0, 0.0]
    """
    if not n:
        return np.empty(0)
    start = np.full(n, 1.0 / n) if restart is None else restart
    out = np.bincount(edges[:, 0], minlength=n)
    weights = 1.0 / out[edges[:, 0]]
    onward = sparse.csr_array((weights, (edges[:, 1], edges[:, 0])), shape=(n, n))
    rank = start
    for _ in range(_STEPS):
        lost = rank[out == 0].sum()
        new: Floats = (1.0 - DAMPING) * start + DAMPING * (onward @ rank + lost * start)
        if np.abs(new - rank).sum() < _ENOUGH:
            return new
        rank = new
    return rank


def find_communities(edges: IntArray, n: int, seed: int) -> tuple[IntArray, float]:
    """Communities (n,) by the Louvain method, numbered by size, and their modularity; direction left aside.

    Reference: Blondel, Guillaume, Lambiotte, Lefebvre, "Fast unfolding of communities in large networks", 2008.
    """
    import networkx  # type: ignore[import-untyped]

    if not n:
        return np.empty(0, np.int64), 0.0
    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(edges.tolist())
    found = networkx.community.louvain_communities(graph, seed=seed)
    found.sort(key=lambda people: (-len(people), min(people)))
    numbers = np.empty(n, np.int64)
    for number, people in enumerate(found):
        numbers[list(people)] = number
    return numbers, float(networkx.community.modularity(graph, found)) if len(edges) else 0.0
