"""Plans are read from files and changed by key=value; what is wrong is named."""

from pathlib import Path

import pytest

from socialflow.errors import InvalidInput
from socialflow.training.text.plan import SHIPPED, read_plan


class TestReadPlan:
    def test_the_plan_of_the_package_is_sound(self) -> None:
        plan = read_plan(SHIPPED)
        assert plan.licence == "all"
        assert plan.course.rounds > 1

    def test_changes_go_over_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "plan.toml"
        file.write_text("dropout = 0.2\n[course]\nrounds = 3\nrate = 5e-5\n")
        plan = read_plan(file, ["course.rounds=2", "licence=open"])
        assert (plan.course.rounds, plan.course.rate, plan.dropout, plan.licence) == (2, 5e-5, 0.2, "open")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ("licence=closed", "config.licence"),
            ("course.rounds=0", "config.course.rounds"),
            ("depth=3", "config.depth"),
            ("rounds", "set"),
            ("dropout.x=1", "set"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, change: str, field: str) -> None:
        file = tmp_path / "plan.toml"
        file.write_text("dropout = 0.2\n")
        with pytest.raises(InvalidInput) as refused:
            read_plan(file, [change])
        assert refused.value.field == field
