"""The rules of every pipeline type."""

from socialflow.jobs.records import PipelineType
from socialflow.jobs.work import KINDS


def test_every_type_has_rules_and_a_task_of_its_own() -> None:
    assert set(KINDS) == set(PipelineType)
    tasks = [kind.task for kind in KINDS.values()]
    assert len(set(tasks)) == len(tasks)
    assert all(task.startswith("ml.") for task in tasks)


def test_every_type_may_run_ends_in_time_and_is_tried_again() -> None:
    for kind in KINDS.values():
        assert kind.at_once >= 1
        assert 60 <= kind.time_limit <= 24 * 3600
        assert kind.attempts == 4  # the first run and three retries
