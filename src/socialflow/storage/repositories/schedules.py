"""Schedules; firing is a compare-and-set."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Update, delete, false, select, true, update

from socialflow.errors import Conflict, ScheduleNotFound
from socialflow.jobs.records import PipelineType, Schedule, Trigger
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.rows import findable, instant, json_text, micros
from socialflow.storage.tables import schedules
from socialflow.storage.transaction import Record, Transaction

_THERE = schedules.c.deleted == false()


class Schedules:
    """Schedules by id."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, schedule: Schedule) -> Schedule:
        """Store a schedule. Raises Conflict where its id is taken."""
        row = await self._tx.row(select(schedules.c.deleted).where(schedules.c.id == schedule.id))
        if row is not None and not row.deleted:
            raise Conflict(f"a schedule has the id {schedule.id} already", field="id")
        await self._tx.run(delete(schedules).where(schedules.c.id == schedule.id, ~_THERE))
        await self._tx.run(schedules.insert(), [_row(schedule)])
        return schedule

    async def ensure(self, wanted: Sequence[Schedule]) -> None:
        """Store those built-in ones that never existed; leave every other, and the deleted ones, alone."""
        if wanted:
            await self._tx.insert_new(schedules, [_row(schedule) for schedule in wanted])

    async def get(self, schedule_id: str) -> Schedule:
        """Return the schedule. Raises ScheduleNotFound."""
        query = select(schedules).where(self._tx.among(schedules.c.id, findable([schedule_id])), _THERE)
        row = await self._tx.row(query)
        if row is None:
            raise _unknown(schedule_id)
        return _schedule(row)

    async def all(self) -> Sequence[Schedule]:
        """All schedules, by id."""
        return [_schedule(row) for row in await self._tx.rows(select(schedules).where(_THERE).order_by(schedules.c.id))]

    async def due(self, now: datetime) -> Sequence[Schedule]:
        """Schedules that are not paused and whose `next_run_at` has come, longest due first."""
        query = select(schedules).where(
            _THERE, schedules.c.paused == false(), schedules.c.next_run_at <= to_micros(now)
        )
        return [_schedule(row) for row in await self._tx.rows(query.order_by(schedules.c.next_run_at, schedules.c.id))]

    async def fire(self, schedule: Schedule, next_run_at: datetime | None, now: datetime, job_id: str) -> bool:
        """Note that it fired, by compare-and-set on `fired`, `next_run_at` and not paused. False: another did."""
        unchanged = (
            schedules.c.id == schedule.id,
            schedules.c.fired == schedule.fired,
            schedules.c.next_run_at == micros(schedule.next_run_at),
            schedules.c.paused == false(),
            _THERE,
        )
        fired = {
            "fired": schedule.fired + 1,
            "next_run_at": micros(next_run_at),
            "last_run_at": to_micros(now),
            "last_job": job_id,
        }
        return bool(await self._tx.run(update(schedules).where(*unchanged).values(fired)))

    async def pause(self, schedule_id: str) -> Schedule:
        """Stop it from firing. Raises ScheduleNotFound."""
        return await self._changed(schedule_id, update(schedules).values(paused=True))

    async def resume(self, schedule_id: str, next_run_at: datetime | None) -> Schedule:
        """Let it fire again, next at `next_run_at`. Raises ScheduleNotFound."""
        return await self._changed(schedule_id, update(schedules).values(paused=False, next_run_at=micros(next_run_at)))

    async def delete(self, schedule_id: str) -> None:
        """Delete it; a built-in one stays deleted. Raises ScheduleNotFound."""
        await self._changed(schedule_id, update(schedules).values(deleted=True))
        await self._tx.run(delete(schedules).where(~_THERE, schedules.c.built_in != true()))

    async def _changed(self, schedule_id: str, change: Update) -> Schedule:
        this = self._tx.among(schedules.c.id, findable([schedule_id]))
        row = await self._tx.row(change.where(this, _THERE).returning(*schedules.c))
        if row is None:
            raise _unknown(schedule_id)
        return _schedule(row)


def _unknown(schedule_id: str) -> ScheduleNotFound:
    return ScheduleNotFound(f"no schedule has the id {schedule_id!r}", field="job_id")


def _row(schedule: Schedule) -> dict[str, object]:
    return {
        "id": schedule.id,
        "name": schedule.name,
        "pipeline_type": schedule.pipeline_type.value,
        "config": json_text(schedule.config, "config"),
        "interval_seconds": schedule.trigger.interval_seconds,
        "cron": schedule.trigger.cron,
        "priority": schedule.priority,
        "paused": schedule.paused,
        "created_at": to_micros(schedule.created_at),
        "next_run_at": micros(schedule.next_run_at),
        "last_run_at": micros(schedule.last_run_at),
        "last_job": schedule.last_job,
        "fired": schedule.fired,
        "built_in": schedule.built_in,
        "deleted": False,
    }


def _schedule(row: Record) -> Schedule:
    return Schedule(
        id=row.id,
        name=row.name,
        pipeline_type=PipelineType(row.pipeline_type),
        config=orjson.loads(row.config),
        trigger=Trigger(row.interval_seconds, row.cron),
        priority=row.priority,
        paused=row.paused,
        created_at=from_micros(row.created_at),
        next_run_at=instant(row.next_run_at),
        last_run_at=instant(row.last_run_at),
        last_job=row.last_job,
        fired=row.fired,
        built_in=row.built_in,
    )
