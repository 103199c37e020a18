"""A training run: from a snapshot to a candidate that knows how good it is."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.registry import Catalogue
from socialflow.errors import ArtefactError, InvalidInput
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable
from socialflow.training.config import EvaluationConfig, load_config
from socialflow.training.fit import fit_recommender
from socialflow.training.holdout import expected_of_chance, hold_out, means, measure, measure_popularity
from socialflow.training.snapshot import read_snapshot, write_snapshot

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def groups_of_taste(users: int = 120, items: int = 60, groups: int = 4, likes: int = 8) -> Interactions:
    """Users who like only items of their own group: collaborative filtering must beat popularity."""
    rng = np.random.default_rng(3)
    rows = []
    for user in range(users):
        own = np.arange(user % groups, items, groups) + 1000
        rows += [(user * 10, item) for item in rng.choice(own, likes, replace=False)]
    pairs = np.array(rows)
    return Interactions.from_pairs(pairs[:, 0], pairs[:, 1])


def table(ids: np.ndarray) -> ItemTable:
    n = len(ids)
    return ItemTable(
        ids=ids,
        titles=[f"title {item}" for item in ids],
        descriptions=["ünïcode\n\x00"] * n,
        tags=[("a", "b")] * n,
        categories=[None if item % 2 else "music" for item in ids],
        channels=np.full(n, -1),
        created_at=np.zeros(n),
    )


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    directory = tmp_path / "snapshot"
    directory.mkdir()
    write_snapshot(directory, groups_of_taste(), table(np.arange(1000, 1060)), created_at=NOW, value_model=1)
    return directory


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "models")


def silent(stage: str, done: int, total: int) -> None:
    pass


class TestSnapshot:
    def test_it_comes_back_and_names_nobody(self, snapshot: Path) -> None:
        about, interactions, items, _ = read_snapshot(snapshot)
        original = groups_of_taste()
        assert (about.users, about.items, about.interactions) == (120, 60, len(original))
        assert interactions.items.tolist() == original.items.tolist()
        assert sorted(set(interactions.users.tolist())) == list(range(120))
        assert items.titles[0] == "title 1000"
        assert items.descriptions[0] == "ünïcode\n\x00"
        assert items.categories[:2] == ["music", None]
        assert items.tags[0] == ("a", "b")

    def test_equal_data_has_an_equal_digest(self, snapshot: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        later = datetime(2027, 1, 1, tzinfo=UTC)
        again = write_snapshot(other, groups_of_taste(), table(np.arange(1000, 1060)), created_at=later, value_model=1)
        assert again.digest == read_snapshot(snapshot)[0].digest

    @pytest.mark.parametrize("name", ["users.npy", "words.json", "snapshot.json"])
    def test_damage_is_found(self, snapshot: Path, name: str) -> None:
        data = bytearray((snapshot / name).read_bytes())
        data[-3] ^= 1
        (snapshot / name).write_bytes(data)
        with pytest.raises(ArtefactError):
            read_snapshot(snapshot)

    def test_a_missing_snapshot_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ArtefactError, match="nowhere"):
            read_snapshot(tmp_path / "nowhere")


class TestHoldOut:
    def test_the_item_liked_last_goes_with_all_its_rows(self) -> None:
        rows = Interactions(
            users=np.array([1, 1, 1, 1, 1, 2]),
            items=np.array([10, 20, 30, 30, 10, 10]),
            weights=np.array([1, 1, 0.5, 1, 1, 1], np.float32),
            at=np.array([1.0, 2, 3, 4, 5, 6]),
        )
        held = hold_out(rows, EvaluationConfig(min_positives=3))
        assert held.held.tolist() == [30]  # 10 was liked again later, but first before 30
        assert held.train.items.tolist() == [10, 20, 10, 10]
        assert held.histories.items.tolist() == [10, 20, 10]

    def test_dislikes_are_no_likes_but_stay_in_the_history(self) -> None:
        rows = Interactions(
            np.array([1, 1, 1]), np.array([10, 20, 30]), np.array([1, 1, -2], np.float32), np.array([1.0, 2, 3])
        )
        held = hold_out(rows, EvaluationConfig(min_positives=2))
        assert held.held.tolist() == [20]
        assert held.histories.weights.tolist() == [1, -2]

    def test_the_sample_is_bounded_and_repeatable(self) -> None:
        rows = groups_of_taste()
        one, two = (hold_out(rows, EvaluationConfig(users=30, seed=5)) for _ in range(2))
        assert len(one) == 30
        assert one.held.tolist() == two.held.tolist()
        assert len(one.train) == len(rows) - 30

    def test_nobody_with_enough_likes(self) -> None:
        rows = Interactions.from_pairs([1, 2], [10, 20])
        held = hold_out(rows, EvaluationConfig())
        assert len(held) == 0
        assert len(held.train) == 2

    def test_popularity_leaves_out_what_the_user_has(self) -> None:
        rows = Interactions.from_pairs([1, 2, 3, 9, 9, 9], [10, 10, 20, 10, 30, 20])
        held = hold_out(rows, EvaluationConfig(min_positives=3))  # user 9 holds out 20
        assert measure_popularity(held, [1])["recall@1"].tolist() == [1.0]  # 10 and 30 are the user's own, 20 is next

    def test_chance(self) -> None:
        chance = means(expected_of_chance(200, [10], users=3))
        assert chance["recall@10"] == pytest.approx(0.05)
        assert chance["hit_rate@10"] == pytest.approx(0.05)
        assert 0 < chance["ndcg@10"] < 0.05
        assert chance["auc"] == 0.5

    def test_auc_tells_models_apart_that_never_hit_the_first_place(self) -> None:
        rows = Interactions.from_pairs([1, 2, 3, 3, 4, 4, 9, 9, 9], [10, 10, 20, 30, 20, 40, 10, 30, 20])
        held = hold_out(rows, EvaluationConfig(min_positives=3))  # user 9 holds out 20
        popular = Trending().fit(held.train)
        # Of 10 (three takers), 20 (two), 30 (two, one of them later) and 40 (one), the held-out 20 beats 40 and ties
        # with itself; by counts alone it ties with 30 too.
        assert measure(popular, held, [1])["auc"] == pytest.approx((1 + 0.5) / 4)
        assert measure_popularity(held, [1])["auc"] == pytest.approx((1 + 0.5 + 0.5) / 4)


class TestRun:
    def test_a_candidate_with_its_figures(self, snapshot: Path, catalogue: Catalogue) -> None:
        stages: list[str] = []
        about = fit_recommender(
            load_config("item_item"), snapshot, catalogue, lambda stage, done, total: stages.append(stage)
        )
        assert stages[-1] == "done"
        assert catalogue.active("item_item") is None
        metadata = json.loads(json.dumps(dict(about.metadata)))
        assert metadata["gate"]["accepted"] is True
        assert metadata["metrics"]["ndcg@10"] > metadata["popularity"]["ndcg@10"]
        assert metadata["evaluation"]["users"] == 60  # the other half chose the half-life
        assert metadata["data"]["interactions"] == 960
        assert metadata["data"]["digest"] == read_snapshot(snapshot)[0].digest
        assert "numpy" in metadata["libraries"]
        assert "960 interactions of 120 users" in catalogue.card("item_item", about.version).data

    def test_the_stored_model_knows_everything(self, snapshot: Path, catalogue: Catalogue) -> None:
        from socialflow.recommendation.builders import ALGORITHMS

        about = fit_recommender(load_config("item_item"), snapshot, catalogue, silent)
        model = ALGORITHMS["item_item"].load(catalogue.open("item_item", about.version))
        assert model.item_ids.tolist() == list(range(1000, 1060))
        best = model.top(Histories.from_lists([[1000, 1004]]), 5).items[0]
        assert all((item - 1000) % 4 == 0 for item in best)

    def test_a_worse_recipe_is_refused_and_kept(self, snapshot: Path, catalogue: Catalogue) -> None:
        good = fit_recommender(load_config("item_item"), snapshot, catalogue, silent)
        catalogue.activate("item_item", good.version)
        worse = load_config("item_item", None, ["neighbours=1"])
        about = fit_recommender(worse, snapshot, catalogue, silent)
        gate = about.metadata["gate"]
        assert isinstance(gate, dict)
        assert gate["accepted"] is False
        assert "active version" in gate["reasons"][0]
        assert about.metadata["active"] == {"version": good.version, "metrics": good.metadata["metrics"]}
        assert catalogue.active_versions() == {"item_item": good.version}
        assert [version.version for version in catalogue.versions("item_item")] == ["0001", "0002"]

    def test_the_same_recipe_again_is_accepted(self, snapshot: Path, catalogue: Catalogue) -> None:
        first = fit_recommender(load_config("item_item"), snapshot, catalogue, silent)
        catalogue.activate("item_item", first.version)
        second = fit_recommender(load_config("item_item"), snapshot, catalogue, silent)
        assert second.metadata["metrics"] == first.metadata["metrics"]
        gate = second.metadata["gate"]
        assert isinstance(gate, dict)
        assert gate["accepted"] is True

    def test_an_empty_platform_is_named(self, tmp_path: Path, catalogue: Catalogue) -> None:
        nothing = tmp_path / "nothing"
        nothing.mkdir()
        write_snapshot(nothing, Interactions.from_pairs([], []), table(np.arange(0)), created_at=NOW, value_model=1)
        with pytest.raises(InvalidInput, match="nothing to train on"):
            fit_recommender(load_config("item_item"), nothing, catalogue, silent)
        assert catalogue.names() == []
