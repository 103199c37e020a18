"""The composed ASGI application: `uvicorn socialflow.main:app`."""

import gc

from socialflow.doors.rest.app import create_app
from socialflow.observability import logs
from socialflow.settings import load_settings
from socialflow.wiring import Platform, assemble


def _platform() -> Platform:
    settings = load_settings()
    logs.configure(settings.log_level)
    return assemble(settings, with_worker=True)


def _keep() -> None:
    """What was loaded lives as long as the process, so that no collection need walk it; what led there goes first."""
    gc.collect()
    gc.freeze()


app = create_app(_platform, started=_keep)
