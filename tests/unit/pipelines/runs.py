"""A run that a test holds in its hand."""

import asyncio
from datetime import UTC, datetime

from socialflow.jobs.records import Job, JobState, JsonObject, PipelineType

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FakeRun:
    """Satisfies `jobs.work.Run`; `cancel_at` cancels as soon as so many per cent are done."""

    def __init__(self, kind: PipelineType, config: JsonObject, *, cancel_at: int | None = None) -> None:
        self.job = Job("job-1", kind, "a job", config, 5, JobState.RUNNING, 0, 0, 0, NOW, NOW, started_at=NOW)
        self.heard: list[tuple[int, int]] = []
        self._cancel_at = cancel_at

    def progress(self, done: int, total: int) -> None:
        self.heard.append((done, total))

    @property
    def percents(self) -> list[int]:
        return [100 * done // total for done, total in self.heard]

    def check(self) -> None:
        if self._cancel_at is not None and self.heard and self.percents[-1] >= self._cancel_at:
            raise asyncio.CancelledError
