"""The composed ASGI application: `uvicorn socialflow.main:app`."""

from socialflow.doors.rest.app import create_app
from socialflow.kit.garbage import keep_loaded
from socialflow.observability import logs
from socialflow.settings import load_settings
from socialflow.wiring import Platform, assemble


def _platform() -> Platform:
    settings = load_settings()
    logs.configure(settings.log_level)
    return assemble(settings, with_worker=True)


app = create_app(_platform, started=keep_loaded)
