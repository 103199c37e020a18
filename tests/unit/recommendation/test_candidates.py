"""Best items without scoring all: recall, exactness of the scores, topping up, and when all are scored instead."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.errors import ArtefactError
from socialflow.recommendation import candidates
from socialflow.recommendation.algorithms.svd import Svd
from socialflow.recommendation.candidates import Candidates, ItemIndex
from socialflow.recommendation.interactions import Histories, Interactions

N_ITEMS = 600


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds at which 600 items are many."""
    monkeypatch.setattr(candidates, "EXACT_UP_TO", 500)
    monkeypatch.setattr(candidates, "AT", 20)
    monkeypatch.setattr(candidates, "_HEAD", 50)


def fitted(items: int = N_ITEMS) -> tuple[Svd, Histories]:
    """A factor model of 400 users who stay within one of six tastes, and histories of 40 of them."""
    rng = np.random.default_rng(5)
    taste = rng.integers(0, 6, (400, 1))
    taken = (rng.zipf(1.3, (400, 25)) * 6 + taste) % items
    log = Interactions.from_pairs(np.repeat(np.arange(400), 25), taken.ravel())
    return Svd(factors=16).fit(log), Histories.from_lists([np.unique(row).tolist() for row in taken[:40]])


class TestIndex:
    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=10, deadline=None)
    def test_the_best_products_are_among_the_likely_whatever_the_lengths(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        vectors = rng.standard_normal((500, 8)) * rng.pareto(2.0, (500, 1))
        queries = rng.standard_normal((5, 8))
        index = ItemIndex.build(vectors.astype(np.float32))
        best = np.argsort(-queries @ vectors.T, axis=1)[:, :20]
        likely = index.likely(queries.astype(np.float32), 40)
        assert np.mean([np.isin(row, near).mean() for row, near in zip(best, likely, strict=True)]) > 0.95
        assert all((np.diff(near) > 0).all() for near in likely)

    def test_what_has_no_vector_is_never_likely(self) -> None:
        vectors = np.random.default_rng(0).standard_normal((200, 4)).astype(np.float32)
        vectors[7] = np.nan
        assert 7 not in ItemIndex.build(vectors).likely(vectors[:1], 200)[0]


class TestServing:
    def test_lists_are_nearly_the_exact_ones_and_their_scores_are_exact(self) -> None:
        model, histories = fitted()
        exact = model.top(histories, 20)
        told = model.index_items(histories)
        assert told.indexed
        assert told.recall is not None
        shares = []
        for row, best in enumerate(exact.items):
            one = histories.rows(row, row + 1)
            found = model.top(one, 20)
            shares.append(np.isin(found.items[0], best).mean())
            assert found.scores[0] == pytest.approx(model.score_items(one, found.items[0])[0], rel=1e-4)
        assert np.mean(shares) == pytest.approx(told.recall, abs=0.02)

    def test_nothing_seen_is_listed_and_no_list_runs_short(self) -> None:
        model, _ = fitted()
        everything = Histories.from_lists([model.item_ids[: len(model.item_ids) - 3].tolist()])
        model.index_items(everything)
        model.index, model.candidates = ItemIndex.build(model._targets()), Candidates(N_ITEMS, 1.0)
        ranked = model.top(everything, 5).items[0]
        expected = [item for item in model.item_ids[-3:].tolist() if np.isfinite(model.score_items(everything, [item]))]
        assert sorted(item for item in ranked.tolist() if item >= 0) == expected

    def test_a_restriction_is_kept_to_and_exhausted(self) -> None:
        model, histories = fitted()
        allowed = model.item_ids[::40]
        exact = model.top(histories, 30, allowed=allowed)
        model.index_items(histories)
        assert np.array_equal(model.top(histories, 30, allowed=allowed).items, exact.items)

    def test_a_few_and_one_list_alike_and_many_get_the_exact_lists(self) -> None:
        model, histories = fitted()
        exact = model.top(histories, 20).items
        model.index_items(histories)
        alone = [model.top(histories.rows(row, row + 1), 20).items[0] for row in range(10)]
        assert np.array_equal(model.top(histories.rows(0, 10), 20).items, alone)
        assert np.array_equal(model.top(histories, 20).items, exact)

    def test_a_stored_index_serves_as_it_did(self, tmp_path: Path) -> None:
        model, histories = fitted()
        model.index_items(histories)
        model.save(tmp_path)
        loaded = Svd.load(tmp_path)
        assert loaded.candidates == model.candidates
        assert loaded.index is not None
        few = histories.rows(0, 10)
        assert np.array_equal(loaded.top(few, 20).items, model.top(few, 20).items)

    def test_an_index_of_another_model_is_refused(self, tmp_path: Path) -> None:
        model, histories = fitted()
        model.index_items(histories)
        assert model.index is not None
        model.index = ItemIndex(model.index.head, model.index.tail[1:], model.index.graph)
        model.save(tmp_path)
        with pytest.raises(ArtefactError, match="does not hold"):
            Svd.load(tmp_path)


class TestWhenAllAreScored:
    def test_few_items_need_no_index(self) -> None:
        model, histories = fitted(items=300)
        assert not model.index_items(histories).indexed
        assert model.index is None
        assert str(model.candidates) == f"all {len(model.item_ids)} items scored"

    def test_an_index_that_misses_too_much_is_not_used_and_says_so(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        model, histories = fitted()
        exact = model.top(histories, 20).items
        monkeypatch.setattr(ItemIndex, "likely", lambda self, queries, count: [self.head[:25]] * len(queries))
        model.index_items(histories)
        assert model.index is None
        assert "below 0.95" in str(model.candidates)
        assert np.array_equal(model.top(histories, 20).items, exact)
        model.save(tmp_path)
        assert Svd.load(tmp_path).candidates == model.candidates
