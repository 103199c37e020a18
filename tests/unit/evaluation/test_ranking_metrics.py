import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.evaluation.ranking import RANKING_METRICS, find_hits, rank_quality

LISTS = st.lists(st.permutations(range(12)), min_size=1, max_size=6)
WANTED = st.lists(st.sets(st.integers(0, 15), min_size=1, max_size=15), min_size=6, max_size=6)


def by_the_book(ranked: list[int], wanted: set[int], k: int) -> dict[str, float]:
    """The metrics of one list, written out with loops."""
    hits = [item in wanted for item in ranked[:k]]
    reachable = min(k, len(wanted))
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    gain = sum(1 / np.log2(place + 2) for place, hit in enumerate(hits) if hit)
    return {
        "precision": sum(hits) / k,
        "recall": sum(hits) / len(wanted),
        "hit_rate": float(any(hits)),
        "ndcg": gain / sum(1 / np.log2(place + 2) for place in range(reachable)),
        "map": sum(precisions) / reachable,
        "mrr": next((1 / (place + 1) for place, hit in enumerate(hits) if hit), 0.0),
    }


class TestRankQuality:
    @given(LISTS, WANTED, st.integers(1, 12))
    @settings(max_examples=100, deadline=None)
    def test_agrees_with_the_definitions(self, lists: list[list[int]], wanted: list[set[int]], k: int) -> None:
        wanted = wanted[: len(lists)]
        indptr = np.concatenate(([0], np.cumsum([len(row) for row in wanted])))
        hits = find_hits(np.array(lists), indptr, np.array([item for row in wanted for item in sorted(row)]))
        values = rank_quality(hits, np.diff(indptr), [k])
        for row, (ranked, relevant) in enumerate(zip(lists, wanted, strict=True)):
            for name, value in by_the_book(list(ranked), relevant, k).items():
                assert values[f"{name}@{k}"][row] == pytest.approx(value)

    def test_every_metric_at_every_k(self) -> None:
        values = rank_quality(np.ones((2, 20), bool), np.array([20, 20]), [10, 20])
        assert set(values) == {f"{name}@{k}" for name in RANKING_METRICS for k in (10, 20)}

    def test_capped_recall_can_be_one(self) -> None:
        hits, wanted = np.ones((1, 2), bool), np.array([10])
        assert rank_quality(hits, wanted, [2])["recall@2"][0] == 0.2
        assert rank_quality(hits, wanted, [2], capped_recall=True)["recall@2"][0] == 1.0


class TestFindHits:
    def test_users_are_kept_apart(self) -> None:
        hits = find_hits(np.array([[1, 2], [1, 2]]), np.array([0, 1, 2]), np.array([1, 2]))
        assert hits.tolist() == [[True, False], [False, True]]

    def test_empty_places_never_hit(self) -> None:
        assert not find_hits(np.array([[-1, -1]]), np.array([0, 1]), np.array([3])).any()
