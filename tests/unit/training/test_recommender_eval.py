import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import shared

from socialflow.errors import InvalidInput
from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.interactions import Histories
from socialflow.training.protocols import PROTOCOLS
from socialflow.training.ranking_run import rank
from socialflow.training.recommender_eval import compare, evaluate_recommender

KEYS = {"task", "name", "settings", "protocol", "rule", "data", "metrics", "popularity", "fit_seconds"} | {
    "users_per_second",
    "peak_memory_mb",
    "seed",
    "version",
}


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """80 users of two tastes, twelve clicks each with a time; every taste has 30 items."""
    rng = np.random.default_rng(0)
    rows = ["user,item,timestamp"]
    for user in range(80):
        items = rng.choice(np.arange(30) + 30 * (user % 2), 12, replace=False)
        rows += [f"{user},{item},{1_700_000_000 + 3600 * place + user}" for place, item in enumerate(items)]
    path = tmp_path / "clicks.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """The same kind of data as train.txt and test.txt."""
    rng = np.random.default_rng(0)
    lines: dict[str, list[str]] = {"train": [], "test": []}
    for user in range(60):
        items = [str(item) for item in rng.choice(np.arange(30) + 30 * (user % 2), 12, replace=False)]
        lines["train"].append(" ".join([str(user), *items[:9]]))
        lines["test"].append(" ".join([str(user), *items[9:]]))
    for name, rows in lines.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


class TestReport:
    def test_has_the_published_form(self, clicks: Path) -> None:
        report = evaluate_recommender("item_item", clicks, "leave-one-out", ks=(20, 10))
        assert set(report) == KEYS
        assert json.loads(json.dumps(report)) == report
        assert report["data"] == {"users": 80, "items": 60, "train": 800, "test": 80}
        assert report["metrics"].keys() == report["popularity"].keys()
        assert {"recall@10", "ndcg@10", "recall@20", "ndcg@20", "hit_rate@10", "coverage@20"} <= report[
            "metrics"
        ].keys()
        assert report["metrics"]["recall@10"] > report["popularity"]["recall@10"]

    def test_the_same_question_has_the_same_answer(self, clicks: Path) -> None:
        reports = [evaluate_recommender("als", clicks, "strong", seed=3)["metrics"] for _ in range(2)]
        assert reports[0] == reports[1]

    def test_trending_without_times_is_popularity(self, pages: Path) -> None:
        report = evaluate_recommender("trending", pages, "lightgcn")
        assert report["settings"] == {"half_life_hours": None, "history_half_life": None}
        assert report["metrics"] == report["popularity"]

    def test_intervals_hold_the_mean(self, clicks: Path) -> None:
        report = evaluate_recommender("item_item", clicks, "time-split", bootstrap=True)
        for name, (low, high) in report["intervals"].items():
            assert low <= report["metrics"][name] <= high
        low, high = report["intervals_over_popularity"]["ndcg@10"]
        gain = report["metrics"]["ndcg@10"] - report["popularity"]["ndcg@10"]
        assert low <= gain <= high

    def test_several_are_compared_on_one_reading(self, clicks: Path) -> None:
        heard: list[tuple[str, int, int]] = []
        reports = compare(["als", "item_item"], clicks, "leave-one-out", progress=lambda *step: heard.append(step))
        assert [report["name"] for report in reports] == ["als", "item_item"]
        assert reports[0]["popularity"] == reports[1]["popularity"]
        assert reports[1] | {"fit_seconds": 0, "users_per_second": 0, "peak_memory_mb": 0} == evaluate_recommender(
            "item_item", clicks, "leave-one-out"
        ) | {"fit_seconds": 0, "users_per_second": 0, "peak_memory_mb": 0}
        assert heard[-1] == ("done", 4, 4)

    def test_each_is_told_apart_from_the_first_user_by_user(self, clicks: Path) -> None:
        first, same, other = compare(["als", "als", "trending"], clicks, "leave-one-out", bootstrap=True)
        assert "paired" not in first | same
        told = other["paired"]
        gain = other["metrics"]["ndcg@10"] - first["metrics"]["ndcg@10"]
        assert told["against"] == "als"
        assert told["ndcg@10"]["difference"] == pytest.approx(gain, abs=1e-5)
        assert told["ndcg@10"]["low"] <= gain <= told["ndcg@10"]["high"]
        assert told["ndcg@10"]["holm"] >= told["ndcg@10"]["p_t"]

    def test_tuning_looks_at_train_alone(self, pages: Path) -> None:
        chosen = evaluate_recommender("item_item", pages, "lightgcn", tune=True)["settings"]
        (pages / "test.txt").write_text("\n".join(f"{user} {29 - user % 2 + 30}" for user in range(60)), "utf-8")
        assert evaluate_recommender("item_item", pages, "lightgcn", tune=True)["settings"] == chosen


class TestServing:
    def test_ranks_as_serving_does(self, clicks: Path) -> None:
        protocol = PROTOCOLS["leave-one-out"]
        split = protocol.test(protocol.read(clicks), 0)
        report = evaluate_recommender("item_item", clicks, "leave-one-out", ks=(10,))
        model = ItemItem(seed=0).fit(split.train)
        model.half_life = report["settings"]["history_half_life"]
        past = split.histories
        served = np.concatenate(
            [
                model.top(
                    Histories.from_lists([past.items[past.indptr[row] : past.indptr[row + 1]].tolist()]), 10
                ).items
                for row in range(len(split))
            ]
        )
        assert np.array_equal(rank(model, split, 10), served)
        values = rank_quality(find_hits(served, split.indptr, split.relevant), np.diff(split.indptr), [10])
        assert report["metrics"]["ndcg@10"] == pytest.approx(values["ndcg@10"].mean(), abs=1e-6)

    def test_sampled_candidates_are_ranked_by_score_then_id(self, tmp_path: Path) -> None:
        (tmp_path / "x.train.rating").write_text("0\t1\n0\t2\n1\t1\n1\t3\n1\t9\n2\t3\n", "utf-8")
        (tmp_path / "x.test.rating").write_text("0\t3\n", "utf-8")
        (tmp_path / "x.test.negative").write_text("(0,3)\t9\t777\t1\t2\n", "utf-8")
        split = PROTOCOLS["ncf99"].test(PROTOCOLS["ncf99"].read(tmp_path), 0)
        model = Trending(half_life_hours=None).fit(split.train)
        assert rank(model, split, 5).tolist() == [[1, 3, 2, 9, -1]], "777 is unknown and never ranks"


class TestRefusals:
    def test_unknown_names_are_listed(self, clicks: Path) -> None:
        with pytest.raises(InvalidInput, match="item_item"):
            evaluate_recommender("magic", clicks, "leave-one-out")
        with pytest.raises(InvalidInput, match="lightgcn"):
            evaluate_recommender("als", clicks, "magic")
        with pytest.raises(InvalidInput, match="k must"):
            evaluate_recommender("als", clicks, "leave-one-out", ks=(0,))

    @pytest.mark.parametrize("name", ["content_based", "hybrid"])
    def test_words_are_asked_for(self, clicks: Path, name: str) -> None:
        with pytest.raises(InvalidInput, match="words"):
            evaluate_recommender(name, clicks, "leave-one-out")

    def test_a_file_is_no_directory(self, clicks: Path) -> None:
        for protocol in ("lightgcn", "ncf99"):
            with pytest.raises(InvalidInput, match=r"must|directory"):
                evaluate_recommender("als", clicks, protocol)


@pytest.mark.shared
class TestPublishedSets:
    def test_item_item_on_gowalla(self, tmp_path: Path) -> None:
        """EASE's published figures are .1765 / .1467; LightGCN's .1830 / .1554. A process of its own: memory is its."""
        command = [sys.executable, "-m", "socialflow", "eval", "recommender", "item_item", "--protocol", "lightgcn"]
        told = tmp_path / "report.json"
        asked = ["--data", str(shared("recsys/gowalla")), "--k", "20", "--json", str(told)]
        subprocess.run([*command, *asked], check=True, capture_output=True)
        report = json.loads(told.read_text(encoding="utf-8"))
        assert report["data"] == {"users": 29_858, "items": 40_981, "train": 810_128, "test": 217_242}
        assert report["metrics"]["recall@20"] >= 0.186
        assert report["metrics"]["ndcg@20"] >= 0.156
        assert report["peak_memory_mb"] < 2048

    def test_popularity_on_ncf_is_the_published_line(self) -> None:
        """.4538 / .2545 with ties counted for the positive; here ties go by id."""
        report = evaluate_recommender("trending", shared("recsys/ncf-ml-1m"), "ncf99", ks=(10,))
        assert report["metrics"]["hit_rate@10"] == pytest.approx(0.4535, abs=0.001)
        assert report["metrics"]["ndcg@10"] == pytest.approx(0.2543, abs=0.001)

    def test_words_of_films_help_nobody_but_are_used(self) -> None:
        report = evaluate_recommender("content_based", shared("recsys/ml-100k"), "leave-one-out", ks=(10,))
        assert report["data"]["items"] == 1682
        assert 0 < report["metrics"]["diversity@10"] < report["popularity"]["diversity@10"]

    def test_sequences_have_the_published_size(self) -> None:
        source = shared("recsys/sasrec-ml-1m") / "ml-1m.txt.zst"
        split = PROTOCOLS["leave-one-out"].test(PROTOCOLS["leave-one-out"].read(source), 0)
        assert len(split) == 6040
        assert len(split.train) == 999_611 - 2 * 6040
