"""The worker's own application, whose handler of one type leaves traces and sometimes dies in the middle."""

import asyncio
import os
import random
import signal

from sqlalchemy import text

from socialflow.jobs.ports import JobUnit
from socialflow.jobs.records import PipelineType
from socialflow.jobs.work import Outcome, Run
from socialflow.storage.unit_of_work import Store
from socialflow.wiring import worker

DEATHS = 1 / 60
"""Share of runs in which the process is killed between the effect and the end."""


class Traced:
    """Writes an effect that may be repeated, and in the end one that must not be."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, run: Run) -> Outcome:
        async with self._store.write() as unit:
            written = text("INSERT INTO chaos_effects (job_id) VALUES (:id) ON CONFLICT DO NOTHING")
            await unit.jobs._tx.run(written, {"id": run.job.id})
        await asyncio.sleep(0.005)
        if random.random() < DEATHS:
            os.kill(os.getpid(), signal.SIGKILL)

        async def end(unit: JobUnit) -> None:
            await unit.jobs._tx.run(text("INSERT INTO chaos_ends (job_id) VALUES (:id)"), {"id": run.job.id})  # type: ignore[attr-defined]

        return Outcome({"done": True}, effect=end)


_usual = worker.handlers
worker.handlers = lambda platform: {**_usual(platform), PipelineType.ANALYZE_CONTENT: Traced(platform.store)}

from socialflow.doors.tasks.celery_app import app  # noqa: E402 - made from what was set above

__all__ = ["app"]
