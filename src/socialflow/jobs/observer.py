"""Who hears of runs: metrics, tests."""

from typing import Protocol

from socialflow.jobs.records import Job, JobState


class JobObserver(Protocol):
    """Hears of runs as they begin and end; must not block and not raise."""

    def started(self, job: Job) -> None:
        """A run began: `job.started_at - job.run_at` is how long it waited."""
        ...

    def ended(self, job: Job, state: JobState, seconds: float) -> None:
        """A run ended after `seconds`; `state` is the job's new one (queued: it will be tried again)."""
        ...


class Unobserved:
    """Hears nothing."""

    def started(self, job: Job) -> None:
        """Ignore it."""

    def ended(self, job: Job, state: JobState, seconds: float) -> None:
        """Ignore it."""
