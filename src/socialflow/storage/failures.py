"""Database failures as the service's own errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from socialflow.errors import Conflict, InvalidInput, Overloaded, SocialflowError, StoreUnavailable

_NO_SCHEMA = "the database has no schema of this version: run `socialflow db upgrade`"
_MISSING = ("no such table", "no such column", "has no column named")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the database raised as an error of `socialflow.errors`; programming mistakes pass unchanged.

    The messages carry neither statements nor values, since doors show them to callers.
    """
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error) as error:
        named = _named(error)
        if named is None:
            raise
        raise named from error


def _named(error: exc.DBAPIError | exc.TimeoutError | sqlite3.Error) -> SocialflowError | None:
    if isinstance(error, exc.TimeoutError):
        return Overloaded("every database connection is in use; try again")
    if isinstance(error, exc.IntegrityError):
        return Conflict("another write stored the same thing first, or removed what this one refers to")
    if isinstance(error, exc.DataError):
        return InvalidInput("a value cannot be stored: out of range, or text with a NUL character")
    cause = error if isinstance(error, sqlite3.Error) else error.orig
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause)
    return _postgresql(error) if isinstance(error, exc.DBAPIError) else None


def _sqlite(error: sqlite3.Error) -> SocialflowError | None:
    """SQLITE_ERROR (1) is a mistake in a statement, unless the schema is not there; every other code is the file's."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return StoreUnavailable(_NO_SCHEMA) if str(error).startswith(_MISSING) else None
    if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
        return StoreUnavailable(f"the database file cannot be used ({error}); nothing was stored by this call")
    return None


def _postgresql(error: exc.DBAPIError) -> SocialflowError | None:
    if getattr(error.orig, "sqlstate", None) in {"42P01", "42703"}:  # undefined table, undefined column
        return StoreUnavailable(_NO_SCHEMA)
    if getattr(error.orig, "sqlstate", None) == "55P03":  # lock not available
        return Overloaded("another write holds what this one waited for; try again")
    if isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated:
        return StoreUnavailable("the database cannot be reached; nothing was stored by this call")
    return None
