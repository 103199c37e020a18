"""The composed ASGI application: `uvicorn socialflow.main:app`."""

from socialflow.doors.rest.app import create_app
from socialflow.settings import load_settings
from socialflow.wiring import assemble

app = create_app(lambda: assemble(load_settings()))
