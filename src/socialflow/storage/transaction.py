"""One open transaction as repositories see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ARRAY, BigInteger, Executable, Table, Text, any_, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from socialflow.storage.address import Address, Dialect
from socialflow.storage.tables import installation

Record: TypeAlias = Row[Any]
Values: TypeAlias = Mapping[str, object]


@dataclass(slots=True)
class Memory:
    """What a store remembers between transactions."""

    secret: bytes | None = None
    """The installation's secret, once read."""
    partitioned_until: int = 0
    """Microseconds up to which PostgreSQL is known to have monthly partitions."""


@dataclass(slots=True)
class Transaction:
    """A connection inside a transaction, with what differs between the engines."""

    connection: AsyncConnection
    address: Address
    memory: Memory
    readonly: bool
    scrub: bool = field(default=False, init=False)
    """Set by an erasure: once committed, no copy of what was deleted may stay in the log of the database."""

    new_words: bool = field(default=False, init=False)
    """Set where words of items are new, so that somebody will want them analysed."""

    unmoderated: set[str] = field(default_factory=set, init=False)
    """Kinds of items of which some wait for moderation since this transaction."""

    @property
    def dialect(self) -> Dialect:
        """Which engine this runs on."""
        return self.address.dialect

    async def rows(
        self, statement: Executable, parameters: Values | Sequence[Values] | None = None
    ) -> Sequence[Record]:
        """All rows of a query, or of an insert of many rows that returns some."""
        return (await self.connection.execute(statement, parameters)).all()

    async def row(self, statement: Executable, parameters: Values | None = None) -> Record | None:
        """The first row of a query, or None."""
        return (await self.connection.execute(statement, parameters)).first()

    async def one(self, statement: Executable, parameters: Values | None = None) -> Record:
        """The only row of a query that always has one."""
        return (await self.connection.execute(statement, parameters)).one()

    async def run(self, statement: Executable, parameters: Values | Sequence[Values] | None = None) -> int:
        """Execute once, or once per element of a list; returns the number of rows it changed."""
        return (await self.connection.execute(statement, parameters)).rowcount

    def among(self, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """`column` is one of `values` (all text or all integers): one parameter, however many values."""
        listed = list(values)
        if self.dialect == "postgresql":
            kind = BigInteger() if column.type.python_type is int else Text()
            return column == any_(bindparam(None, listed, type_=ARRAY(kind), unique=True))
        as_json = bindparam(
            None, orjson.dumps(listed, option=orjson.OPT_SERIALIZE_NUMPY).decode(), type_=Text(), unique=True
        )
        return column.in_(select(text("value")).select_from(func.json_each(as_json)))

    async def insert_new(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert rows, passing over those that another transaction inserted first."""
        make = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        await self.run(make(table).on_conflict_do_nothing(), rows)

    async def insert_one(self, table: Table, row: Values) -> bool:
        """Insert a row; False where one is in its way."""
        make = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        statement = make(table).values(row).on_conflict_do_nothing().returning(*table.primary_key.columns)
        return await self.row(statement) is not None

    async def replace(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert rows; one whose primary key exists takes the other columns' new values."""
        make = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        statement = make(table)
        updates = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        await self.run(statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=updates), rows)

    async def secret(self) -> bytes:
        """The key of this installation's digests."""
        if self.memory.secret is None:
            self.memory.secret = bytes((await self.one(select(installation.c.secret)))[0])
        return self.memory.secret
