"""Looking after the database: schema, checks, backup and restore. All functions block.

Failures are ConfigurationError (the URL), StoreUnavailable, InvalidInput (a file that is no backup) and Conflict.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import Connection

from socialflow.errors import Conflict, InvalidInput, StoreUnavailable
from socialflow.storage.address import Address
from socialflow.storage.archive import ArchiveSource, DatabaseSource, load, reflected, revision_of, write_archive
from socialflow.storage.engine import open_sync_engine, truncate_log
from socialflow.storage.failures import translated
from socialflow.storage.partitions import ensure_partitions

if TYPE_CHECKING:
    from alembic.config import Config

_UPGRADE_LOCK = 7_305_811_220_512
_SQLITE_HEADER = b"SQLite format 3\0"
_SEEDED = frozenset({"bandit", "feed_rules", "hash_watermark", "installation", "value_models"})
"""Tables that hold rows in a store that was only set up."""

_QUESTIONS: Mapping[str, str] = {
    "interactions of users that do not exist": (
        "SELECT count(*) FROM interactions AS i WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.key = i.user_key)"
    ),
    "interactions with items that do not exist": (
        "SELECT count(*) FROM interactions AS i WHERE NOT EXISTS (SELECT 1 FROM items AS t WHERE t.key = i.item_key)"
    ),
    "interactions without an idempotency key": (
        "SELECT count(*) FROM interactions AS i"
        " WHERE NOT EXISTS (SELECT 1 FROM interaction_keys AS k WHERE k.key = i.key)"
    ),
    "idempotency keys that are not matched one to one by interactions": (
        "SELECT abs((SELECT count(*) FROM interaction_keys) - (SELECT count(*) FROM interactions))"
    ),
    "active value models too many or too few": ("SELECT abs(1 - (SELECT count(*) FROM value_models WHERE active))"),
}
_POSTGRESQL_QUESTIONS: Mapping[str, str] = {
    # A copy made by other means than `restore` brings transaction ids of another server along: readers would be given
    # these rows again and again.
    f"{table} from transactions that have not happened yet": (
        f"SELECT count(*) FROM {table} WHERE txid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint"  # noqa: S608
    )
    for table in ("interactions", "changes")
}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found; `rows` counts per table, `problems` in words."""

    revision: str | None
    newest: str
    rows: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to `revision`, creating the SQLite file where there is none. Two at once wait for each other."""
    from alembic import command

    address = Address.parse(url)
    if address.path is not None:
        try:
            address.path.parent.mkdir(parents=True, exist_ok=True)
            address.path.touch()
        except OSError as error:
            raise StoreUnavailable(f"the database file cannot be made: {error.strerror}") from error
    config = _alembic()
    with _connected(address) as connection:
        if address.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if address.dialect == "postgresql":
            ensure_partitions(connection, datetime.now(UTC))


def check(url: str) -> CheckReport:
    """Look for damage: schema revision, integrity of the file, rows that refer to nothing, the ledger."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(_alembic()).get_current_head() or ""
    with _connected(Address.parse(url), writes=False) as connection:
        revision = revision_of(connection)
        if revision is None:
            return CheckReport(None, newest, problems=("there is no schema: run `socialflow db upgrade`",))
        problems = [] if revision == newest else [f"schema {revision} is not {newest}: run `socialflow db upgrade`"]
        rows = _counts(connection)
        questions = dict(_QUESTIONS)
        if connection.dialect.name == "postgresql":
            questions |= _POSTGRESQL_QUESTIONS
        else:
            problems += _file_problems(connection)
        for what, question in questions.items():
            wrong = connection.execute(text(question)).scalar_one()
            if wrong:
                problems.append(f"{wrong} {what}")
    return CheckReport(revision, newest, rows, tuple(problems))


def backup(url: str, path: Path) -> None:
    """Copy the running database to a new file: a SQLite database, or an archive (`storage.archive`) of PostgreSQL.

    The copy shows one instant; writers go on meanwhile. Raises Conflict where `path` exists.
    """
    if path.exists():
        raise Conflict(f"{path} exists already", field="path")
    address = Address.parse(url)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    if address.path is None:
        with _connected(address, writes=False) as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            write_archive(DatabaseSource(connection), part)
    else:
        with translated(), closing(sqlite3.connect(address.file_uri, uri=True)) as source:
            _copy(source, part)
    part.rename(path)


def restore(url: str, path: Path) -> None:
    """Fill a database that has no content from a backup of either engine, and bring it to the newest revision.

    Raises Conflict where the database holds anything, or a schema of another revision than the backup.
    """
    address = Address.parse(url)
    with _source(path) as source:
        if not _has_schema(address):
            upgrade(url, source.revision)
        with _connected(address) as connection:
            if revision_of(connection) != source.revision:
                raise Conflict("the backup has another schema revision: restore into a database without a schema")
            if any(count for table, count in _counts(connection).items() if table not in _SEEDED):
                raise Conflict("the database holds data: restore into an empty one")
            load(source, connection)
    upgrade(url)


def scrub(url: str) -> None:
    """Rewrite what deleted rows left behind: VACUUM, and on SQLite an empty write-ahead log. Writers wait meanwhile."""
    engine = open_sync_engine(Address.parse(url)).execution_options(isolation_level="AUTOCOMMIT")
    with translated(), engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("VACUUM")
        cursor.close()
        if engine.dialect.name == "sqlite":
            truncate_log(connection)


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "socialflow.storage:migrations")
    return config


@contextmanager
def _connected(address: Address, *, writes: bool = True) -> Iterator[Connection]:
    """A connection in a transaction that is committed at the end."""
    with translated(), open_sync_engine(address, writes=writes).begin() as connection:
        yield connection


def _has_schema(address: Address) -> bool:
    if address.path is not None and not address.path.exists():
        return False
    with _connected(address, writes=False) as connection:
        return revision_of(connection) is not None


def _counts(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608
        for name in reflected(connection)
    }


def _file_problems(connection: Connection) -> list[str]:
    damage = [row[0] for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    dangling = len(connection.execute(text("PRAGMA foreign_key_check")).all())
    return damage + ([f"{dangling} rows refer to rows that do not exist"] if dangling else [])


def _copy(source: sqlite3.Connection, path: Path) -> None:
    with closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


@contextmanager
def _source(path: Path) -> Iterator[DatabaseSource | ArchiveSource]:
    try:
        with path.open("rb") as stream:
            header = stream.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", field="path") from error
    if header == _SQLITE_HEADER:
        with _connected(Address.parse(f"sqlite:///{path.absolute()}"), writes=False) as connection:
            yield DatabaseSource(connection)
    else:
        with closing(ArchiveSource(path)) as source:
            yield source
