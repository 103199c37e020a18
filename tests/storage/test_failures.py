"""A database that is not there is a named error, and the store mends by itself once it is back."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from socialflow.content.log import LogCursor
from socialflow.errors import ConfigurationError, Conflict, InvalidInput, Overloaded, StoreUnavailable
from socialflow.storage.address import Address
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.failures import translated
from socialflow.storage.unit_of_work import Store
from tests.engines import PostgresServer, postgres
from tests.storage.nouns import act, populate, statuses, user


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that these tests may disturb."""
    with postgres() as running:
        yield running


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[Store]:
    store = Store(sqlite_url)
    yield store
    await store.close()


class TestSqliteFile:
    async def test_gone_and_back(self, sqlite_store: Store, sqlite_url: str) -> None:
        await populate(sqlite_store)
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        away = path.with_name("away.db")
        _move(path, away)
        with pytest.raises(StoreUnavailable):
            await sqlite_store.ping()
        with pytest.raises(StoreUnavailable):  # not into the file without a name
            await _add_user(sqlite_store, "late")
        _move(away, path)
        await sqlite_store.ping()
        await _add_user(sqlite_store, "late")
        async with sqlite_store.read() as unit:
            assert set(await unit.users.keys(["u0", "late"])) == {"u0", "late"}

    async def test_without_a_schema(self, tmp_path: Path) -> None:
        (tmp_path / "empty.db").touch()
        store = Store(f"sqlite:///{tmp_path / 'empty.db'}")
        with pytest.raises(StoreUnavailable, match="socialflow db upgrade"):
            await store.ping()
        await store.close()

    async def test_not_a_database(self, tmp_path: Path) -> None:
        (tmp_path / "odd.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
        store = Store(f"sqlite:///{tmp_path / 'odd.db'}")
        with pytest.raises(StoreUnavailable):
            await store.ping()
        await store.close()

    async def test_readers_do_not_write(self, sqlite_store: Store) -> None:
        with pytest.raises(StoreUnavailable):
            async with sqlite_store.read() as unit:
                await unit.users.upsert([user("u1")])

    async def test_readers_do_not_wait_for_a_writer(self, sqlite_store: Store) -> None:
        await populate(sqlite_store)
        async with sqlite_store.write() as writer:
            await writer.users.upsert([user("new")])
            async with sqlite_store.read() as reader:
                assert set(await reader.users.keys(["u0", "new"])) == {"u0"}

    async def test_two_processes_write_in_turn(self, sqlite_store: Store, sqlite_url: str) -> None:
        """Read first, write later: fails at once in a deferred transaction where the other wrote in between."""
        await populate(sqlite_store, users=2, items=1)
        other = Store(sqlite_url)

        async def work(store: Store, who: str) -> None:
            for n in range(30):
                async with store.write() as unit:
                    await unit.interactions.count()
                    await asyncio.sleep(0)
                    assert statuses(await unit.interactions.add([act(f"{n}", who, "i0")])) == ["stored"]

        await asyncio.gather(work(sqlite_store, "u0"), work(other, "u1"))
        await other.close()
        async with sqlite_store.read() as unit:
            assert await unit.interactions.count() == 60

    async def test_a_cancelled_unit_leaves_the_writer_free(self, sqlite_store: Store) -> None:
        started = asyncio.Event()

        async def stuck() -> None:
            async with sqlite_store.write() as unit:
                await unit.users.upsert([user("never")])
                started.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(stuck())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await _add_user(sqlite_store, "after")
        async with sqlite_store.read() as unit:
            assert set(await unit.users.keys(["never", "after"])) == {"after"}


class TestPostgresServer:
    async def test_connections_cut_and_back(self, own_server: PostgresServer) -> None:
        url = own_server.fresh()
        store = Store(url)
        await populate(store)

        async def cut_while_writing() -> None:
            async with store.write() as unit:
                await unit.users.upsert([user("lost")])
                _cut(own_server, url)
                await unit.users.upsert([user("lost-too")])

        with pytest.raises(StoreUnavailable):
            await cut_while_writing()
        await store.ping()
        _cut(own_server, url)
        await _add_user(store, "after")  # a dead pooled connection is noticed before it is used
        async with store.read() as unit:
            assert set(await unit.users.keys(["lost", "lost-too", "after"])) == {"after"}
        await store.close()

    async def test_nobody_listens(self) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        store = Store(f"postgresql://user@127.0.0.1:{port}/db")
        with pytest.raises(StoreUnavailable):
            await store.ping()
        await store.close()

    async def test_somebody_listens_and_says_nothing(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            store = Store(f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/db")
            with pytest.raises(StoreUnavailable):
                await store.ping()
            await store.close()

    async def test_no_such_database(self, own_server: PostgresServer) -> None:
        store = Store(own_server.url("nowhere"))
        with pytest.raises(StoreUnavailable):
            await store.ping()
        await store.close()

    async def test_without_a_schema(self, own_server: PostgresServer) -> None:
        store = Store(own_server.empty())
        with pytest.raises(StoreUnavailable, match="socialflow db upgrade"):
            await store.ping()
        await store.close()

    async def test_readers_do_not_write(self, own_server: PostgresServer) -> None:
        store = Store(own_server.fresh())
        with pytest.raises(DBAPIError, match="read-only"):
            async with store.read() as unit:
                await unit.users.upsert([user("u1")])
        await store.close()

    async def test_a_row_that_commits_late_is_found(self, own_server: PostgresServer) -> None:
        store = Store(own_server.fresh())
        await populate(store)
        async with store.write() as unit:
            await unit.interactions.add([act("0", "u2", "i2")])
        async with store.read() as unit:
            start = (await unit.interactions.poll(LogCursor())).cursor
        async with store.write() as slow:
            await slow.interactions.add([act("1", "u0", "i0")])
            async with store.write() as quick:
                await quick.interactions.add([act("1", "u1", "i1")])
            async with store.read() as reader:
                early = await reader.interactions.poll(start)
            async with store.read() as reader:
                again = await reader.interactions.poll(early.cursor)
        async with store.read() as reader:
            late = await reader.interactions.poll(again.cursor)
            keys = await reader.users.keys(["u0", "u1"])
        async with store.read() as reader:
            end = await reader.interactions.poll(late.cursor)
        assert early.block.users.tolist() == [keys["u1"]]
        assert len(again.block) == 0
        assert late.block.users.tolist() == [keys["u0"]]
        assert len(end.block) == 0
        assert end.cursor.recent_interactions == frozenset()
        await store.close()


class TestAddresses:
    @pytest.mark.parametrize(
        "url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql://h:port/db", "nonsense"]
    )
    def test_unusable(self, url: str) -> None:
        with pytest.raises(ConfigurationError):
            Store(url)

    def test_forms_of_a_path(self) -> None:
        assert Address.parse("sqlite:////a/b%20c.db").path == Path("/a/b c.db")
        assert Address.parse("sqlite+aiosqlite:///here.db").path == Path("here.db").absolute()
        assert Address.parse("postgres://u@h/d").url == Address.parse("postgresql+psycopg://u@h/d").url

    async def test_a_path_with_odd_characters(self, sqlite_url: str, tmp_path: Path) -> None:
        shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "a?b#c d.db")
        store = Store(f"sqlite:///{tmp_path}/a%3Fb%23c%20d.db")
        await store.ping()
        async with store.read() as unit:
            assert await unit.users.page(None, 1) == []
        await store.close()


class TestTranslation:
    def test_mistakes_in_statements_stay_what_they_are(self, url: str) -> None:
        engine = open_sync_engine(Address.parse(url))
        with pytest.raises(DBAPIError, match="syntax"), translated(), engine.connect() as connection:
            connection.execute(text("SELEKT 1"))

    def test_constraints_and_values(self, url: str) -> None:
        engine = open_sync_engine(Address.parse(url))
        insert = text(
            "INSERT INTO value_models (version, weights, created_at, note, active) VALUES (1, '', 0, '', false)"
        )
        with pytest.raises(Conflict), translated(), engine.connect() as connection:
            connection.execute(insert)

    def test_a_value_out_of_range(self, own_server: PostgresServer) -> None:
        engine = open_sync_engine(Address.parse(own_server.fresh()))
        with pytest.raises(InvalidInput), translated(), engine.connect() as connection:
            connection.execute(text("UPDATE value_models SET version = :big"), {"big": 1 << 40})

    async def test_every_connection_in_use(self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("socialflow.storage.engine.POOL_TIMEOUT_S", 0.05)
        store = Store(sqlite_url, pool_size=1)
        async with store.read() as unit:
            await unit.users.keys([])
            with pytest.raises(Overloaded):
                await store.ping()
        await store.close()


def _move(file: Path, to: Path) -> None:
    assert not to.exists()
    file.rename(to)


async def _add_user(store: Store, user_id: str) -> None:
    async with store.write() as unit:
        assert statuses(await unit.users.upsert([user(user_id)])) == ["stored"]


def _cut(server: PostgresServer, url: str) -> None:
    database = Address.parse(url).url.database
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))
