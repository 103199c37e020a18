"""The table of a job's states, move by move."""

import pytest

from socialflow.errors import Conflict
from socialflow.jobs.records import Job, JobState, PipelineType
from socialflow.jobs.states import FINISHED, MOVES, UNFINISHED, check_move
from socialflow.kit.clock import from_micros

ALLOWED = {
    "queued": {"running", "cancelled", "failed"},
    "running": {"succeeded", "partial", "failed", "cancelled", "queued"},
    "failed": {"queued"},
    "partial": {"queued"},
    "cancelled": {"queued"},
    "succeeded": set(),
}
START = from_micros(0)


def job(state: JobState) -> Job:
    return Job("j", PipelineType.CACHE_WARM, "warm", {}, 5, state, 0, 0, 0, START, START)


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("after", JobState)
def test_only_these_moves_are_allowed(before: JobState, after: JobState) -> None:
    if after in ALLOWED[before]:
        check_move(job(before), after)
    else:
        with pytest.raises(Conflict) as caught:
            check_move(job(before), after)
        assert str(caught.value) == f"job j is {before} and cannot become {after}"


def test_every_state_is_unfinished_or_finished() -> None:
    assert UNFINISHED | FINISHED == set(JobState) == set(MOVES)
    assert not UNFINISHED & FINISHED


def test_every_state_can_be_reached_from_the_queue() -> None:
    reached = {JobState.QUEUED}
    for _ in JobState:
        reached |= {after for before in reached for after in MOVES[before]}
    assert reached == set(JobState)
