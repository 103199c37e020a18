"""Searching for settings: what is tried, what is kept, and that the test is never looked at."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.interactions import Interactions
from socialflow.training import HyperparameterTuner, tuner
from socialflow.training.config import build
from socialflow.training.datasets.records import RankingData
from socialflow.training.protocols import PROTOCOLS, Split
from socialflow.training.ranking_tuning import SPACES, Between, Dimension, OneOf, best_half_life, best_settings
from socialflow.training.recommender_eval import evaluate_recommender
from socialflow.training.tuner import Search

optuna = pytest.importorskip("optuna")


def platform() -> RankingData:
    """Sixty people of two tastes, twenty items each."""
    rng = np.random.default_rng(0)
    pairs = [(user, int(item)) for user in range(60) for item in rng.permutation(20)[:8] * 2 + user % 2]
    return RankingData(Interactions.from_pairs([user for user, _ in pairs], [item for _, item in pairs]), ordered=True)


CUT = PROTOCOLS["leave-one-out"].validation(platform(), 0)
SPACE: Mapping[str, Dimension] = {"kernel": (Between(0.5, 1.0), Between(0.5, 0.5), Between(0.0, 0.4))}


def choose(search: Search, *, seed: int = 0, cut: Split = CUT, tried: list[Any] | None = None) -> Any:
    def made(settings: Mapping[str, Any]) -> Any:
        if tried is not None:
            tried.append(dict(settings))
        return build("item_item", settings)

    chooser = HyperparameterTuner("item_item", search, seed=seed)
    return chooser.choose(made, SPACE, cut, None, k=10, progress=lambda _done, _total: None)


class TestSearch:
    def test_the_defaults_come_first_and_the_best_is_chosen(self) -> None:
        tuned = choose(Search(trials=6))
        assert len(tuned.tried) == 6
        assert tuned.tried[0].settings == {}
        assert (tuned.by, tuned.metric, tuned.users) == ("optuna", "ndcg@10", 60)
        ended = [trial for trial in tuned.tried if not trial.pruned]
        assert tuned.settings == max(ended, key=lambda trial: trial.value).settings
        for trial in tuned.tried[1:]:
            user, source, target = trial.settings["kernel"]
            assert 0.5 <= user <= 1.0
            assert source == 0.5
            assert 0.0 <= target <= 0.4

    def test_values_are_those_of_the_grid(self) -> None:
        tuned = choose(Search(trials=3))
        settings = [trial.settings for trial in tuned.tried if not trial.pruned]
        grid = best_settings(
            lambda one: build("item_item", one), settings, CUT, None, k=10, progress=lambda _done, _total: None
        )
        assert [trial.value for trial in grid.tried] == pytest.approx(
            [trial.value for trial in tuned.tried if not trial.pruned]
        )

    def test_equal_seeds_search_alike(self) -> None:
        assert choose(Search(trials=4), seed=3) == choose(Search(trials=4), seed=3)
        assert choose(Search(trials=4), seed=3) != choose(Search(trials=4), seed=4)

    def test_goes_on_where_it_was_stopped(self, tmp_path: Path) -> None:
        study = tmp_path / "study.jsonl"
        first = choose(Search(trials=3, study=study))
        built: list[Any] = []
        whole = choose(Search(trials=5, study=study), tried=built)
        assert whole.tried[:3] == first.tried
        assert len(whole.tried) == 5
        assert len(built) == 2
        assert choose(Search(trials=5, study=study), tried=[]) == whole

    def test_one_file_holds_searches_of_different_questions_apart(self, tmp_path: Path) -> None:
        study = tmp_path / "study.jsonl"
        choose(Search(trials=2, study=study))
        built: list[Any] = []
        other = CUT.take(np.arange(30))
        assert choose(Search(trials=2, study=study), cut=other, tried=built).users == 30
        assert len(built) == 2

    def test_no_trial_begins_after_the_time(self) -> None:
        assert len(choose(Search(trials=1000, seconds=0.05)).tried) < 1000

    def test_a_hopeless_trial_is_given_up_before_the_end(self) -> None:
        fits = 0

        def made(settings: Mapping[str, Any]) -> Any:
            nonlocal fits
            fits += 1
            return build("trending" if fits > 9 else "item_item", {})

        chooser = HyperparameterTuner("item_item", Search(trials=11))
        tuned = chooser.choose(made, SPACE, CUT, None, k=10, progress=lambda _done, _total: None)
        assert [trial.pruned for trial in tuned.tried] == [False] * 9 + [True] * 2
        assert tuned.tried[-1].value < tuned.tried[0].value

    @pytest.mark.parametrize(("settings", "field"), [({"trials": 0}, "trials"), ({"seconds": 0.0}, "seconds")])
    def test_no_search_at_all_is_refused(self, settings: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as problem:
            Search(**settings)
        assert problem.value.field == field

    def test_without_optuna_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tuner, "find_spec", lambda name: None)
        with pytest.raises(ModelUnavailable, match=r"socialflow\[train\]"):
            HyperparameterTuner("als")


class TestTheTest:
    def test_is_refused_as_a_cut_to_choose_by(self) -> None:
        test = replace(PROTOCOLS["leave-one-out"].test(platform(), 0), is_test=True)
        with pytest.raises(InvalidInput, match="part of train"):
            choose(Search(trials=2), cut=test)
        with pytest.raises(InvalidInput, match="part of train"):
            choose(Search(trials=2), cut=test.take(np.arange(5)))
        with pytest.raises(InvalidInput, match="part of train"):
            best_settings(lambda one: build("als", one), [{}], test, None, k=5, progress=lambda _done, _total: None)
        with pytest.raises(InvalidInput, match="part of train"):
            best_half_life(build("als", {}), test, None, k=5)

    def test_may_hold_anything_without_changing_what_is_chosen(self, tmp_path: Path) -> None:
        data = platform().interactions
        folder = tmp_path / "clicks"
        folder.mkdir()
        lines = [
            f"{user} {' '.join(map(str, data.items[data.users == user].tolist()))}" for user in np.unique(data.users)
        ]
        (folder / "train.txt").write_text("\n".join(lines), "utf-8")
        chosen = []
        for item in (41, 42):
            (folder / "test.txt").write_text("\n".join(f"{user} {item}" for user in range(60)), "utf-8")
            report = evaluate_recommender("trending", folder, "lightgcn", ks=(5,), tune=Search(trials=2))
            chosen.append(report["tuning"])
            tuned = HyperparameterTuner("als", Search(trials=2)).search(folder, "lightgcn", k=5)
            chosen.append(tuned.as_json())
        assert chosen[:2] == chosen[2:]
        assert chosen[1]["cut"] == "part of train"
        assert len(chosen[1]["tried"]) == 2


class TestSpaces:
    def test_every_algorithm_has_one(self) -> None:
        assert set(SPACES) == set(ALGORITHMS)

    @pytest.mark.parametrize("name", list(SPACES))
    def test_its_ends_can_be_built(self, name: str) -> None:
        for end in (0, -1):
            settings = {setting: _end(where, end) for setting, where in SPACES[name].items()}
            if name == "collaborative" and end == 0:
                continue  # no share at all is the one corner that is none
            assert set(settings) <= set(build(name, settings).parameters)


def _end(where: Dimension, end: int) -> Any:
    if isinstance(where, tuple):
        return tuple(_end(one, end) for one in where)
    return where.options[end] if isinstance(where, OneOf) else (where.low, where.high)[end]
