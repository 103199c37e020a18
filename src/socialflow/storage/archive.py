"""Backups of PostgreSQL, readable by both engines: a zip of JSON lines.

`manifest.json` holds `{"format": 1, "revision": ..., "tables": [...], "sequences": {table: last number}}`. Each
`TABLE.jsonl` begins with a line of column names and goes on with one list a row; bytes are base64 text. Transaction ids
stay behind: they mean nothing to another server, and the new one stamps its own.
"""

import base64
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Protocol, TypeAlias

import orjson
from sqlalchemy import LargeBinary, MetaData, Table, inspect, select, text
from sqlalchemy.engine import Connection

from socialflow.errors import InvalidInput

FORMAT = 1
BATCH = 5_000
_SERVERS_OWN = {"txid"}

Cells: TypeAlias = Sequence[object]


class Source(Protocol):
    """A database's content: of a database, or of an archive."""

    @property
    def revision(self) -> str:
        """The schema revision that the rows have."""
        ...

    @property
    def sequences(self) -> Mapping[str, int]:
        """The last number drawn per table."""
        ...

    def tables(self) -> Sequence[str]:
        """Tables in an order in which rows can be stored."""
        ...

    def rows(self, table: str) -> Iterator[Mapping[str, object]]:
        """All rows of a table."""
        ...


class DatabaseSource:
    """The content of a connected database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = reflected(connection)
        self.revision = revision_of(connection) or ""
        self.sequences = _sequences(connection, self._tables)

    def tables(self) -> Sequence[str]:
        """Tables in an order in which rows can be stored."""
        return list(self._tables)

    def rows(self, table: str) -> Iterator[Mapping[str, object]]:
        """All rows of a table, read as they are asked for."""
        columns = [column for column in self._tables[table].c if column.name not in _SERVERS_OWN]
        for row in self._connection.execute(select(*columns).execution_options(yield_per=BATCH)).mappings():
            yield dict(row)


class ArchiveSource:
    """The content of an archive. Raises InvalidInput where the file is none."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            manifest = orjson.loads(self._zip.read("manifest.json"))
        except (zipfile.BadZipFile, KeyError, orjson.JSONDecodeError) as error:
            raise InvalidInput(f"{path} is not a backup of this service", field="path") from error
        if manifest.get("format") != FORMAT:
            raise InvalidInput(f"{path} has format {manifest.get('format')}; this version reads {FORMAT}", field="path")
        self._names: list[str] = manifest["tables"]
        self.revision: str = manifest["revision"]
        self.sequences: Mapping[str, int] = manifest["sequences"]

    def tables(self) -> Sequence[str]:
        """Tables in an order in which rows can be stored."""
        return self._names

    def rows(self, table: str) -> Iterator[Mapping[str, object]]:
        """All rows of a table, read as they are asked for."""
        with self._zip.open(f"{table}.jsonl") as lines:
            columns = orjson.loads(next(lines))
            for line in lines:
                yield dict(zip(columns, orjson.loads(line), strict=True))

    def close(self) -> None:
        """Close the file."""
        self._zip.close()


def write_archive(source: DatabaseSource, path: Path) -> None:
    """Write everything in `source` to a new archive at `path`."""
    manifest = {
        "format": FORMAT,
        "revision": source.revision,
        "tables": source.tables(),
        "sequences": source.sequences,
    }
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        archive.writestr("manifest.json", orjson.dumps(manifest))
        for table in source.tables():
            with archive.open(f"{table}.jsonl", "w", force_zip64=True) as lines:
                _write_rows(source, table, lines)


def _write_rows(source: DatabaseSource, table: str, lines: IO[bytes]) -> None:
    columns: list[str] | None = None
    for row in source.rows(table):
        if columns is None:
            columns = list(row)
            lines.write(orjson.dumps(columns) + b"\n")
        lines.write(orjson.dumps([row[name] for name in columns], default=_as_text) + b"\n")
    if columns is None:
        lines.write(b"[]\n")


def _as_text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"cannot write {type(value).__name__}")


def load(source: Source, connection: Connection) -> None:
    """Store everything of `source` in a database with the same revision and no content."""
    tables = reflected(connection)
    postgresql = connection.dialect.name == "postgresql"
    # A comment may be stored before the item it stands under.
    connection.execute(text("SET CONSTRAINTS ALL DEFERRED" if postgresql else "PRAGMA defer_foreign_keys = ON"))
    for name in reversed(source.tables()):
        connection.execute(tables[name].delete())
    for name in source.tables():
        rows = iter(source.rows(name))
        while batch := [_restored(tables[name], row) for row in islice(rows, BATCH)]:
            connection.execute(tables[name].insert(), batch)
    for name, last in source.sequences.items():
        _set_sequence(connection, tables[name], last)


def _restored(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    """A row with its bytes made from base64 again."""
    return {
        name: base64.b64decode(value)
        if isinstance(value, str) and isinstance(table.c[name].type, LargeBinary)
        else value
        for name, value in row.items()
    }


def reflected(connection: Connection) -> dict[str, Table]:
    """The tables as they are in the database now, parents before children; partitions are part of their table."""
    metadata = MetaData()
    names = [name for name in inspect(connection).get_table_names() if not name.startswith("interactions_")]
    metadata.reflect(connection, only=[name for name in names if name != "alembic_version"])
    return {str(table.name): table for table in metadata.sorted_tables}


def revision_of(connection: Connection) -> str | None:
    """The schema's revision, or None where there is no schema."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _numbered(tables: Mapping[str, Table]) -> dict[str, str]:
    """Tables that number their rows, with the column that holds the number."""
    return {
        name: column
        for name, table in tables.items()
        for column in ("key", "id")
        if column in table.c and table.c[column].type.python_type is int and name not in {"bandit", "installation"}
    }


def _sequences(connection: Connection, tables: Mapping[str, Table]) -> dict[str, int]:
    """The last number drawn per table: a number of a deleted row must not come back after a restore."""
    if connection.dialect.name == "sqlite":
        return {row.name: row.seq for row in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    last: dict[str, int] = {}
    for name, column in _numbered(tables).items():
        found = connection.execute(
            text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, :column)::regclass)"),
            {"table": name, "column": column},
        ).scalar()
        if found is not None:
            last[name] = found
    return last


def _set_sequence(connection: Connection, table: Table, last: int) -> None:
    values = {"table": table.name, "last": last}
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), values)
        return
    values["column"] = _numbered({table.name: table})[table.name]
    connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column)::regclass, :last)"), values)
