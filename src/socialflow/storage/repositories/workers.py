"""Workers, as they tell of themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from socialflow.jobs.records import Worker
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.tables import workers
from socialflow.storage.transaction import Transaction

ALIVE = timedelta(seconds=30)
"""A worker that was silent for longer counts as gone."""
_FORGOTTEN = timedelta(days=1)


class Workers:
    """Signs of life."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def seen(self, worker: Worker) -> None:
        """Note a sign of life; forgets those silent for a day."""
        row = {
            "id": worker.id,
            "host": worker.host,
            "pid": worker.pid,
            "concurrency": worker.concurrency,
            "started_at": to_micros(worker.started_at),
            "seen_at": to_micros(worker.seen_at),
        }
        await self._tx.run(delete(workers).where(workers.c.seen_at < to_micros(worker.seen_at - _FORGOTTEN)))
        await self._tx.replace(workers, [row])

    async def left(self, worker_id: str) -> None:
        """Forget a worker that ended."""
        await self._tx.run(delete(workers).where(workers.c.id == worker_id))

    async def alive(self, now: datetime) -> Sequence[Worker]:
        """Workers seen within 30 s, by id."""
        query = select(workers).where(workers.c.seen_at >= to_micros(now - ALIVE)).order_by(workers.c.id)
        return [
            Worker(row.id, row.host, row.pid, row.concurrency, from_micros(row.started_at), from_micros(row.seen_at))
            for row in await self._tx.rows(query)
        ]
