from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import shared

from socialflow.errors import InvalidInput
from socialflow.training.datasets.open_bandit import campaigns, policies, read_log
from socialflow.training.off_policy_eval import click_rates, evaluate_off_policy, judged, shown_shares

HEAD = ",timestamp,item_id,position,click,propensity_score,more"


def write(folder: Path, policy: str, rows: list[tuple[int, int, int, float]], campaign: str = "c") -> None:
    path = folder / policy / campaign / f"{campaign}.csv"
    path.parent.mkdir(parents=True)
    lines = [f"{n},t,{item},{place},{click},{chance},x" for n, (item, place, click, chance) in enumerate(rows)]
    path.write_text("\n".join([HEAD, *lines]) + "\n")


def two_policies(folder: Path, rows: int = 4000) -> None:
    """Item 1 is clicked four times as often as item 0; one policy shows both alike, the other mostly item 1."""
    rng = np.random.default_rng(0)
    for name, chance in (("random", 0.5), ("keen", 0.9)):
        items = (rng.random(rows) < chance).astype(int)
        clicks = (rng.random(rows) < np.where(items, 0.4, 0.1)).astype(int)
        chances = np.where(items, chance, 1 - chance)
        write(folder, name, list(zip(items.tolist(), [1] * rows, clicks.tolist(), chances.tolist(), strict=True)))


class TestReading:
    def test_what_there_is(self, tmp_path: Path) -> None:
        write(tmp_path, "random", [(3, 2, 1, 0.25)])
        write(tmp_path, "bts", [(0, 1, 0, 0.5)])
        assert campaigns(tmp_path) == ["c"]
        assert policies(tmp_path, "c") == ["bts", "random"]
        log = read_log(tmp_path, "random", "c")
        assert (log.items[0], log.positions[0], log.clicks[0], log.chances[0]) == (3, 1, 1.0, 0.25)

    @pytest.mark.parametrize("row", [(0, 1, 0, 0.0), (0, 1, 2, 0.5), (-1, 1, 0, 0.5), (0, 0, 0, 0.5)])
    def test_a_line_that_is_no_impression_is_named(self, tmp_path: Path, row: tuple[int, int, int, float]) -> None:
        write(tmp_path, "random", [(0, 1, 0, 0.5), row])
        with pytest.raises(InvalidInput, match="line 3"):
            read_log(tmp_path, "random", "c")

    def test_what_is_missing_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, "random", [])
        with pytest.raises(InvalidInput, match="no impressions"):
            read_log(tmp_path, "random", "c")
        with pytest.raises(InvalidInput, match="logs: random/c"):
            read_log(tmp_path, "bts", "c")
        (tmp_path / "random" / "c" / "c.csv").write_text("a,b\n1,2\n")
        with pytest.raises(InvalidInput, match="item_id"):
            read_log(tmp_path, "random", "c")
        with pytest.raises(InvalidInput, match="no logs"):
            evaluate_off_policy(tmp_path / "nowhere")


class TestJudging:
    def test_every_estimator_finds_the_other_policys_value(self, tmp_path: Path) -> None:
        two_policies(tmp_path)
        report = evaluate_off_policy(tmp_path, logged="random", target="keen")
        told = report["campaigns"]["c"]
        assert told["truth"]["value"] == pytest.approx(0.37, abs=0.02)
        for name, made in told["estimates"].items():
            assert made["value"] == pytest.approx(0.37, abs=0.04), name
        assert told["estimates"]["dr"]["holds_truth"]
        assert report == evaluate_off_policy(tmp_path, logged="random", target="keen")

    def test_a_row_is_predicted_by_a_model_that_has_not_seen_it(self, tmp_path: Path) -> None:
        write(tmp_path, "random", [(0, 1, 1, 0.5), *[(1, 1, 0, 0.5)] * 30])
        log = read_log(tmp_path, "random", "c")
        made = judged(log, log)
        assert made.predicted is not None
        assert made.predicted[0] == 0.0

    def test_shares_and_rates(self) -> None:
        zeros = np.zeros(3, np.int64)
        rates = click_rates(np.array([0, 0, 1]), zeros, np.array([1.0, 1.0, 0.0]), 3, 1)
        assert rates[0, 0] > rates[0, 2] > rates[0, 1] > 0

    @pytest.mark.shared
    def test_open_bandit_logs(self) -> None:
        source = shared("recsys/open-bandit")
        assert shown_shares(read_log(source, "random", "men"), 34, 3).sum(axis=1) == pytest.approx(1.0)
        report = evaluate_off_policy(source, logged="random", target="bts")
        assert {name: told["truth"]["value"] for name, told in report["campaigns"].items()} == {
            "men": pytest.approx(0.0069),
            "women": pytest.approx(0.0046),
        }
        for told in report["campaigns"].values():
            assert all(told["estimates"][name]["holds_truth"] for name in ("ips", "snips", "dr", "switch_dr"))
