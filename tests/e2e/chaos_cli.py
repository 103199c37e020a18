"""The `socialflow` command, whose workers run `chaos_app`."""

import sys

from socialflow import wiring
from socialflow.doors.cli import app, work

work.APPLICATION = "tests.e2e.chaos_app"
_usual = wiring.worker_command
wiring.worker_command = lambda settings: [sys.executable, "-m", "tests.e2e.chaos_cli", *_usual(settings)[3:]]

if __name__ == "__main__":
    app.main()
