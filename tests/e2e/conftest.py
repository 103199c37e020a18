"""Platforms served by real processes, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Platform
from tests.engines import PostgresServer, postgres


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresServer]:
    """A private PostgreSQL."""
    with postgres() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Platform:
    """A fresh platform, nothing served yet."""
    if request.param == "sqlite":
        return Platform(tmp_path / "var")
    return Platform(tmp_path / "var", request.getfixturevalue("database_server").fresh())
