"""PageRank and communities, against networkx and by hand."""

from pathlib import Path

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.recommendation.influence import SocialGraph, page_rank

PEOPLE = st.integers(0, 7)
EDGES = st.sets(st.tuples(PEOPLE, PEOPLE).filter(lambda edge: edge[0] != edge[1]), min_size=1)


class TestInfluence:
    @given(EDGES, PEOPLE)
    def test_agrees_with_networkx(self, edges: set[tuple[int, int]], whom: int) -> None:
        graph = networkx.DiGraph()
        graph.add_nodes_from(range(8))
        graph.add_edges_from(edges)
        pairs = np.array(sorted(edges), np.int64)
        ours = page_rank(pairs, 8)
        theirs = networkx.pagerank(graph, tol=1e-12, max_iter=500)
        assert ours == pytest.approx([theirs[n] for n in range(8)], abs=1e-6)
        start = np.eye(8)[whom]
        personal = networkx.pagerank(graph, personalization={whom: 1.0}, tol=1e-12, max_iter=500)
        assert page_rank(pairs, 8, restart=start) == pytest.approx([personal.get(n, 0) for n in range(8)], abs=1e-6)

    def test_the_greatest_is_one(self) -> None:
        graph = SocialGraph.of(np.array([[10, 30], [20, 30], [20, 10]]))
        assert next(iter(graph.most_influential(2).items())) == (30, 1.0)


class TestCommunities:
    def test_two_circles_are_two(self, tmp_path: Path) -> None:
        first = [(a, b) for a in range(4) for b in range(4) if a != b]
        second = [(a + 10, b + 10) for a in range(5) for b in range(5) if a != b]
        graph = SocialGraph.of(np.array([*first, *second, (0, 10)]))
        graph.save(tmp_path)
        read = SocialGraph.load(tmp_path)
        assert read.users.tolist() == [0, 1, 2, 3, 10, 11, 12, 13, 14]
        assert read.communities.tolist() == [1] * 4 + [0] * 5
        assert read.modularity > 0.3

    def test_nobody_is_no_graph(self) -> None:
        graph = SocialGraph.of(np.empty((0, 2), np.int64))
        assert (len(graph.users), graph.modularity, graph.most_influential(3)) == (0, 0.0, {})
