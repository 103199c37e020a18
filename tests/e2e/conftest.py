"""Platforms served by real processes, on both engines."""

from collections.abc import Iterator

import pytest
from tests.e2e.service import Platform
from tests.engines import PostgresServer, postgres


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresServer]:
    """A private PostgreSQL."""
    with postgres() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """An empty platform for the tests of one module, nothing served yet."""
    home = tmp_path_factory.mktemp("platform") / "var"
    return Platform(home, "" if request.param == "sqlite" else request.getfixturevalue("database_server").fresh())
