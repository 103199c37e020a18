"""The ranker's fit against a made-up platform whose probabilities are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.content.records import InteractionType
from socialflow.errors import InvalidInput
from socialflow.recommendation.exposures import Exposures
from socialflow.recommendation.ranker import HEADS, Ranker
from socialflow.training.ranker_fit import RankerFit, _certain, examine, looked

PLACES = 10
THETA = (1.0 + np.arange(PLACES)) ** -0.6
WATCH, LIKE, SKIP = (HEADS.index(kind) for kind in (InteractionType.VIEW, InteractionType.LIKE, InteractionType.SKIP))


def platform(rows: int = 12_000, *, reported: bool = True, seed: int = 0) -> tuple[Exposures, np.ndarray]:
    """Shown items, best first as far as the old ranking knew, and the true P(like | looked at).

    `reported`: clients tell of every view and skip; else of likes alone.
    """
    rng = np.random.default_rng(seed)
    signals = rng.normal(size=(rows, 2)).astype(np.float32)
    like = 1.0 / (1.0 + np.exp(1.0 - 1.5 * signals[:, 0]))
    pages = signals[:, 0].reshape(-1, PLACES) + rng.normal(size=(rows // PLACES, PLACES))
    places = np.argsort(np.argsort(-pages, axis=1), axis=1).ravel()
    examined = rng.random(rows) < THETA[places]
    outcomes = np.zeros((rows, len(HEADS)), np.float32)
    liked = examined & (rng.random(rows) < like)
    outcomes[:, LIKE] = liked
    if reported:
        watched = rng.beta(2.0, 2.0, rows)
        outcomes[:, WATCH] = np.where(examined & (watched >= 0.2), watched, 0.0)
        outcomes[:, SKIP] = examined & (watched < 0.2)
    users, at = np.arange(rows) % 100, np.arange(rows, dtype=np.float64)
    reacted = examined if reported else liked
    return Exposures(("taste", "noise"), users, places, at, signals, outcomes, reacted), like


class TestExamination:
    @pytest.mark.parametrize(("reported", "close"), [(True, 0.02), (False, 0.08)])
    def test_places_are_told_from_tastes(self, reported: bool, close: float) -> None:
        shown, _ = platform(40_000, reported=reported)
        theta = examine(np.hstack([shown.signals, np.zeros((len(shown), 1))]), shown.places, shown.reacted).theta
        assert np.abs(theta[:PLACES] - THETA).max() < close

    @given(st.floats(0.01, 1.0), st.floats(0.0, 0.99))
    def test_no_reaction_speaks_against_having_looked(self, theta: float, chance: float) -> None:
        told = looked(np.full(2, theta), np.full(2, chance), np.array([True, False]))
        assert told[0] == 1.0
        assert 0.0 <= told[1] <= theta + 1e-12


class TestFit:
    @pytest.fixture(scope="class")
    @staticmethod
    def fitted() -> Ranker:
        return RankerFit(hidden=16)(platform()[0])[0]

    def test_predicts_what_is_done_once_it_is_looked_at(self, fitted: Ranker) -> None:
        shown, like = platform(seed=1)
        predicted = fitted.predict(shown.names, shown.signals)[:, fitted.heads.index(InteractionType.LIKE)]
        naive = shown.outcomes[:, LIKE].mean()
        assert naive < 0.6 * like.mean()  # most of it was never looked at
        assert predicted.mean() == pytest.approx(like.mean(), rel=0.1)
        assert np.abs(predicted - like).mean() < 0.04

    def test_a_watched_fraction_is_predicted_as_one(self, fitted: Ranker) -> None:
        shown, _ = platform(seed=1)
        watched = fitted.predict(shown.names, shown.signals)[:, fitted.heads.index(InteractionType.VIEW)]
        assert watched.mean() == pytest.approx(shown.outcomes[shown.reacted, WATCH].mean(), rel=0.1)

    def test_heads_that_were_never_seen_are_named(self, fitted: Ranker) -> None:
        assert set(fitted.heads) == {InteractionType.VIEW, InteractionType.LIKE, InteractionType.SKIP}
        assert InteractionType.REPORT in fitted.missing
        assert "report" in fitted.facts["missing"]

    def test_equal_data_and_seed_give_equal_rankers(self) -> None:
        shown, _ = platform(1_000)
        first, second = (RankerFit(hidden=4)(shown)[0].predict(shown.names, shown.signals) for _ in range(2))
        assert np.array_equal(first, second)

    def test_one_head_alone_can_be_learnt(self) -> None:
        shown, _ = platform(2_000, reported=False)
        ranker, _ = RankerFit(hidden=4)(shown)
        assert ranker.heads == (InteractionType.LIKE,)
        assert ranker.predict(shown.names, shown.signals).shape == (2_000, 1)

    def test_nothing_done_is_nothing_to_learn_from(self) -> None:
        shown, _ = platform(100)
        shown.outcomes[:] = 0.0
        with pytest.raises(InvalidInput, match="too few had a reaction"):
            RankerFit()(shown)

    @pytest.mark.parametrize("wrong", [{"hidden": 1}, {"decay": -1.0}])
    def test_refuses_wrong_parameters(self, wrong: dict[str, float]) -> None:
        with pytest.raises(InvalidInput):
            RankerFit(**wrong)  # type: ignore[arg-type]

    @given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0.1, 1)), min_size=1, max_size=8))
    def test_a_fraction_is_two_rows_that_together_say_the_same(self, rows: list[tuple[float, bool, float]]) -> None:
        y, weights = np.array([[watched, liked] for watched, liked, _ in rows]), np.array([row[2] for row in rows])
        x, outcomes, counts = _certain(np.arange(len(rows), dtype=np.float32)[:, None], y, weights)
        for row in range(len(rows)):
            mine = x[:, 0] == row
            assert counts[mine].sum() == pytest.approx(weights[row])
            assert counts[mine] @ outcomes[mine] == pytest.approx(weights[row] * y[row])
