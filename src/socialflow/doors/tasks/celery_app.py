"""The composed Celery application: `celery -A socialflow.doors.tasks.celery_app worker` (`socialflow worker` runs it).

Importing this module reads the settings; every task of `jobs.work.KINDS` is bound here.
"""

import os
import signal
from types import FrameType
from typing import Any

from celery import Task, signals

from socialflow.broker.app import make_app
from socialflow.broker.worker import Leaving, WorkerProcess
from socialflow.doors.tasks.table import config_of
from socialflow.jobs.records import NewJob, PipelineType
from socialflow.jobs.service import check_new
from socialflow.jobs.work import KINDS
from socialflow.kit.garbage import keep_loaded
from socialflow.observability import logs
from socialflow.settings import load_settings
from socialflow.wiring import broker_settings, open_worker

_settings = load_settings()
app = make_app(broker_settings(_settings))
_leaving = Leaving()
_process: WorkerProcess | None = None


def _bind(kind: PipelineType, name: str) -> None:
    @app.task(name=name, bind=True)  # type: ignore[untyped-decorator]
    def run(_task: Task, *args: Any, job: str | None = None, **kwargs: Any) -> str | None:
        """Run the named job; a message of a foreign producer becomes a job first."""
        if _process is None:
            raise RuntimeError("this process was not prepared: tasks run in a prefork worker")
        if job is not None:
            done = _process.run(job)
        else:
            new = NewJob(kind, name, config_of(kind, args, kwargs))
            check_new(new)
            done = _process.adopt(new)
        return None if done is None else done.id


for _kind, _rules in KINDS.items():
    _bind(_kind, _rules.task)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _set_up_logging(**_: object) -> None:
    logs.configure(_settings.log_level)


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _open(**_: object) -> None:
    global _process  # noqa: PLW0603 - one a process, which Celery makes
    _process = WorkerProcess(open_worker, _leaving)
    keep_loaded()
    signal.signal(signal.SIGTERM, _end)


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _leave(**_: object) -> None:
    _leaving.set(_settings.shutdown_seconds)


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close(**_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if _process is not None:
        _process.close()


def _end(number: int, _frame: FrameType | None) -> None:
    """Give back what runs, and end: Celery was told to stop at once, or the whole group of processes was."""
    _close()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


__all__ = ["app"]
