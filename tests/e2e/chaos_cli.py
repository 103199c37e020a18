"""The `socialflow` command, whose workers run `chaos_app`."""

import sys

from socialflow.doors.cli import app, work
from socialflow.wiring import broker

work.APPLICATION = "tests.e2e.chaos_app"
_usual = broker.worker_command
broker.worker_command = lambda settings: [sys.executable, "-m", "tests.e2e.chaos_cli", *_usual(settings)[3:]]

if __name__ == "__main__":
    app.main()
