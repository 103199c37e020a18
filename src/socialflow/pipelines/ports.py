"""What constructors without arguments need of the resident platform; `wiring.Platform` satisfies it."""

from typing import Protocol

from socialflow.jobs.service import JobService
from socialflow.pipelines.schedule import Scheduler


class ResidentPlatform(Protocol):
    """Batch work and its schedules."""

    @property
    def jobs(self) -> JobService: ...
    @property
    def scheduler(self) -> Scheduler: ...
