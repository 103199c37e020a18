"""Jobs: every change is one compare-and-set, whoever races."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import (
    BigInteger,
    Executable,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from socialflow.errors import Conflict, JobNotFound
from socialflow.jobs.records import (
    Job,
    JobError,
    JobState,
    JsonObject,
    Lease,
    NewJob,
    PipelineType,
    QueueStatus,
    RecentRuns,
)
from socialflow.jobs.states import FINISHED, UNFINISHED, check_move
from socialflow.kit.clock import to_micros
from socialflow.kit.identifiers import time_ordered_id
from socialflow.storage.repositories.job_rows import FREE, RESEND_AFTER, RESEND_AT_MOST, UNSENT, job_of, row_of
from socialflow.storage.repositories.rows import findable, instant, json_text, micros
from socialflow.storage.repositories.workers import Workers
from socialflow.storage.tables import installation, jobs
from socialflow.storage.transaction import Record, Transaction

MICROS = 1_000_000
_THROUGHPUT_WINDOW = timedelta(minutes=5)
_DEFERRED = timedelta(seconds=1)
_ATTEMPTS = 3

_QUEUED = jobs.c.state == JobState.QUEUED.value
_RUNNING = jobs.c.state == JobState.RUNNING.value
_FINISHED = jobs.c.state.in_(sorted(FINISHED))
# In the words of the partial index: with parameters in their place, SQLite would read the whole table.
_UNFINISHED = text("jobs.state IN ('queued', 'running')")
_NOT_HELD = select(installation.c.held_at).scalar_subquery().is_(None)


class Jobs:
    """Jobs, queued, running and ended."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, new: Sequence[NewJob], now: datetime) -> Sequence[Job]:
        """Store jobs, queued; one job back for each, in order. A taken dedup key gives the job that has it."""
        if all(job.dedup_key is None for job in new):
            return await self._insert([self._row(job, now) for job in new])
        return [await self._insert_once(job, now) for job in new]

    async def get(self, job_id: str) -> Job:
        """Return the job. Raises JobNotFound."""
        return job_of(await self._row_of(job_id))

    async def page(
        self,
        *,
        states: Collection[JobState] = (),
        pipeline_types: Collection[PipelineType] = (),
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Job]:
        """Jobs, newest first, older than the job `before`. Raises JobNotFound for an unknown `before`."""
        query = select(jobs).order_by(jobs.c.key.desc()).limit(limit)
        if states:
            query = query.where(jobs.c.state.in_(sorted(states)))
        if pipeline_types:
            query = query.where(jobs.c.pipeline_type.in_(sorted(pipeline_types)))
        if before is not None:
            query = query.where(jobs.c.key < (await self._row_of(before)).key)
        return await self._jobs(query)

    async def sendable(self, now: datetime, limit: int, *, without: Collection[PipelineType] = ()) -> Sequence[Job]:
        """Queued jobs that are due and unsent, or whose message is given up for lost, best first."""
        query = select(jobs).where(_sendable(now), jobs.c.pipeline_type.not_in(sorted(without)))
        return await self._jobs(query.order_by(jobs.c.priority.desc(), jobs.c.key).limit(limit))

    async def in_transit(self, now: datetime) -> int:
        """Queued jobs whose message is under way and not given up."""
        return await self._count(_QUEUED & (jobs.c.resend_at > to_micros(now)))

    async def mark_sent(self, job_ids: Collection[str], now: datetime) -> Sequence[str]:
        """Note that the transport is told of these, where they are still `sendable`; the ids of those that were."""
        waits = [min(RESEND_AFTER * 2**sends, RESEND_AT_MOST) for sends in range(8)]
        given_up = [literal(to_micros(now + wait), BigInteger) for wait in waits]
        by_sends = [(jobs.c.sends == sends, at) for sends, at in enumerate(given_up)]
        sent = {
            "sent_at": to_micros(now),
            "resend_at": case(*by_sends, else_=literal(to_micros(now + RESEND_AT_MOST), BigInteger)),
            "sends": jobs.c.sends + 1,
        }
        these = self._tx.among(jobs.c.id, job_ids)
        marked = update(jobs).where(_sendable(now), these).values(sent).returning(jobs.c.id)
        return [row.id for row in await self._tx.rows(marked)]

    async def unsend(self, job_ids: Collection[str]) -> None:
        """Take the note back: the transport could not be reached."""
        await self._tx.run(update(jobs).where(_QUEUED, self._tx.among(jobs.c.id, job_ids)).values(UNSENT))

    async def claim(self, job_id: str, lease: Lease, now: datetime, limits: Mapping[PipelineType, int]) -> Job | None:
        """Take a due, queued job: running, under `lease`. None where it is not to be had."""
        this, at = jobs.c.id == job_id, to_micros(now)
        due = and_(this, _QUEUED, jobs.c.run_at <= at)
        row = await self._tx.row(select(jobs.c.pipeline_type).where(due))
        if row is None:
            return None
        kind = PipelineType(row.pipeline_type)
        await self._alone(kind)
        others = select(func.count()).select_from(jobs.alias("others"))
        others = others.where(text("others.state = 'running' AND others.pipeline_type = :kind")).params(kind=kind.value)
        free = others.scalar_subquery() < limits[kind] if kind in limits else true()
        taken = {"state": JobState.RUNNING.value, "started_at": at, "progress": 0, **_held(lease), **UNSENT}
        claimed = await self._changed(update(jobs).where(due, free, _NOT_HELD).values(taken))
        if claimed is None:
            later = {"run_at": to_micros(now + _DEFERRED), **UNSENT}
            await self._tx.run(update(jobs).where(due).values(later))
        return claimed

    async def renew(self, job_id: str, token: str, until: datetime, progress: int | None = None) -> Job | None:
        """Extend the lease and keep the progress. None where another holds the job, or nobody."""
        values: dict[str, object] = {"lease_until": to_micros(until)}
        if progress is not None:
            values["progress"] = progress
        return await self._changed(update(jobs).where(*_held_by(job_id, token)).values(values))

    async def finish(
        self,
        job_id: str,
        token: str,
        state: JobState,
        now: datetime,
        *,
        result: JsonObject | None = None,
        error: JobError | None = None,
    ) -> bool:
        """End the run, in one transaction with what the work itself wrote. False where the lease was lost."""
        values: dict[str, object] = {**_ended(state, now), "attempts": jobs.c.attempts + 1, **_error(error)}
        values["result"] = None if result is None else json_text(result, "result")
        if state in {JobState.SUCCEEDED, JobState.PARTIAL}:
            values["progress"] = 100
        return bool(await self._tx.run(update(jobs).where(*_held_by(job_id, token)).values(values)))

    async def retry_later(self, job_id: str, token: str, now: datetime, run_at: datetime, error: JobError) -> bool:
        """Put a failed run back into the queue until `run_at`, counting one attempt. False where the lease was lost."""
        values = {**_given_back(now, to_micros(run_at)), "attempts": jobs.c.attempts + 1, **_error(error)}
        return bool(await self._tx.run(update(jobs).where(*_held_by(job_id, token)).values(values)))

    async def release(self, job_id: str, token: str, now: datetime) -> bool:
        """Put a job back into the queue, due at once, unsent, no attempt counted: its worker is leaving."""
        values = _given_back(now, jobs.c.run_at)
        return bool(await self._tx.run(update(jobs).where(*_held_by(job_id, token)).values(values)))

    async def expired(self, now: datetime, limit: int) -> Sequence[Job]:
        """Running jobs whose lease ran out."""
        query = select(jobs).where(_RUNNING, jobs.c.lease_until <= to_micros(now)).order_by(jobs.c.lease_until)
        return await self._jobs(query.limit(limit))

    async def lose(self, job: Job, to: JobState, now: datetime, error: JobError | None = None) -> bool:
        """Take an expired job from its dead worker: back to queued (one loss more), failed or cancelled."""
        if job.lease is None:
            return False
        check_move(job, to)
        values = _given_back(now, to_micros(now)) if to is JobState.QUEUED else _ended(to, now)
        values = {**values, "losses": jobs.c.losses + 1, **({} if error is None else _error(error))}
        silent = jobs.c.lease_until <= to_micros(now)
        return bool(await self._tx.run(update(jobs).where(*_held_by(job.id, job.lease.token), silent).values(values)))

    async def request_cancel(self, job_id: str, now: datetime) -> Job:
        """Cancel a queued job at once, ask a running one's worker to stop. Raises JobNotFound, Conflict if it ended."""
        this = jobs.c.id == job_id
        asked = {"cancel_requested": True}
        for statement in (
            update(jobs).where(this, _QUEUED).values(_ended(JobState.CANCELLED, now) | asked),
            update(jobs).where(this, _RUNNING).values(asked),
        ):
            job = await self._changed(statement) if findable([job_id]) else None
            if job is not None:
                return job
        job = await self.get(job_id)
        check_move(job, JobState.CANCELLED)
        raise Conflict(f"job {job_id} changed at the same time; try again", field="task_id")

    async def requeue(self, job_id: str, now: datetime) -> Job:
        """Run a failed, partial or cancelled job again, its attempts at 0. Raises JobNotFound, Conflict."""
        job = await self.get(job_id)
        if job.state in UNFINISHED:
            raise Conflict(f"job {job_id} is {job.state} already", field="task_id")
        check_move(job, JobState.QUEUED)
        if job.dedup_key is not None and (twin := await self._unfinished(job.dedup_key)) is not None:
            raise Conflict(f"job {twin.id} does the same work already", field="task_id")
        fresh = {"attempts": 0, "losses": 0, "progress": 0, "started_at": None, "finished_at": None, "result": None}
        due = {"state": JobState.QUEUED.value, "run_at": to_micros(now), "cancel_requested": False}
        values = {**due, **fresh, **_error(None)}
        again = await self._changed(update(jobs).where(jobs.c.id == job_id, _FINISHED).values(values))
        if again is None:
            raise Conflict(f"job {job_id} changed at the same time; try again", field="task_id")
        return again

    async def counts(self, now: datetime) -> QueueStatus:
        """The queue in figures; `workers` are those seen within 30 s."""
        at = to_micros(now)
        oldest_due = func.min(case((jobs.c.run_at <= at, jobs.c.run_at))).label("oldest")
        waiting = await self._tx.one(select(func.count().label("jobs"), oldest_due).where(_QUEUED))
        ended = select(jobs.c.state, func.count().label("jobs")).where(_FINISHED)
        recent = _FINISHED & (jobs.c.finished_at > at - _micros(_THROUGHPUT_WINDOW))
        rows = await self._tx.rows(ended.group_by(jobs.c.state))
        held = await self._tx.one(select(installation.c.held_at))
        return QueueStatus(
            queued=waiting.jobs,
            running=await self._count(_RUNNING),
            workers=tuple(await Workers(self._tx).alive(now)),
            throughput_per_minute=await self._count(recent) / (_THROUGHPUT_WINDOW.total_seconds() / 60),
            oldest_seconds=0.0 if waiting.oldest is None else (at - waiting.oldest) / MICROS,
            finished=dict.fromkeys(sorted(FINISHED), 0) | {JobState(row.state): row.jobs for row in rows},
            held_since=instant(held.held_at),
        )

    async def hold(self, since: datetime | None) -> None:
        """Start no job of this installation from now on, noting since when; None: go on."""
        await self._tx.run(update(installation).values(held_at=micros(since)))

    async def recent_runs(self, now: datetime) -> Sequence[RecentRuns]:
        """What ended in the last five minutes, by type and state."""
        recent = _FINISHED & (jobs.c.finished_at > to_micros(now) - _micros(_THROUGHPUT_WINDOW))
        began = func.coalesce(jobs.c.started_at, jobs.c.finished_at)
        query = select(
            jobs.c.pipeline_type,
            jobs.c.state,
            func.count().label("jobs"),
            func.avg(began - jobs.c.run_at).label("wait"),
            func.avg(jobs.c.finished_at - began).label("run"),
        )
        rows = await self._tx.rows(query.where(recent).group_by(jobs.c.pipeline_type, jobs.c.state))
        return [
            RecentRuns(
                PipelineType(row.pipeline_type),
                JobState(row.state),
                row.jobs,
                wait_seconds=max(0.0, float(row.wait) / MICROS),
                run_seconds=float(row.run) / MICROS,
            )
            for row in rows
        ]

    async def running_by_type(self) -> Mapping[PipelineType, int]:
        """How many of each type run now; types that do not run are left out."""
        query = select(jobs.c.pipeline_type, func.count().label("jobs")).where(_RUNNING)
        rows = await self._tx.rows(query.group_by(jobs.c.pipeline_type))
        return {PipelineType(row.pipeline_type): row.jobs for row in rows}

    async def clear_finished(self, before: datetime, limit: int = 10_000) -> int:
        """Delete jobs that ended before an instant; returns how many."""
        old = select(jobs.c.key).where(_FINISHED, jobs.c.finished_at < to_micros(before)).limit(limit)
        return await self._tx.run(delete(jobs).where(jobs.c.key.in_(old)))

    def _row(self, job: NewJob, now: datetime) -> dict[str, object]:
        created_at = to_micros(now)
        run_at = created_at if job.not_before is None else to_micros(job.not_before)
        return row_of(job, time_ordered_id(now), created_at=created_at, run_at=run_at)

    async def _insert(self, rows: Sequence[dict[str, object]]) -> Sequence[Job]:
        if not rows:
            return []
        await self._tx.run(insert(jobs), rows)
        stored = await self._tx.rows(select(jobs).where(self._tx.among(jobs.c.id, [row["id"] for row in rows])))
        by_id = {row.id: job_of(row) for row in stored}
        return [by_id[str(row["id"])] for row in rows]

    async def _insert_once(self, job: NewJob, now: datetime) -> Job:
        """Insert unless an unfinished job has the same dedup key, which may appear and end at any instant."""
        if job.dedup_key is None:
            return (await self._insert([self._row(job, now)]))[0]
        for _ in range(_ATTEMPTS):
            row = self._row(job, now)
            await self._tx.insert_new(jobs, [row])
            if (twin := await self._unfinished(job.dedup_key)) is not None:
                return twin
        raise Conflict(f"jobs with the key {job.dedup_key} come and go at once; try again", field="dedup_key")

    async def add_behind(self, job: NewJob, now: datetime) -> Job:
        """Have a job that begins after this transaction has committed, so that it finds what was written here.

        A queued one with the same dedup key is held back until then; where one runs already, another is queued behind
        it, its key numbered.
        """
        if job.dedup_key is None:
            return (await self.add([job], now))[0]
        for number in count(1):
            key = job.dedup_key if number == 1 else f"{job.dedup_key} {number}"
            stored = await self._insert_once(replace(job, dedup_key=key), now)
            held = select(jobs.c.key).where(jobs.c.id == stored.id, _QUEUED).with_for_update(read=True)
            if await self._tx.row(held) is not None:
                return stored
        raise AssertionError("numbers do not end")

    async def _unfinished(self, dedup_key: str) -> Job | None:
        row = await self._tx.row(select(jobs).where(jobs.c.dedup_key == dedup_key, _UNFINISHED))
        return None if row is None else job_of(row)

    async def _alone(self, kind: PipelineType) -> None:
        """Let no other transaction claim a job of this type until this one ends, so that running ones can be counted.

        On SQLite a writing transaction is alone anyway.
        """
        if self._tx.dialect == "postgresql":
            await self._tx.run(select(func.pg_advisory_xact_lock(func.hashtext(literal(f"jobs:{kind.value}")))))

    async def _row_of(self, job_id: str) -> Record:
        row = await self._tx.row(select(jobs).where(self._tx.among(jobs.c.id, findable([job_id]))))
        if row is None:
            raise JobNotFound(f"no job has the id {job_id!r}", field="task_id")
        return row

    async def _count(self, which: ColumnElement[bool]) -> int:
        counted = await self._tx.one(select(func.count(jobs.c.key).label("jobs")).where(which))
        return int(counted.jobs)

    async def _jobs(self, query: Executable) -> Sequence[Job]:
        return [job_of(row) for row in await self._tx.rows(query)]

    async def _changed(self, statement: Executable) -> Job | None:
        row = await self._tx.row(statement.returning(*jobs.c))  # type: ignore[attr-defined]
        return None if row is None else job_of(row)


def _sendable(now: datetime) -> ColumnElement[bool]:
    at = to_micros(now)
    return and_(_QUEUED, _NOT_HELD, jobs.c.run_at <= at, or_(jobs.c.resend_at.is_(None), jobs.c.resend_at <= at))


def _held(lease: Lease) -> dict[str, object]:
    return {"lease_token": lease.token, "lease_worker": lease.worker, "lease_until": to_micros(lease.until)}


def _held_by(job_id: str, token: str) -> tuple[ColumnElement[bool], ...]:
    return jobs.c.id == job_id, _RUNNING, jobs.c.lease_token == token


def _ended(state: JobState, now: datetime) -> dict[str, object]:
    return {"state": state.value, "finished_at": to_micros(now), **FREE, **UNSENT}


def _given_back(now: datetime, run_at: object) -> dict[str, object]:
    """Queued again; or ended, where its worker was asked to stop and had not done so yet."""
    cancelled = jobs.c.cancel_requested
    return {
        "state": case((cancelled, JobState.CANCELLED.value), else_=JobState.QUEUED.value),
        "finished_at": case((cancelled, literal(to_micros(now), BigInteger)), else_=null()),
        "run_at": run_at,
        **FREE,
        **UNSENT,
    }


def _error(error: JobError | None) -> dict[str, object]:
    if error is None:
        return {"error_code": None, "error_detail": None}
    return {"error_code": error.code, "error_detail": error.detail}


def _micros(span: timedelta) -> int:
    return int(span.total_seconds() * MICROS)
