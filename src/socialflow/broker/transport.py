"""Sending: one small Celery message a job."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from socialflow.errors import TransportUnavailable
from socialflow.inference.lane import Lane
from socialflow.jobs.records import Job, PipelineType
from socialflow.jobs.work import KINDS, Kind

if TYPE_CHECKING:
    from celery import Celery

NET_BELOW = 60.0
"""Seconds after a job's own time limit at which Celery kills the process that hangs in it."""
_ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}


class CeleryTransport:
    """Satisfies `jobs.ports.Transport`. Sends on a thread of its own, where few calls may wait.

    Args:
        make: makes the application at the first sending, so that a start does not wait for Celery's import.
    """

    def __init__(self, make: "Callable[[], Celery]", kinds: Mapping[PipelineType, Kind] = KINDS) -> None:
        self._make = make
        self._kinds = kinds
        self._app: Celery | None = None
        self._lane = Lane("broker", capacity=4)

    async def send(self, jobs: Sequence[Job]) -> None:
        """Send one message a job, in order. Raises TransportUnavailable."""
        if jobs:
            await self._lane.run(self._send, jobs)

    async def close(self) -> None:
        """Let go of connections."""
        await self._lane.close()
        if self._app is not None:
            self._app.close()

    def _send(self, jobs: Sequence[Job]) -> None:
        from celery.exceptions import CeleryError
        from kombu.exceptions import KombuError

        if self._app is None:
            self._app = self._make()
        try:
            with self._app.producer_or_acquire() as producer:
                for job in jobs:
                    kind = self._kinds[job.pipeline_type]
                    self._app.send_task(
                        kind.task,
                        kwargs={"job": job.id},
                        task_id=job.id,
                        producer=producer,
                        time_limit=kind.time_limit + NET_BELOW,
                        retry=True,
                        retry_policy=_ONCE_MORE,
                    )
        except (CeleryError, KombuError, OSError) as error:
            raise TransportUnavailable(f"the broker cannot be reached ({type(error).__name__})") from error
