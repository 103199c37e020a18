"""A ranker by hand: its inputs, its predictions, what it keeps on disk, and the terms that a feed sums."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from tests.unit.recommendation.test_stages import context, fact

from socialflow.content.records import INTERACTION_CODES, InteractionType
from socialflow.errors import ArtefactError
from socialflow.kit.answers import Provenance, Tier
from socialflow.recommendation import feeds, ranker_signals
from socialflow.recommendation.exposures import outcomes_of
from socialflow.recommendation.pipeline import Candidates, rank
from socialflow.recommendation.ranker import HEADS, Inputs, LoadedRanker, Network, Ranker
from socialflow.recommendation.rewards import Reaction
from socialflow.recommendation.scorers.ranked import ExpectedValue

HERE = (InteractionType.VIEW, InteractionType.LIKE, InteractionType.SKIP)


def by_hand(names: tuple[str, ...] = ("popular",), slope: float = 1.0) -> Ranker:
    """P(like) = sigmoid(slope x first signal); watching and skipping are always as likely as not."""
    weight = np.zeros((2 * len(names), 3), np.float32)
    weight[0, 1] = slope
    inputs = Inputs(names, np.zeros(len(names), np.float32), np.ones(len(names), np.float32))
    return Ranker(inputs, Network([weight], [np.zeros(3, np.float32)]), HERE, {"missing": ["report"]})


class TestRanker:
    def test_predicts_every_head_at_once(self) -> None:
        told = by_hand().predict(("popular",), np.array([[0.0], [2.0], [np.nan], [100.0]], np.float32))
        assert told[:, 0].tolist() == [0.5] * 4
        assert told[:, 1] == pytest.approx(expit([0.0, 2.0, 0.0, 4.0]))  # unknown is the centre, far is cut

    def test_signals_are_found_by_name(self) -> None:
        told = by_hand().predict(("age", "popular"), np.array([[7.0, 2.0]], np.float32))
        assert told[0, 1] == pytest.approx(expit(2.0))

    def test_inputs_of_a_column_that_says_nothing_are_zero(self) -> None:
        signals = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan]], np.float32)
        assert Inputs.of(("a", "b", "c"), signals)(signals).tolist() == [[-1, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 1]]

    def test_comes_back_as_it_was_saved(self, tmp_path: Path) -> None:
        made = by_hand(ranker_signals.NAMES)
        made.save(tmp_path)
        again = Ranker.load(tmp_path)
        signals = np.random.default_rng(0).normal(size=(9, len(ranker_signals.NAMES))).astype(np.float32)
        assert np.array_equal(made.predict(ranker_signals.NAMES, signals), again.predict(ranker_signals.NAMES, signals))
        assert (again.heads, again.facts) == (made.heads, made.facts)
        assert again.missing == tuple(head for head in HEADS if head not in HERE)
        assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npy"}

    def test_a_damaged_directory_is_refused(self, tmp_path: Path) -> None:
        by_hand().save(tmp_path)
        state = tmp_path / "state.json"
        state.write_text(state.read_text().replace('"like"', '"applaud"'))
        with pytest.raises(ArtefactError, match="not a usable ranker"):
            Ranker.load(tmp_path)


class TestExpectedValue:
    def test_is_the_value_model_over_the_predictions(self) -> None:
        ctx = context(fact(0), fact(1), likes={1: 10})
        ctx.world = replace(ctx.world, ranker=LoadedRanker(by_hand(), Provenance("ranker", "1", Tier.TRAINED)))
        two = np.arange(2)
        ranking = rank(feeds.FEEDS["ranked"], ctx, Candidates(two, two * 0, two, two * 0 - 1))
        popular = np.float16(np.log1p(10.0))
        watched, liked, skipped = ranking.terms_of([1])[0]
        assert (watched.name, watched.weight, watched.value) == ("E(watched)", 1.0, 0.5)
        assert (liked.name, liked.weight, liked.value) == ("P(like)", 1.0, pytest.approx(expit(float(popular))))
        assert (skipped.name, skipped.weight, skipped.value) == ("P(skip)", -0.5, 0.5)
        assert ranking.scores[1] == pytest.approx(0.5 + expit(float(popular)) - 0.25)
        assert ranking.order.tolist() == [1, 0]
        assert ranking.provenance == (Provenance("ranker", "1", Tier.TRAINED),)

    def test_heads_that_count_but_could_not_be_learnt_are_missing(self) -> None:
        ctx = context(fact(0))
        ctx.world = replace(ctx.world, ranker=LoadedRanker(by_hand(), Provenance("ranker", "1", Tier.TRAINED)))
        assert "head:report" in ExpectedValue().value(ctx, np.array([0])).missing

    def test_without_a_ranker_nothing_is_pretended(self) -> None:
        valued = ExpectedValue().value(context(fact(0)), np.array([0]))
        assert (valued.terms, valued.missing) == ((), ("model:ranker",))

    def test_signals_of_an_item_do_not_depend_on_the_other_candidates(self) -> None:
        ctx = context(*[fact(key, category="a" if key % 2 else "b") for key in range(6)], likes={2: 3, 5: 9})
        together = ranker_signals.signals(ctx, np.arange(6))
        alone = np.concatenate([ranker_signals.signals(ctx, np.array([key])) for key in range(6)])
        assert np.array_equal(together, alone, equal_nan=True)


class TestOutcomes:
    def test_the_last_of_each_kind_counts_and_watching_is_a_fraction(self) -> None:
        def did(item: int, kind: InteractionType, value: float = 1.0) -> Reaction:
            return Reaction(item, INTERACTION_CODES[kind], value)

        done, reacted = outcomes_of(
            [7, 8, 9],
            [
                did(7, InteractionType.VIEW, 0.25),
                did(7, InteractionType.WATCH_TIME, 15.0),
                did(8, InteractionType.LIKE),
                did(8, InteractionType.LIKE, 0.0),
                did(4, InteractionType.LIKE),
            ],
        )
        assert done[:, 0].tolist() == [0.5, 0.0, 0.0]
        assert done[:, 1:].sum() == 0.0
        assert reacted.tolist() == [True, True, False]
