"""Which database a URL means."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from socialflow.errors import ConfigurationError

Dialect = Literal["sqlite", "postgresql"]
CONNECT_TIMEOUT = 3
"""Seconds after which an unreachable PostgreSQL is given up."""

_EXAMPLE = "use sqlite:////var/lib/socialflow/socialflow.db or postgresql://user:password@host/database"


@dataclass(frozen=True, slots=True)
class Address:
    """A database: a SQLite file (`path`), or a PostgreSQL server (`url`)."""

    dialect: Dialect
    url: URL
    path: Path | None = None

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read `sqlite:///path`, `postgresql://...`, `postgres://...`, each with or without `+driver`.

        Three slashes begin a relative path, four an absolute one; percent escapes in it are decoded. Raises
        ConfigurationError.

        >>> Address.parse("sqlite:////tmp/a.db").path
        PosixPath('/tmp/a.db')
        >>> Address.parse("postgres://u@h/db").url.drivername
        'postgresql+psycopg'
        """
        scheme, _, rest = url.partition("://")
        if scheme in {"sqlite", "sqlite+aiosqlite"}:
            return cls._file(rest)
        if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
            try:
                return cls("postgresql", make_url(url).set(drivername="postgresql+psycopg"))
            except (ArgumentError, ValueError) as error:
                raise ConfigurationError(f"DATABASE_URL cannot be read; {_EXAMPLE}", field="DATABASE_URL") from error
        raise ConfigurationError(f"DATABASE_URL has an unknown scheme; {_EXAMPLE}", field="DATABASE_URL")

    @classmethod
    def _file(cls, rest: str) -> "Address":
        name = unquote(rest.partition("?")[0]).removeprefix("/")
        if not name or name == ":memory:":
            raise ConfigurationError(f"DATABASE_URL must name a SQLite file; {_EXAMPLE}", field="DATABASE_URL")
        path = Path(name).absolute()
        return cls("sqlite", URL.create("sqlite+aiosqlite", database=str(path)), path)

    @property
    def file_uri(self) -> str:
        """SQLite's own name of the file. mode=rw: a file that is gone is an error, not a new empty database."""
        return f"file:{quote(str(self.path))}?mode=rw"
