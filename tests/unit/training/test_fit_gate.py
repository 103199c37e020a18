"""The gate lets nothing worse through, and says why."""

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.training.config import GateConfig
from socialflow.training.gate import Values, judge

GATE = GateConfig(metric="ndcg@10", tolerance=0.1, min_users=10)


def users(mean: float, count: int = 100) -> Values:
    """Values of `count` users around `mean`, the same spread each time."""
    return mean + np.linspace(-0.01, 0.01, count)


@pytest.mark.parametrize(
    ("candidate", "active", "accepted"),
    [(0.30, None, True), (0.10, None, True), (0.09, None, False), (0.20, 0.22, True), (0.20, 0.23, False)],
)
def test_not_below_the_floor_and_not_worse_than_what_serves(
    candidate: float, active: float | None, accepted: bool
) -> None:
    rival = None if active is None else {"ndcg@10": users(active)}
    verdict = judge({"ndcg@10": users(candidate)}, rival, {"ndcg@10": users(0.10)}, GATE)
    assert verdict.accepted is accepted
    assert all(f"{candidate:.4f}" in reason for reason in verdict.reasons)


def test_what_the_sample_cannot_tell_apart_is_accepted_and_it_says_so() -> None:
    hits = np.zeros(100)
    hits[:3] = 1.0
    others = np.zeros(100)
    others[50:54] = 1.0
    verdict = judge({"ndcg@10": hits}, None, {"ndcg@10": others}, GATE)
    assert verdict.accepted
    assert verdict.reasons[0].startswith("not told apart: ndcg@10 0.0300 against popularity 0.0400 (noise ")


def test_too_few_users_decide_nothing_and_it_says_so() -> None:
    verdict = judge({"ndcg@10": users(0.0, 9)}, None, {"ndcg@10": users(0.5, 9)}, GATE)
    assert verdict.accepted
    assert "not judged: 9 users" in verdict.reasons[0]


def test_a_metric_that_is_not_measured_is_named() -> None:
    with pytest.raises(InvalidInput, match="ndcg@10"):
        judge({"recall@5": users(0.1)}, None, {"recall@5": users(0.1)}, GATE)
