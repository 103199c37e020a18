"""Connections: how each engine is opened, and what every connection is told first.

SQLite runs in WAL mode with one writing connection and a few reading ones. Write transactions start with BEGIN
IMMEDIATE: a deferred one that reads first and writes later fails at once with "database is locked" where another
process wrote in between, whatever busy_timeout says.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from socialflow.storage.address import CONNECT_TIMEOUT, Address
from socialflow.storage.connection import Connection as LazyConnection
from socialflow.storage.connection import connect

Durability = Literal["normal", "full"]
BUSY_TIMEOUT_MS = 10_000
POOL_TIMEOUT_S = 10.0

_COMMON = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -32768",
)
_READER = (*_COMMON, "PRAGMA mmap_size = 268435456", "PRAGMA query_only = ON")
# secure_delete: deleted content is overwritten with zeros, so that an erased person is gone from the file.
# cache_size (KiB, negative): every stored interaction touches random pages of the indexes. wal_autocheckpoint (pages):
# a writer would wait for it, so the store moves pages beside the writers (`checkpoint`) and this is what remains.
_WRITER = (
    *_COMMON,
    "PRAGMA journal_mode = WAL",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -131072",
    "PRAGMA wal_autocheckpoint = 16384",
)


@dataclass(frozen=True, slots=True)
class Engines:
    """Where reading and writing units get their connections; both are one engine on PostgreSQL."""

    reader: AsyncEngine
    writer: AsyncEngine

    async def close(self) -> None:
        """Close every connection."""
        await self.reader.dispose()
        await self.writer.dispose()


def open_engines(address: Address, durability: Durability, pool_size: int) -> Engines:
    """Engines for `address`; nothing is connected yet."""
    if address.path is None:
        return _postgresql(address, pool_size)
    pool: dict[str, Any] = {
        "async_creator": lambda: connect(address.file_uri),
        "max_overflow": 0,
        "pool_timeout": POOL_TIMEOUT_S,
    }
    reader = create_async_engine(address.url, pool_size=pool_size, **pool)
    prepare_sqlite(reader.sync_engine, address.path, _READER, begin="BEGIN")
    writer = create_async_engine(address.url, pool_size=1, **pool)
    synchronous = f"PRAGMA synchronous = {durability.upper()}"
    prepare_sqlite(writer.sync_engine, address.path, (*_WRITER, synchronous), begin="BEGIN IMMEDIATE")
    return Engines(reader, writer)


def _postgresql(address: Address, pool_size: int) -> Engines:
    # Compiling a query costs more than running any of ours: jit off.
    connect_args = {"connect_timeout": CONNECT_TIMEOUT, "options": "-c jit=off"}
    engine = create_async_engine(
        address.url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        connect_args=connect_args,
    )
    # One snapshot for the whole reading unit, as SQLite gives.
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(reader, engine)


def open_sync_engine(address: Address, *, writes: bool = True) -> Engine:
    """A blocking engine that keeps no connection, for migrations and maintenance."""
    if address.path is None:
        return create_engine(address.url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_TIMEOUT})
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address.file_uri, uri=True), poolclass=NullPool)
    pragmas = (*_WRITER, "PRAGMA synchronous = FULL") if writes else _READER
    prepare_sqlite(engine, address.path, pragmas, begin="BEGIN IMMEDIATE" if writes else "BEGIN")
    return engine


def prepare_sqlite(engine: Engine, path: Path, pragmas: Sequence[str], *, begin: str) -> None:
    """Make `engine` run `pragmas` on every new connection and start every transaction with `begin`.

    A connection whose file was moved or replaced would go on writing into a file without a name: it is dropped when it
    is next asked for.
    """

    def on_connect(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
            cursor.fetchall()
        cursor.close()
        entry.info["file"] = _identity(path)

    def on_checkout(_connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        if entry.info.get("file") != _identity(path):
            raise DisconnectionError("the database file was moved, replaced or removed")

    def on_begin(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if isinstance(driver, LazyConnection):
            driver.begin(begin)
        else:
            connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "checkout", on_checkout)
    event.listen(engine, "begin", on_begin)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def checkpoint(path: Path) -> None:
    """Move pages of SQLite's write-ahead log into the file beside running readers and writers (blocking call)."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def truncate_log(connection: Connection) -> bool:
    """Move SQLite's write-ahead log into the file and cut it to nothing; True where a reader was in the way.

    `connection` must not be in a transaction.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 250")
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    busy = bool(cursor.fetchall()[0][0])
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.close()
    return busy
