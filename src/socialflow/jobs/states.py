"""The life of a job: which state may follow which. Every change of state is a compare-and-set by this table."""

from collections.abc import Mapping

from socialflow.errors import Conflict
from socialflow.jobs.records import Job, JobState

QUEUED, RUNNING = JobState.QUEUED, JobState.RUNNING
SUCCEEDED, PARTIAL, FAILED, CANCELLED = JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED

MOVES: Mapping[JobState, frozenset[JobState]] = {
    QUEUED: frozenset({RUNNING, CANCELLED, FAILED}),
    RUNNING: frozenset({SUCCEEDED, PARTIAL, FAILED, CANCELLED, QUEUED}),  # back to queued: a retry, or a lost worker
    FAILED: frozenset({QUEUED}),  # run again, by hand
    PARTIAL: frozenset({QUEUED}),
    CANCELLED: frozenset({QUEUED}),
    SUCCEEDED: frozenset(),
}
UNFINISHED = frozenset({QUEUED, RUNNING})
FINISHED = frozenset(JobState) - UNFINISHED


def check_move(job: Job, to: JobState) -> None:
    """Raise Conflict unless the job may move to `to`."""
    if to not in MOVES[job.state]:
        raise Conflict(f"job {job.id} is {job.state} and cannot become {to}", field="task_id")
