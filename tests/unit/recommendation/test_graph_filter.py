"""What the parts of a filter do to whom, and that its choice looks at blocks."""

import numpy as np
from scipy import sparse

from socialflow.recommendation.algorithms.graph import GraphFilter
from socialflow.recommendation.graph_filter import Filter, choose_filter
from socialflow.recommendation.interactions import Histories, Interactions

EVERYBODYS = 1
CATS, BOATS = (10, 11, 12), (20, 21, 22)


def two_tastes() -> Interactions:
    """Eight people: four take cats, four take boats, and everybody takes item 1."""
    pairs = [
        (user, item)
        for user in range(8)
        for item in (EVERYBODYS, *np.delete(CATS if user < 4 else BOATS, user % 3).tolist())
    ]
    return Interactions.from_pairs([user for user, _ in pairs], [item for _, item in pairs])


def first(damping: float) -> int:
    model = GraphFilter(rank=1, form=(0.5, 0.0, damping, 0.0)).fit(two_tastes())
    return int(model.top(Histories.from_lists([[CATS[0]]]), k=1).items[0, 0])


class TestDamping:
    def test_without_it_what_everybody_takes_leads(self) -> None:
        assert first(damping=0.0) == EVERYBODYS

    def test_with_it_what_belongs_together_leads(self) -> None:
        assert first(damping=8.0) in CATS

    def test_it_takes_most_from_the_strongest_frequency(self) -> None:
        lost = -Filter(damping=1.0).damps(np.array([1.0, 0.5, 0.1]))
        assert lost.tolist() == sorted(lost.tolist(), reverse=True)
        assert lost[0] == 0.5

    def test_none_takes_nothing(self) -> None:
        assert not Filter(damping=0.0).damps(np.array([1.0, 0.5])).any()


class TestLowPass:
    def test_it_reaches_items_without_a_common_person(self) -> None:
        log = Interactions.from_pairs([1, 1, 2, 2, 3, 3], [10, 20, 20, 30, 10, 20])
        far = Histories.from_lists([[10]])
        without, with_it = (GraphFilter(rank=1, form=(1.0, 0.0, 0.0, low)).fit(log) for low in (0.0, 0.4))
        assert np.isnan(without.score(far)[0, 2])
        assert with_it.score(far)[0, 2] > 0


class TestChoice:
    def test_nothing_to_hold_out_leaves_the_default(self) -> None:
        single = sparse.csr_array(np.eye(3, dtype=np.float32))
        assert choose_filter(single, rank=2, seed=0) == Filter()

    def test_equal_seeds_choose_alike(self) -> None:
        rng = np.random.default_rng(5)
        taken = sparse.csr_array((rng.random((60, 20)) < 0.3).astype(np.float32))
        assert choose_filter(taken, rank=4, seed=3) == choose_filter(taken, rank=4, seed=3)
