"""`socialflow serve` as processes of their own: started, asked, killed and stopped by tests.

A `Platform` is one home folder and one database; any number of `Service` processes serve it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from tests.ports import free_port
from typer.testing import CliRunner

from socialflow.access.tokens import TokenSettings, issue_token
from socialflow.doors.cli.app import app
from socialflow.kit.roles import Role
from socialflow.settings import Settings
from socialflow.storage.address import Address
from socialflow.storage.archive import reflected
from socialflow.storage.engine import open_sync_engine

KEY = {"X-API-Key": "the-key-from-the-environment"}
SECRET = "a-secret-of-at-least-thirty-two-characters"
DEADLINE_S = 200.0
"""Longer than anything takes on a machine whose processors are all taken by other tests."""


class Platform:
    """A home folder and a database (the embedded one where `database_url` is empty)."""

    def __init__(self, home: Path, database_url: str = "") -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.settings = {
            "SOCIALFLOW_HOME": str(home),
            "DATABASE_URL": database_url,
            "API_KEY": KEY["X-API-Key"],
            "JWT_SECRET": SECRET,
            "SOCIALFLOW_EMBEDDED_WORKER": "false",
        }
        self.store_url = database_url or f"sqlite:///{home / 'socialflow.db'}"

    def with_worker(self, *, niceness: int = 5) -> "Platform":
        """With an embedded worker that gets some of the processors even where other tests keep all of them busy."""
        self.settings |= {
            "SOCIALFLOW_EMBEDDED_WORKER": "true",
            "SOCIALFLOW_EMBEDDED_NICENESS": str(niceness),
            "JOB_LEASE_SECONDS": "2",
        }
        return self

    def environment(self) -> dict[str, str]:
        """This platform's settings, and none that the machine has."""
        of_machine = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        return of_machine | self.settings | {"OPENBLAS_NUM_THREADS": "1"}

    def run(self, *arguments: object) -> str:
        """Run a command to its end, in this process; returns what it wrote."""
        environment = dict.fromkeys(os.environ.keys() - self.environment().keys()) | self.environment()
        done = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    @contextlib.contextmanager
    def serving(self) -> Iterator["Service"]:
        """A process that is ready; gone when the block ends, whatever happened."""
        service = Service(self)
        try:
            service.start()
            yield service
        finally:
            service.kill()

    @contextlib.contextmanager
    def serving_twice(self) -> Iterator[tuple["Service", "Service"]]:
        """Two processes, started at once."""
        pair = Service(self), Service(self)
        try:
            for service in pair:
                service.launch()
            for service in pair:
                service.until(service.is_ready)
            yield pair
        finally:
            for service in pair:
                service.kill()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query over the database gives, past the service."""
        with open_sync_engine(Address.parse(self.store_url), writes=False).connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def tables(self) -> Sequence[str]:
        """Names of all tables."""
        with open_sync_engine(Address.parse(self.store_url), writes=False).connect() as connection:
            return list(reflected(connection))

    def interactions(self) -> list[tuple[str, str]]:
        """User and item of every stored interaction, by their ids, sorted."""
        query = (
            "SELECT users.id, items.id FROM interactions JOIN users ON users.key = interactions.user_key "
            "JOIN items ON items.key = interactions.item_key ORDER BY 1, 2"
        )
        return sorted((row[0], row[1]) for row in self.rows(query))


class Service:
    """One `socialflow serve`; it keeps its port over restarts, its output goes to a file under the platform's home."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = platform.home / f"serve-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The running process."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start, and return once `/ready` says 200."""
        self.launch()
        self.until(self.is_ready)

    def launch(self) -> None:
        """Start without waiting."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                _command("serve", "--port", str(self.port)),
                env=self.platform.environment(),
                cwd=self.platform.home.parent,
                stdout=log,
                stderr=log,
            )

    def is_ready(self) -> bool:
        """Whether calls may be sent here."""
        try:
            return httpx.get(f"{self.url}/ready", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def until(self, condition: Callable[[], bool]) -> None:
        """Ask again and again until the condition holds; fails where the process ends, or after `DEADLINE_S`."""
        deadline, pause = time.monotonic() + DEADLINE_S, 0.02
        while not condition():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(pause)
                raise AssertionError(f"the server ended: {self.output()}")
            assert time.monotonic() < deadline, self.output()
            pause = min(1.1 * pause, 0.25)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self.process.send_signal(signal.SIGTERM)

    def output(self) -> str:
        """All that was written so far."""
        return self._log.read_text()

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """Asks as the platform's back end, or with other credentials."""
        return httpx.Client(base_url=self.url, headers=KEY if headers is None else headers, timeout=30)

    def async_client(self) -> httpx.AsyncClient:
        """Asks as the platform's back end, much at once."""
        return httpx.AsyncClient(base_url=self.url, headers=KEY, timeout=30)


def token(subject: str, role: Role = Role.USER) -> dict[str, str]:
    """Headers of a person."""
    text = issue_token(TokenSettings(secret=SECRET), subject, role, now=datetime.now(UTC), lifetime=timedelta(hours=1))
    return {"Authorization": f"Bearer {text}"}


def fill(client: httpx.Client, *, users: int, items: int) -> None:
    """Users `u0`.. and approved videos `i0`.. of four categories."""
    people = [{"id": f"u{n}", "username": f"name-{n}"} for n in range(users)]
    videos = [
        {"id": f"i{n}", "title": f"Film {n}", "category": f"genre-{n % 4}", "moderation_status": "approved"}
        for n in range(items)
    ]
    assert client.post("/api/v1/users/bulk", json={"users": people}).json()["stored"] == users
    assert client.post("/api/v1/items/bulk", json={"items": videos}).json()["stored"] == items


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from socialflow.doors.cli.app import main; main()", *arguments]
