"""A cache in an SQLite file that the processes of one machine share."""

import sqlite3
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import orjson
import structlog
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from socialflow.errors import Overloaded
from socialflow.inference.lane import Lane

_log = structlog.get_logger("socialflow.cache")
T = TypeVar("T")

MAX_BYTES = 256 * 1024 * 1024
WAITING = 256
_TEND_EVERY = 200
"""Writes between two looks at size and age; sooner after an eighth of what the file may hold."""
_PRAGMAS = ("journal_mode = WAL", "synchronous = OFF", "busy_timeout = 250", "secure_delete = ON")
"""Read, not mapped: a mapped file that somebody cuts off kills the process that reads it (SIGBUS)."""
_OPENING_SECONDS = 0.5
"""For how long a file is opened anew that another process opens: SQLite then refuses the change to WAL at once."""
_TABLE = "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB, until REAL NOT NULL) WITHOUT ROWID"


class FileCache:
    """Bytes in a file, for what must be seen by a server and its worker alike without Redis.

    Satisfies `kit.cache.Cache`. A file that is damaged is thrown away; one that is locked for long is passed over.
    The file is not meant to survive power loss.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, *, wall: Callable[[], float] = time.time) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._wall = wall
        self._lane = Lane("cache", capacity=WAITING)
        self._connection: sqlite3.Connection | None = None
        self._writes = 0
        self._written = 0
        """Bytes since the last look."""

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values, in order; None where there is none, or it is too old."""
        nothing: dict[str, bytes] = {}
        found = await self._run(self._read, list(keys), otherwise=nothing)
        return [found.get(key) for key in keys]

    async def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep values for `ttl` seconds."""
        until = self._wall() + ttl
        rows = [(key, value, until) for key, value in values.items()]
        await self._run(self._keep, rows, otherwise=0)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep a value where there is none; False where there is one."""
        return await self._run(self._insert, key, value, self._wall() + ttl, otherwise=True)

    async def delete(self, keys: Collection[str]) -> None:
        """Forget these."""
        await self._run(self._write, "DELETE FROM entries WHERE key = ?", [(key,) for key in keys], otherwise=0)

    async def delete_prefix(self, prefix: str) -> None:
        """Forget every key that begins so."""
        bounds = [(prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1))] if prefix else [("", "\U0010ffff")]
        await self._run(self._write, "DELETE FROM entries WHERE key >= ? AND key < ?", bounds, otherwise=0)
        await self._run(self._empty_log, otherwise=0)

    async def close(self) -> None:
        """Close the file."""
        with suppress(Overloaded):
            await self._lane.run(self._disconnect)
        await self._lane.close()

    async def _run(self, work: Callable[..., T], *args: object, otherwise: T) -> T:
        try:
            return await self._lane.run(self._guarded, work, args, otherwise)
        except Overloaded:
            return otherwise

    def _guarded(self, work: Callable[..., T], args: Sequence[object], otherwise: T) -> T:
        """Do `work` on the lane's thread; a file that fails is as good as none."""
        try:
            return work(*args)
        except (sqlite3.OperationalError, OSError) as error:  # locked, full, or gone
            _log.warning("cache_passed_over", reason=str(error))
            self._disconnect()
        except sqlite3.DatabaseError as error:
            _log.warning("cache_thrown_away", reason=str(error))
            self._disconnect()
            for suffix in ("", "-wal", "-shm"):
                with suppress(OSError):
                    self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        return otherwise

    def _read(self, keys: list[str]) -> dict[str, bytes]:
        query = "SELECT key, value FROM entries WHERE key IN (SELECT value FROM json_each(?)) AND until > ?"
        return dict(self._connected().execute(query, (orjson.dumps(keys).decode(), self._wall())))

    def _keep(self, rows: Sequence[tuple[str, bytes, float]]) -> int:
        written = self._write("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
        self._writes += 1
        self._written += sum(len(value) for _, value, _ in rows)
        if self._writes % _TEND_EVERY == 0 or self._written > self._max_bytes // 8:
            self._written = 0
            self._tend()
        return written

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
        connection = self._connected()
        with connection:
            connection.executemany(statement, rows)
        return len(rows)

    def _empty_log(self) -> int:
        """Move the log into the file, so that nothing deleted stays in it."""
        self._connected().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return 0

    def _insert(self, key: str, value: bytes, until: float) -> bool:
        connection = self._connected()
        with connection:
            connection.execute("DELETE FROM entries WHERE key = ? AND until <= ?", (key, self._wall()))
            added = connection.execute("INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", (key, value, until)).rowcount
        return added == 1

    def _tend(self) -> None:
        """Take out what is too old, and, where the file is too large, what ends soonest."""
        connection = self._connected()
        with connection:
            connection.execute("DELETE FROM entries WHERE until <= ?", (self._wall(),))
            pages, free, size = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
            if (pages - free) * size > self._max_bytes:
                half = "SELECT until FROM entries ORDER BY until LIMIT 1 OFFSET (SELECT count(*) / 2 FROM entries)"
                connection.execute(f"DELETE FROM entries WHERE until <= ({half})")  # noqa: S608 - no value in it

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._path, timeout=0.25, isolation_level="IMMEDIATE")
            retrying = Retrying(
                retry=retry_if_exception(_is_busy),
                stop=stop_after_delay(_OPENING_SECONDS),
                wait=wait_random(0.001, 0.02),
                reraise=True,
            )
            retrying(_prepare, self._connection)
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute(_TABLE)


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY
