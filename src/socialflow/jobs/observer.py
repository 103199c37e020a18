"""Who hears of runs: the log of a worker, tests."""

from typing import Protocol

import structlog

from socialflow.jobs.records import Job, JobState

_log = structlog.get_logger("socialflow.jobs")


class JobObserver(Protocol):
    """Hears of runs as they begin and end; must not block and not raise."""

    def started(self, job: Job) -> None:
        """A run began: `job.started_at - job.run_at` is how long it waited."""
        ...

    def ended(self, job: Job, state: JobState, seconds: float) -> None:
        """A run ended after `seconds`; `state` is the job's new one (queued: it will be tried again)."""
        ...


class RunLog:
    """Writes each end of a run into the log: what, which state, how long; nothing of what it was about."""

    def started(self, job: Job) -> None:
        """Nothing: the end says how long it took."""

    def ended(self, job: Job, state: JobState, seconds: float) -> None:
        """One line."""
        _log.info("job_ended", job=job.id, pipeline_type=job.pipeline_type, state=state, seconds=round(seconds, 3))


class Unobserved:
    """Hears nothing."""

    def started(self, job: Job) -> None:
        """Ignore it."""

    def ended(self, job: Job, state: JobState, seconds: float) -> None:
        """Ignore it."""
