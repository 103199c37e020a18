"""Work that recurs: schedules in the store, fired once however many processes look after them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog

from socialflow.errors import SocialflowError, StoreUnavailable
from socialflow.jobs.ports import JobStore
from socialflow.jobs.records import DEFAULT_PRIORITY, JsonObject, NewJob, PipelineType, Schedule, Trigger
from socialflow.jobs.service import JobService, check_new
from socialflow.kit.clock import Clock
from socialflow.kit.identifiers import check_id, time_ordered_id
from socialflow.pipelines.triggers import check_trigger, next_run

_log = structlog.get_logger("socialflow.schedule")

POLL_SECONDS = 1.0
"""How late a schedule may fire; a new one is seen as soon."""
WAIT_SECONDS = 5.0
"""Pause between two tries while the store cannot be reached."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule that is wanted, before the store has it."""

    id: str
    name: str
    pipeline_type: PipelineType
    trigger: Trigger
    config: JsonObject
    priority: int = DEFAULT_PRIORITY

    def describes(self, schedule: Schedule) -> bool:
        """Whether the stored schedule is this one already."""
        stored = (schedule.name, schedule.pipeline_type, schedule.trigger, schedule.priority)
        wanted = (self.name, self.pipeline_type, self.trigger, self.priority)
        return stored == wanted and schedule.config == orjson.loads(orjson.dumps(self.config))


BUILT_IN: Sequence[Plan] = (
    Plan("trending_updater", "Trending lists", PipelineType.TRENDING_UPDATE, Trigger(15 * 60), {}),
    Plan("cache_warmer", "Warm caches", PipelineType.CACHE_WARM, Trigger(30 * 60), {}),
    Plan(
        "recommendation_precomputer",
        "Recommendations of active users",
        PipelineType.RECOMMENDATION_PRECOMPUTE,
        Trigger(3600),
        {},
    ),
    Plan("bandit_updater", "Rewards of smart lists", PipelineType.BANDIT_UPDATE, Trigger(5 * 60), {}),
    Plan(
        "content_analyser",
        "Analyse what waits, or was analysed by another model",
        PipelineType.ANALYZE_CONTENT,
        Trigger(15 * 60),
        {"outdated": True},
        priority=2,
    ),
    Plan("topics_trainer", "Topics of the platform", PipelineType.TRAIN_TOPICS, Trigger(24 * 3600), {}, priority=2),
    Plan("graph_updater", "Influence and communities", PipelineType.GRAPH_UPDATE, Trigger(24 * 3600), {}),
)
"""Schedules that every installation begins with."""
COLLECTION = Plan("data_collector", "Read the outside API", PipelineType.COLLECT_DATA, Trigger(3600), {})
"""One more, where an outside API is configured."""


class Scheduler:
    """Starts the jobs of schedules that are due, and keeps the schedules.

    Any number of processes may run one: each schedule fires by compare-and-set, in one transaction with its job. A
    schedule whose last job is unfinished starts no second one, and runs missed while nothing was up are not made up
    for: it fires once and goes on from now.

    Args:
        collecting: whether an outside API is configured, so that reading it is among the built-in schedules.
    """

    def __init__(self, store: JobStore, jobs: JobService, clock: Clock, *, collecting: bool = False) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock
        self._built_in = (*BUILT_IN, COLLECTION) if collecting else BUILT_IN

    async def run(self) -> None:
        """Fire what is due until cancelled; a store that cannot be reached is waited for."""
        ensured = False
        while True:
            pause = POLL_SECONDS
            try:
                if not ensured:
                    await self.ensure_built_in()
                    ensured = True
                await self.tick()
            except StoreUnavailable as problem:
                _log.warning("schedules_wait", reason=problem.message)
                pause = WAIT_SECONDS
            await asyncio.sleep(pause)

    async def ensure_built_in(self) -> None:
        """Store the built-in schedules that were never there; changed, paused and deleted ones stay as they are."""
        now = self._clock.now()
        plans = [_schedule(plan, now, check_trigger(plan.trigger, now), built_in=True) for plan in self._built_in]
        async with self._store.write() as unit:
            await unit.schedules.ensure(plans)

    async def tick(self) -> int:
        """Fire every schedule that is due now; returns how many this process fired. Raises StoreUnavailable."""
        now = self._clock.now()
        async with self._store.read() as unit:
            due = await unit.schedules.due(now)
        fired = 0
        for schedule in due:
            try:
                fired += await self._fire(schedule, now)
            except StoreUnavailable:
                raise
            except SocialflowError as problem:  # one that cannot be started keeps no other from its turn
                _log.error("schedule_failed", schedule=schedule.id, code=problem.code, reason=problem.message)
        if fired:
            self._jobs.kick()
        return fired

    async def add(
        self,
        *,
        name: str,
        pipeline_type: PipelineType,
        trigger: Trigger,
        config: JsonObject | None = None,
        priority: int = DEFAULT_PRIORITY,
        schedule_id: str | None = None,
    ) -> Schedule:
        """Store a schedule; it first runs when its trigger is next due.

        Raises:
            InvalidInput: a field is unusable; the message names it.
            Conflict: the id is taken.
        """
        now = self._clock.now()
        plan = Plan(schedule_id or time_ordered_id(now), name, pipeline_type, trigger, config or {}, priority)
        schedule = _schedule(plan, now, self._checked(plan, now))
        async with self._store.write() as unit:
            return await unit.schedules.add(schedule)

    async def declare(self, plan: Plan) -> Schedule:
        """Have the schedule stored as the plan says, replacing one that differs under its id.

        For plans in code that runs at every start: one that is stored already keeps its rhythm and its pause.
        Raises InvalidInput.
        """
        now = self._clock.now()
        first = self._checked(plan, now)
        async with self._store.write() as unit:
            stored = next((one for one in await unit.schedules.all() if one.id == plan.id), None)
            if stored is not None and plan.describes(stored):
                return stored
            if stored is not None:
                await unit.schedules.delete(plan.id)
            return await unit.schedules.add(_schedule(plan, now, first))

    async def get(self, schedule_id: str) -> Schedule:
        """Return the schedule. Raises ScheduleNotFound."""
        async with self._store.read() as unit:
            return await unit.schedules.get(schedule_id)

    async def all(self) -> Sequence[Schedule]:
        """All schedules, by id."""
        async with self._store.read() as unit:
            return await unit.schedules.all()

    async def pause(self, schedule_id: str) -> Schedule:
        """Stop it from firing until it is resumed; a job that runs goes on. Raises ScheduleNotFound."""
        async with self._store.write() as unit:
            return await unit.schedules.pause(schedule_id)

    async def resume(self, schedule_id: str) -> Schedule:
        """Let it fire again, when its trigger is next due from now on. Raises ScheduleNotFound."""
        async with self._store.write() as unit:
            schedule = await unit.schedules.get(schedule_id)
            if not schedule.paused:
                return schedule
            now = self._clock.now()
            return await unit.schedules.resume(schedule_id, next_run(schedule.trigger, now, now))

    async def delete(self, schedule_id: str) -> None:
        """Delete it; a job that runs goes on. Raises ScheduleNotFound."""
        async with self._store.write() as unit:
            await unit.schedules.delete(schedule_id)

    async def _fire(self, schedule: Schedule, now: datetime) -> bool:
        """Start its job, unless another process just did."""
        upcoming = next_run(schedule.trigger, schedule.next_run_at or now, now)
        try:
            async with self._store.write() as unit:
                (job,) = await self._jobs.submit_in(unit, [_job(schedule)])
                if not await unit.schedules.fire(schedule, upcoming, now, job.id):
                    raise _FiredElsewhere
        except _FiredElsewhere:
            return False
        if job.id == schedule.last_job:
            _log.warning("schedule_skipped", schedule=schedule.id, job=job.id, reason="its last job is not finished")
        return True

    def _checked(self, plan: Plan, now: datetime) -> datetime:
        """When the plan first runs. Raises InvalidInput."""
        check_id(plan.id, field="id")
        check_new(NewJob(plan.pipeline_type, plan.name, plan.config, plan.priority))
        return check_trigger(plan.trigger, now)


class _FiredElsewhere(Exception):
    """Undoes the job that was stored in vain."""


def _job(schedule: Schedule) -> NewJob:
    return NewJob(
        schedule.pipeline_type,
        schedule.name,
        schedule.config,
        schedule.priority,
        dedup_key=f"schedule:{schedule.id}",
    )


def _schedule(plan: Plan, now: datetime, first: datetime, *, built_in: bool = False) -> Schedule:
    return Schedule(
        id=plan.id,
        name=plan.name,
        pipeline_type=plan.pipeline_type,
        config=plan.config,
        trigger=plan.trigger,
        priority=plan.priority,
        paused=False,
        created_at=now,
        next_run_at=first,
        built_in=built_in,
    )
