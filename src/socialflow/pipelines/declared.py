"""Schedules declared in code, in APScheduler's words: `scheduler.add_job(func=warm_cache, trigger="interval", ...)`.

Only what has a name here can be scheduled: the store holds the name of a pipeline and its settings, never code.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from socialflow.errors import InvalidInput
from socialflow.jobs.records import DEFAULT_PRIORITY, Job, JsonObject, NewJob, PipelineType, Schedule, Trigger
from socialflow.kit.defaults import resident
from socialflow.pipelines.ports import ResidentPlatform
from socialflow.pipelines.schedule import Plan, Scheduler
from socialflow.pipelines.triggers import EXAMPLE

T = TypeVar("T")

UNITS = ("weeks", "days", "hours", "minutes", "seconds")


@dataclass(frozen=True, slots=True)
class Recurring:
    """Batch work by name. Calling it submits it once, now, and returns the queued job."""

    name: str
    pipeline_type: PipelineType

    def __call__(self, **config: object) -> Job:
        """Submit it with these settings. Raises InvalidInput, StoreUnavailable."""

        async def submit(platform: ResidentPlatform) -> Job:
            return await platform.jobs.submit(NewJob(self.pipeline_type, self.name, config))

        return resident().call(submit)


warm_cache = Recurring("warm_cache", PipelineType.CACHE_WARM)
precompute_recommendations = Recurring("precompute_recommendations", PipelineType.RECOMMENDATION_PRECOMPUTE)
update_trending = Recurring("update_trending", PipelineType.TRENDING_UPDATE)
collect_data = Recurring("collect_data", PipelineType.COLLECT_DATA)

DECLARABLE = (warm_cache, precompute_recommendations, update_trending, collect_data)


class DeclaredSchedules:
    """The schedules of the resident platform, for code without an event loop. Calls wait until the store answered."""

    def add_job(
        self,
        func: object,
        trigger: str,
        *,
        id: str,  # noqa: A002
        name: str | None = None,
        kwargs: JsonObject | None = None,
        priority: int = DEFAULT_PRIORITY,
        cron: str | None = None,
        **units: int,
    ) -> Schedule:
        """Have a schedule; meant for code that runs at every start, so the same call twice changes nothing.

        Args:
            func: one of `DECLARABLE`, its name, or a `PipelineType`.
            trigger: "interval", with weeks, days, hours, minutes or seconds; or "cron", with a line in `cron` (UTC).
            id: its identity; a schedule under it that says something else is replaced.
            kwargs: settings of the work.

        Raises:
            InvalidInput: naming what cannot be used and what could be.
            StoreUnavailable: the schedule was not stored.
        """
        work = _named(func)
        plan = Plan(id, name or work.name, work.pipeline_type, _trigger(trigger, cron, units), kwargs or {}, priority)
        return self._call(lambda scheduler: scheduler.declare(plan))

    def get_jobs(self) -> Sequence[Schedule]:
        """All schedules, by id."""
        return self._call(lambda scheduler: scheduler.all())

    def pause_job(self, job_id: str) -> Schedule:
        """Stop a schedule from firing. Raises ScheduleNotFound."""
        return self._call(lambda scheduler: scheduler.pause(job_id))

    def resume_job(self, job_id: str) -> Schedule:
        """Let a schedule fire again. Raises ScheduleNotFound."""
        return self._call(lambda scheduler: scheduler.resume(job_id))

    def remove_job(self, job_id: str) -> None:
        """Delete a schedule. Raises ScheduleNotFound."""
        return self._call(lambda scheduler: scheduler.delete(job_id))

    @staticmethod
    def _call(use: Callable[[Scheduler], Awaitable[T]]) -> T:
        async def on(platform: ResidentPlatform) -> T:
            return await use(platform.scheduler)

        return resident().call(on)


scheduler = DeclaredSchedules()


def _named(func: object) -> Recurring:
    for work in DECLARABLE:
        if func in (work, work.name, work.pipeline_type):
            return work
    if isinstance(func, str) and func in set(PipelineType):
        return Recurring(func, PipelineType(func))
    choices = ", ".join([*(work.name for work in DECLARABLE), *sorted(PipelineType)])
    raise InvalidInput(f"func cannot be {func!r}: the store keeps names, not code; use one of {choices}", field="func")


def _trigger(kind: str, cron: str | None, units: Mapping[str, int]) -> Trigger:
    if unknown := sorted(units.keys() - set(UNITS)):
        raise InvalidInput(f"{unknown[0]} is no part of a trigger; use {', '.join(UNITS)} or cron", field=unknown[0])
    if kind == "interval" and units and cron is None:
        return Trigger(interval_seconds=int(timedelta(**units).total_seconds()))
    if kind == "cron" and cron is not None and not units:
        return Trigger(cron=cron)
    raise InvalidInput(
        f'trigger must be "interval" with one of {", ".join(UNITS)}, like minutes=30, or "cron" with cron="{EXAMPLE}"',
        field="trigger",
    )
