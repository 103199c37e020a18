"""Batch work as Python code sees it: submit, watch, cancel."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TypeVar

from socialflow.errors import Conflict, InvalidInput
from socialflow.jobs.records import (
    DEFAULT_PRIORITY,
    Job,
    JobState,
    JsonObject,
    NewJob,
    PipelineType,
    QueueStatus,
)
from socialflow.jobs.service import JobService
from socialflow.kit.defaults import resident
from socialflow.pipelines.ports import ResidentPlatform

T = TypeVar("T")

__all__ = ["PipelineOrchestrator", "PipelineType", "described", "figures"]


class PipelineOrchestrator:
    """Submits batch work and tells how it stands. Workers do it: those of `socialflow serve`, or `socialflow worker`.

    A submitted task is stored before `submit_task` returns. It survives this process, and waits where no worker runs.

    Args:
        jobs: the job service to use; without one, that of the platform which the environment's settings describe,
            opened at first use.
    """

    def __init__(self, jobs: JobService | None = None) -> None:
        self._jobs = jobs
        self._closed = False

    async def initialize(self) -> None:
        """Check that the store answers, so that a wrong setting shows here. Raises StoreUnavailable."""
        await self.get_status()

    async def submit_task(
        self,
        pipeline_type: PipelineType | str,
        name: str,
        config: JsonObject | None = None,
        priority: int = DEFAULT_PRIORITY,
    ) -> Job:
        """Store a task (0 to 10, 10 first) and return it; its `task_id` is the handle for everything else.

        Raises:
            InvalidInput: an unknown type, a name, priority or config that cannot be stored.
            Conflict: this orchestrator was shut down.
            StoreUnavailable: nothing was stored.
        """
        if self._closed:
            raise Conflict("this orchestrator was shut down and takes no more tasks; make another")
        new = NewJob(_type(pipeline_type), name, config or {}, priority)
        return await self._use(lambda jobs: jobs.submit(new))

    async def get_task_status(self, task_id: str) -> dict[str, object]:
        """How a task stands: the fields of `described`. Raises JobNotFound."""
        return described(await self._use(lambda jobs: jobs.get(task_id)))

    async def cancel_task(self, task_id: str) -> dict[str, object]:
        """Cancel a waiting task at once, a running one within 2 s. Raises JobNotFound, Conflict where it has ended."""
        return described(await self._use(lambda jobs: jobs.cancel(task_id)))

    cancel = cancel_task

    async def retry_task(self, task_id: str) -> dict[str, object]:
        """Run a failed, partial or cancelled task again. Raises JobNotFound, Conflict."""
        return described(await self._use(lambda jobs: jobs.retry(task_id)))

    async def list_tasks(
        self,
        *,
        states: Collection[JobState] = (),
        pipeline_types: Collection[PipelineType] = (),
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[dict[str, object]]:
        """Tasks, newest first, older than the task `before`; `limit` 1 to 200. Raises InvalidInput, JobNotFound."""
        page = await self._use(
            lambda jobs: jobs.page(states=states, pipeline_types=pipeline_types, before=before, limit=limit)
        )
        return [described(job) for job in page]

    async def get_status(self) -> dict[str, object]:
        """The whole queue in figures: the fields of `figures`."""
        return figures(await self._use(lambda jobs: jobs.status()))

    async def hold(self) -> dict[str, object]:
        """Start no more tasks on any worker of the installation: what runs goes on to its end, what comes waits.

        Holds through restarts, until `resume`.
        """
        return figures(await self._use(lambda jobs: jobs.hold()))

    async def resume(self) -> dict[str, object]:
        """Start tasks again after `hold`."""
        return figures(await self._use(lambda jobs: jobs.resume()))

    async def shutdown(self) -> None:
        """Take no more tasks here. What was submitted stays and is worked on; other processes are not concerned.

        `hold` is what stops the work of the whole installation.
        """
        self._closed = True

    async def _use(self, use: Callable[[JobService], Awaitable[T]]) -> T:
        if self._jobs is not None:
            return await use(self._jobs)

        async def on(platform: ResidentPlatform) -> T:
            return await use(platform.jobs)

        return await resident().run(on)


def described(job: Job) -> dict[str, object]:
    """A job as JSON shows it; instants as ISO 8601 in UTC, `progress` 0 to 100."""
    return {
        "task_id": job.id,
        "pipeline_type": job.pipeline_type.value,
        "name": job.name,
        "state": job.state.value,
        "priority": job.priority,
        "progress": job.progress,
        "attempts": job.attempts,
        "created_at": _instant(job.created_at),
        "started_at": _instant(job.started_at),
        "finished_at": _instant(job.finished_at),
        "result": None if job.result is None else dict(job.result),
        "error": None if job.error is None else {"code": job.error.code, "detail": job.error.detail},
    }


def figures(status: QueueStatus) -> dict[str, object]:
    """The queue as JSON shows it. `held_since`: since when nothing is started, by order; None: tasks run."""
    return {
        "queued": status.queued,
        "running": status.running,
        "workers": len(status.workers),
        "throughput_per_minute": status.throughput_per_minute,
        "oldest_seconds": status.oldest_seconds,
        "finished": {state.value: count for state, count in status.finished.items()},
        "held_since": _instant(status.held_since),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _type(given: PipelineType | str) -> PipelineType:
    try:
        return PipelineType(given)
    except ValueError:
        raise InvalidInput(
            f"pipeline_type must be one of {', '.join(PipelineType)}, not {given!r}", field="pipeline_type"
        ) from None
