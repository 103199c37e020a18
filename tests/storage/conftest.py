"""The store under test: every test that asks for `url` or `store` runs on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from socialflow.jobs.ports import JobStore
from socialflow.jobs.runner import Runner
from socialflow.jobs.work import KINDS, Handler
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from tests.engines import PostgresServer, SqliteFiles, postgres
from tests.storage.bank_house import House, opened
from tests.storage.nouns import NOW
from tests.storage.work import POST, Heard


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqliteFiles | PostgresServer]:
    """Makes databases of one engine."""
    if request.param == "sqlite":
        yield SqliteFiles(tmp_path_factory.mktemp("sqlite"))
    else:
        with postgres() as running:
            yield running


@pytest.fixture
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A fresh migrated SQLite file, for what only SQLite does."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite")).fresh()


@pytest.fixture
def url(server: SqliteFiles | PostgresServer) -> str:
    """A fresh migrated database."""
    return server.fresh()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store over a fresh database."""
    opened = Store(url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def make(store: Store, clock: FixedClock, heard: Heard) -> Callable[..., Runner]:
    """A worker that can moderate posts by `handler`."""

    def made(handler: Handler, *, within: JobStore | None = None, **settings: object) -> Runner:
        kinds = settings.pop("kinds", KINDS)
        return Runner(within or store, {POST: handler}, clock, worker_id="w", observer=heard, kinds=kinds, **settings)  # type: ignore[arg-type]

    return made


@pytest.fixture
async def house(store: Store, clock: FixedClock) -> AsyncIterator[House]:
    """Moderation with hash banks."""
    async with opened(store, clock) as made:
        yield made
