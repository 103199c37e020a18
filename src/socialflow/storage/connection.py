"""A SQLite connection that crosses to its thread once a statement.

aiosqlite runs every connection on a thread of its own. Its cursors cross over to make the cursor, to execute, to fetch
and to close, and each crossing costs two switches of threads: more than most of our queries. Here the four are one,
and a transaction begins in the crossing of its first statement.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Self

import aiosqlite


class Cursor:
    """What SQLAlchemy asks of an aiosqlite cursor; rows are fetched when the statement is executed."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows = []

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute, fetch every row and close, in one crossing."""
        await self._connection.on_thread(self._run, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Execute once an element, in one crossing."""
        await self._connection.on_thread(self._run_many, statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """The rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is left to close."""

    def _run(self, connection: sqlite3.Connection, statement: str, parameters: Sequence[Any]) -> None:
        self._take(connection.execute(statement, parameters))

    def _run_many(self, connection: sqlite3.Connection, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._take(connection.executemany(statement, parameters))

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self._rows = cursor.fetchall()
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        cursor.close()


class Connection(aiosqlite.Connection):
    """An aiosqlite connection with cursors of one crossing."""

    _begin: str | None = None

    def begin(self, statement: str) -> None:
        """Begin a transaction by `statement` just before the next one; at once no lock is taken."""
        self._begin = statement

    def cursor(self) -> Cursor:  # type: ignore[override]  # SQLAlchemy enters it like aiosqlite's
        """A cursor for one statement."""
        return Cursor(self)

    async def on_thread(self, work: Any, *arguments: Any) -> None:
        """Run `work(sqlite3 connection, *arguments)` on this connection's thread."""
        begin, self._begin = self._begin, None
        await self._execute(_begun, begin, work, self._conn, *arguments)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        """Commit, if anything was begun."""
        if self._ended():
            return
        await super().commit()

    async def rollback(self) -> None:
        """Roll back, if anything was begun."""
        if self._ended():
            return
        await super().rollback()

    def _ended(self) -> bool:
        """Whether there is nothing to end; what was not begun yet is forgotten."""
        self._begin = None
        return not self.in_transaction


def _begun(begin: str | None, work: Any, connection: sqlite3.Connection, *arguments: Any) -> None:
    if begin is not None:
        connection.execute(begin)
    work(connection, *arguments)


async def connect(uri: str) -> Connection:
    """Open a database by its `file:` URI."""
    connection = Connection(lambda: sqlite3.connect(uri, uri=True), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does: a lost connection must not hold the exit
    await connection
    return connection
