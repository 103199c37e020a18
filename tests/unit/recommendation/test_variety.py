"""Variety, decay and quotas: the mathematics against brute force, and what becomes of a list."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.fakes import ago
from tests.unit.recommendation.test_stages import context, fact, moves, order, ranking

from socialflow.ids import ChannelKey, UserKey
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import to_micros
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.context import Context
from socialflow.recommendation.interactions import ItemTable
from socialflow.recommendation.selectors.determinantal import DeterminantalPointProcess, greedy_map
from socialflow.recommendation.selectors.rerank import AuthorDecay, NewCreatorSlots
from socialflow.recommendation.selectors.similarity import Similarity
from socialflow.recommendation.shelf import Loaded

Floats = npt.NDArray[np.float64]

_units = st.floats(0, 1, allow_subnormal=False)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Up to six items: quality (n,), and a kernel (n, n) of rank up to six with 1 on its diagonal."""
    n = draw(st.integers(2, 6))
    vectors = draw(arrays(np.float64, (n, 6), elements=st.floats(-1, 1, allow_subnormal=False)))
    vectors[:, 0] += 2.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return draw(arrays(np.float64, n, elements=_units)), vectors @ vectors.T


def objective(quality: Floats, kernel: Floats, chosen: list[int], theta: float) -> float:
    sign, logarithm = np.linalg.slogdet(kernel[np.ix_(chosen, chosen)])
    return float(theta * quality[chosen].sum() + (1 - theta) * (logarithm if sign > 0 else -np.inf))


class TestGreedyMap:
    @given(problems(), st.floats(0.1, 0.9))
    def test_every_step_takes_what_adds_most(self, problem: tuple[Floats, Floats], theta: float) -> None:
        quality, kernel = problem
        assume(np.linalg.slogdet(kernel)[1] > -12)
        chosen = greedy_map(quality, kernel.__getitem__, len(quality), theta)
        for step, taken in enumerate(chosen):
            before = chosen[:step]
            gains = {i: objective(quality, kernel, [*before, i], theta) for i in range(len(quality)) if i not in before}
            assert gains[taken] == pytest.approx(max(gains.values()), abs=1e-6)

    @given(problems(), st.floats(0.1, 0.9), st.integers(1, 3))
    def test_the_best_subset_is_at_most_the_known_bound_better(
        self, problem: tuple[Floats, Floats], theta: float, k: int
    ) -> None:
        """Greedy volume is at least 1 / k! of the greatest (Civril and Magdon-Ismail 2009), on vectors scaled by
        exp(theta quality / (2 (1 - theta)))."""
        quality, kernel = problem
        k = min(k, len(quality))
        assume(np.linalg.slogdet(kernel)[1] > -12)
        chosen = greedy_map(quality, kernel.__getitem__, k, theta)
        best = max(objective(quality, kernel, list(subset), theta) for subset in combinations(range(len(quality)), k))
        factorial = float(np.prod(np.arange(1, k + 1)))
        assert best - 2 * (1 - theta) * np.log(factorial) - 1e-6 <= objective(quality, kernel, chosen, theta)
        assert objective(quality, kernel, chosen, theta) <= best + 1e-6

    @given(arrays(np.float64, 6, elements=_units), st.floats(0.1, 0.9))
    def test_where_nothing_is_alike_the_best_scores_win(self, quality: Floats, theta: float) -> None:
        chosen = greedy_map(quality, np.eye(6).__getitem__, 3, theta)
        assert quality[chosen].tolist() == np.sort(quality)[::-1][:3].tolist()

    def test_copies_come_last_by_score(self) -> None:
        kernel = np.kron(np.eye(2), np.ones((2, 2)))
        assert greedy_map(np.array([0.9, 1.0, 0.1, 0.2]), kernel.__getitem__, 4, 0.5) == [1, 3, 0, 2]

    def test_sees_that_two_together_cover_a_third(self) -> None:
        """The third lies between the first two and is no nearer to either than the fourth is to the first: a pairwise
        penalty cannot tell them apart, the volume can."""
        vectors = np.array([[1, 0, 0], [0, 1, 0], [0.7, 0.7, 0.141], [0.7, 0, 0.714]])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        assert greedy_map(np.array([1.0, 0.99, 0.9, 0.9]), (vectors @ vectors.T).__getitem__, 3, 0.5) == [0, 1, 3]


class _Axes:
    """A content model that knows three items: 1 and 2 by the same words, 3 by others."""

    item_ids = np.array([1, 2, 3], np.int64)
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    half_life = None

    def encode(self, items: ItemTable) -> npt.NDArray[np.float32]:
        return np.zeros((len(items), 2), np.float32)


def with_content(ctx: Context) -> Context:
    made = Provenance("content_based", "1", Tier.TRAINED)
    ctx.world.models["content_based"] = Loaded(_Axes(), made, ContentSpace(_Axes()))
    return ctx


class TestSimilarity:
    def test_halves_while_no_content_model_is_loaded(self) -> None:
        items = [fact(1, category="a", author_key=UserKey(7)), fact(2, category="a"), fact(3), fact(4)]
        items[2] = fact(3, author_key=UserKey(7))
        similar = Similarity(context(*items), np.array([1, 2, 3, 4]))
        assert similar.row(0).tolist() == [1, 0.5, 0.5, 0]
        assert similar.row(3).tolist() == [0, 0, 0, 1]

    def test_thirds_with_one(self) -> None:
        items = [fact(1, category="a"), fact(2, category="a"), fact(3, category="a"), fact(4)]
        similar = Similarity(with_content(context(*items)), np.array([1, 2, 3, 4]))
        assert similar.row(0).tolist() == pytest.approx([1, 2 / 3, 1 / 3, 0])
        assert similar.row(3).tolist() == [0, 0, 0, 1]

    @given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=8))
    def test_is_a_kernel(self, items: list[tuple[int, int]]) -> None:
        facts = [
            fact(
                key,
                category=None if category < 0 else f"c{category}",
                author_key=None if author < 0 else UserKey(author),
            )
            for key, (category, author) in enumerate(items)
        ]
        similar = Similarity(with_content(context(*facts)), np.arange(len(items)))
        kernel = np.array([similar.row(i) for i in range(len(items))])
        assert kernel == pytest.approx(kernel.T)
        assert np.linalg.eigvalsh(kernel).min() > -1e-9


class TestDeterminantalPointProcess:
    def test_items_by_the_same_words_stand_apart(self) -> None:
        ctx = with_content(context(fact(1), fact(2), fact(3)))
        made = ranking(ctx, {1: 1.0, 2: 0.98, 3: 0.95})
        DeterminantalPointProcess(theta=0.65).select(ctx, made)
        assert order(made) == [1, 3, 2]
        assert made.moves_of([2])[0] == ("dpp 3 -> 2",)
        assert made.moves_of([1])[0] == ("dpp 2 -> 3",)

    def test_a_far_better_score_outweighs_variety(self) -> None:
        ctx = with_content(context(fact(1), fact(2), fact(3)))
        made = ranking(ctx, {1: 1.0, 2: 0.98, 3: 0.1})
        DeterminantalPointProcess(theta=0.65).select(ctx, made)
        assert order(made) == [1, 2, 3]


class TestAuthorDecay:
    def test_each_further_item_keeps_less(self) -> None:
        ctx = context(*(fact(key, author_key=UserKey(7)) for key in (1, 2, 3)), fact(4), fact(5))
        made = ranking(ctx, {1: 1.0, 2: 0.8, 3: 0.8, 4: 0.7, 5: 0.6})
        AuthorDecay(factor=0.5, floor=0.25).select(ctx, made)
        assert made.scores.tolist() == pytest.approx([1.0, 0.8 * 0.625, 0.8 * 0.4375, 0.7, 0.6])
        assert order(made) == [1, 4, 5, 2, 3]
        assert made.moves_of([1])[0] == ("author decay -0.30",)

    def test_the_terms_still_add_up_to_the_score(self) -> None:
        ctx = context(*(fact(key, channel_key=ChannelKey(7)) for key in (1, 2)))
        made = ranking(ctx, {1: 0.5, 2: -0.2})
        made.terms = [("base", 1.0, made.scores)]
        AuthorDecay(factor=0.5, floor=0.25).select(ctx, made)
        assert sum(term.weight * term.value for term in made.terms_of([1])[0]) == pytest.approx(made.scores[1])
        assert made.scores[1] == pytest.approx(-0.2 - 0.375 * 0.2)

    def test_items_of_nobody_have_nothing_to_do_with_each_other(self) -> None:
        ctx = context(fact(1), fact(2))
        made = ranking(ctx, {1: 1.0, 2: 0.9})
        AuthorDecay(factor=0.5, floor=0.25).select(ctx, made)
        assert made.scores.tolist() == [1.0, 0.9]


class TestNewCreatorSlots:
    """Author 8 came ten days ago, 9 a year ago; both have one item."""

    def places(self, likes: dict[int, int] | None = None) -> list[int]:
        known = [fact(key, author_key=UserKey(1), created_at=to_micros(ago(days=300))) for key in range(1, 7)]
        new = fact(8, author_key=UserKey(8), created_at=to_micros(ago(days=10)))
        old = fact(9, author_key=UserKey(9), created_at=to_micros(ago(days=365)))
        ctx = context(*known, old, new, fact(10), need=4, likes=likes)
        made = ranking(ctx, {**{key: 1.0 - key / 100 for key in range(1, 7)}, 10: 0.3, 9: 0.2, 8: 0.1})
        NewCreatorSlots(every=3, days=30, few=5).select(ctx, made)
        self.moves = moves(made)
        return order(made)

    def test_a_new_creator_gets_a_place_and_an_old_one_does_not(self) -> None:
        assert self.places() == [1, 2, 8, 3, 4, 5, 6, 10, 9]
        assert self.moves[8] == ["new creator slot 9 -> 3"]
        assert self.moves[2] == ["new creator slot of another 3 -> 4"]

    def test_a_creator_who_was_heard_needs_none(self) -> None:
        assert self.places(likes={8: 5}) == [1, 2, 3, 4, 5, 6, 10, 9, 8]

    def test_a_debut_is_the_first_item_not_the_newest(self) -> None:
        before = fact(1, author_key=UserKey(8), created_at=to_micros(ago(days=90)))
        new = fact(5, author_key=UserKey(8), created_at=to_micros(ago(hours=1)))
        ctx = context(before, fact(2), fact(3), new, need=2)
        made = ranking(ctx, {2: 0.9, 3: 0.8, 5: 0.1})
        NewCreatorSlots(every=2, days=30, few=5).select(ctx, made)
        assert order(made) == [2, 3, 5]

    def test_places_are_counted_over_the_pages_of_a_request(self) -> None:
        new = fact(9, author_key=UserKey(8), created_at=to_micros(ago(days=1)))
        shown_new = fact(8, author_key=UserKey(9), created_at=to_micros(ago(days=1)))
        items = [*(fact(key) for key in range(1, 8)), new, shown_new]
        scores = {**{key: 1.0 - key / 100 for key in range(1, 5)}, 9: 0.1}
        for shown, expected in (((5, 6), [1, 2, 9, 3, 4]), ((5, 8), [1, 2, 3, 4, 9])):
            ctx = context(*items, need=4, shown=shown)
            made = ranking(ctx, scores)
            NewCreatorSlots(every=5, days=30, few=5).select(ctx, made)
            assert order(made) == expected
