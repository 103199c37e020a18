"""On SQLite a transaction crosses to its thread once a statement and once at its end."""

from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import text

from socialflow.storage.address import Address
from socialflow.storage.engine import Engines, open_engines


@pytest.fixture
async def engines(tmp_path: Path):
    file = tmp_path / "store.db"
    file.touch()
    opened = open_engines(Address.parse(f"sqlite:///{file}"), "normal", 1)
    yield opened
    await opened.close()


@pytest.fixture
def crossed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    calls: list[object] = []
    execute = aiosqlite.Connection._execute

    async def counted(self, work, *arguments, **named):
        calls.append(work)
        return await execute(self, work, *arguments, **named)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return calls


async def test_one_a_statement_and_one_at_the_end(engines: Engines, crossed: list[object]) -> None:
    for engine in (engines.writer, engines.reader):
        async with engine.begin():
            pass  # connects
        crossed.clear()
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
            await connection.execute(text("SELECT 2"))
        assert len(crossed) == 3


async def test_nothing_is_locked_by_a_transaction_without_a_statement(engines: Engines, crossed: list[object]) -> None:
    async with engines.writer.begin():
        pass
    crossed.clear()
    async with engines.writer.begin():
        pass
    assert not crossed


async def test_what_failed_is_rolled_back(engines: Engines) -> None:
    async with engines.writer.begin() as connection:
        await connection.execute(text("CREATE TABLE kept (n INTEGER)"))

    async def fails() -> None:
        async with engines.writer.begin() as connection:
            await connection.execute(text("INSERT INTO kept VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    async with engines.reader.begin() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM kept"))).scalar() == 0
