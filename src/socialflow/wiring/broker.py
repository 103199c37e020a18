"""How work reaches workers, and the worker beside the server."""

import os
import sys
from typing import TYPE_CHECKING

from socialflow.broker.config import BrokerSettings
from socialflow.broker.supervisor import Supervisor
from socialflow.settings import Settings

if TYPE_CHECKING:
    from celery import Celery


def broker_settings(settings: Settings) -> BrokerSettings:
    """Where messages to workers go."""
    return BrokerSettings(settings.queue_dir, settings.celery_broker_url, settings.celery_result_backend)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that works for the same installation."""
    return {
        **os.environ,
        "SOCIALFLOW_HOME": str(settings.home.absolute()),
        "DATABASE_URL": settings.database_url,
        "MODEL_PATH": str(settings.models_dir.absolute()),
    }


def celery_app(settings: Settings) -> "Celery":
    """The sender of messages, its queue's folder ready where there is no broker."""
    from socialflow.broker.app import make_app
    from socialflow.broker.folder import prepare

    if settings.celery_broker_url is None:
        prepare(settings.queue_dir)
    return make_app(broker_settings(settings))


def supervisor(settings: Settings) -> Supervisor:
    """Of the embedded worker."""
    lock, grace = settings.home / "worker.lock", settings.shutdown_seconds + 5.0
    return Supervisor(worker_command(settings), child_environment(settings), lock, grace=grace)


def worker_command(settings: Settings) -> list[str]:
    """What starts the embedded worker: two processes at most, which step back behind requests as far as is set."""
    concurrency = max(1, min(2, os.cpu_count() or 1, settings.max_concurrent_tasks))
    nice = settings.socialflow_embedded_niceness
    options = ["--concurrency", str(concurrency), "--nice", str(nice), "--parent", str(os.getpid())]
    return [sys.executable, "-m", "socialflow", "worker", *options]
