"""`socialflow worker` and `socialflow beat`."""

import asyncio
import os
import signal
import sys
from typing import Annotated

import typer

from socialflow.doors.cli import console, session
from socialflow.errors import ConfigurationError
from socialflow.kit.courtesy import step_back

APPLICATION = "socialflow.doors.tasks.celery_app"
_PR_SET_PDEATHSIG = 1
_QUIET = "ignore:You're running the worker with superuser privileges"
"""Celery's advice; messages here are ids in JSON, which nothing executes."""

Concurrency = Annotated[int | None, typer.Option(min=1, max=256, help="Jobs at once; default MAX_CONCURRENT_TASKS.")]
Nice = Annotated[int, typer.Option(min=0, max=19, help="How far to step back behind other processes; 19: all the way.")]
Parent = Annotated[int | None, typer.Option(hidden=True, help="End with this process.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: socialflow worker --concurrency 4")(worker)
    app.command(epilog="Example: socialflow beat")(beat)


def worker(concurrency: Concurrency = None, nice: Nice = 0, parent: Parent = None) -> None:
    """Do jobs: those of the embedded queue, or of CELERY_BROKER_URL; SIGTERM lets running jobs finish for a while."""
    chosen = session.settings()
    session.prepare_store(chosen)
    if chosen.celery_broker_url is None:
        from socialflow.broker.folder import prepare

        prepare(chosen.queue_dir)
    step_back(nice)
    if parent is not None:
        _end_with(parent)
    arguments = ["--app", APPLICATION, "worker", "--pool", "prefork", "--queues", "ai_processing"]
    arguments += ["--concurrency", str(concurrency or chosen.max_concurrent_tasks), "--loglevel", chosen.log_level]
    arguments += ["--without-gossip", "--without-mingle", "--hostname", f"{os.getpid()}@%h"]
    os.execv(sys.executable, [sys.executable, "-W", _QUIET, "-m", "celery", "--quiet", *arguments])  # noqa: S606


def beat() -> None:
    """Send due jobs and start those of schedules, as `serve` does beside requests; any number may run."""
    chosen = session.settings()
    session.prepare_store(chosen)
    session.run(_beat())


async def _beat() -> None:
    from socialflow.observability import logs

    chosen = session.settings()
    logs.configure(chosen.log_level)
    async with session.opened(chosen) as platform:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        platform.housekeeping.start()
        console.say("dispatching jobs and schedules; stop with Ctrl-C")
        await stopped.wait()


def _end_with(parent: int) -> None:
    """Get SIGTERM when the parent process ends, even by SIGKILL (Linux; elsewhere the worker stays)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise ConfigurationError("the process that this worker belongs to has ended")
