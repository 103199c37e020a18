"""Calling a task: a durable job first, whoever is there to do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from socialflow.doors.tasks.table import config_of
from socialflow.jobs.records import DEFAULT_PRIORITY, Job, JobState, JsonObject, NewJob, PipelineType
from socialflow.jobs.service import JobService
from socialflow.jobs.work import KINDS
from socialflow.kit.defaults import resident


class Submitting(Protocol):
    """What calls need of the resident platform."""

    @property
    def jobs(self) -> JobService:
        """Jobs."""
        ...


@dataclass(frozen=True, slots=True)
class JobResult:
    """A handle on a submitted job."""

    id: str

    @property
    def task_id(self) -> str:
        """The id again, under the name that the API uses."""
        return self.id

    def job(self) -> Job:
        """The job as it stands now. Raises JobNotFound, StoreUnavailable."""

        async def look(platform: Submitting) -> Job:
            return await platform.jobs.get(self.id)

        return resident().call(look)

    @property
    def state(self) -> JobState:
        """Where it stands now."""
        return self.job().state

    @property
    def result(self) -> JsonObject | None:
        """What came out, once it has ended."""
        return self.job().result


@dataclass(frozen=True, slots=True)
class JobTask:
    """One kind of work, callable from any code, with or without an event loop.

    `parameters` name positional arguments; what is given by name goes into the job's config as it is.
    """

    pipeline_type: PipelineType
    parameters: tuple[str, ...]

    @property
    def name(self) -> str:
        """Celery's name of the task, like `ml.moderate_video`."""
        return KINDS[self.pipeline_type].task

    def delay(self, *args: object, **kwargs: object) -> JobResult:
        """Submit with these arguments. Raises InvalidInput, StoreUnavailable."""
        return self.apply_async(args=args, kwargs=kwargs)

    def apply_async(
        self,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        countdown: float = 0.0,
        priority: int = DEFAULT_PRIORITY,
    ) -> JobResult:
        """Submit; not to be begun before `countdown` seconds have passed. `priority` 0 to 10, 10 first.

        Raises InvalidInput, StoreUnavailable. It blocks for one transaction: in an event loop, call it on a thread.
        """
        config = config_of(self.pipeline_type, tuple(args), kwargs or {})
        not_before = datetime.now(UTC) + timedelta(seconds=countdown) if countdown > 0 else None
        new = NewJob(self.pipeline_type, self.name, config, priority, not_before=not_before)

        async def submit(platform: Submitting) -> Job:
            return await platform.jobs.submit(new)

        return JobResult(resident().call(submit).id)
