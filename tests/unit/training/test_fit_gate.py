"""The gate lets nothing worse through, and says why."""

import pytest

from socialflow.errors import InvalidInput
from socialflow.training.config import GateConfig
from socialflow.training.gate import judge

GATE = GateConfig(metric="ndcg@10", tolerance=0.1, min_users=10)


@pytest.mark.parametrize(
    ("candidate", "active", "accepted"),
    [(0.30, None, True), (0.10, None, False), (0.20, 0.22, True), (0.20, 0.23, False), (0.05, 0.05, False)],
)
def test_above_the_floor_and_not_worse_than_what_serves(candidate: float, active: float | None, accepted: bool) -> None:
    rival = None if active is None else {"ndcg@10": active}
    verdict = judge({"ndcg@10": candidate}, rival, {"ndcg@10": 0.10}, users=100, config=GATE)
    assert verdict.accepted is accepted
    assert all(f"{candidate:.4f}" in reason for reason in verdict.reasons)


def test_too_few_users_decide_nothing_and_it_says_so() -> None:
    verdict = judge({"ndcg@10": 0.0}, None, {"ndcg@10": 0.5}, users=9, config=GATE)
    assert verdict.accepted
    assert "not judged: 9 users" in verdict.reasons[0]


def test_a_metric_that_is_not_measured_is_named() -> None:
    with pytest.raises(InvalidInput, match="ndcg@10"):
        judge({"recall@5": 0.1}, None, {"recall@5": 0.1}, users=100, config=GATE)
