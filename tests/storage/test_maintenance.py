"""Schema, checks, backup and restore."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from socialflow.content.log import LogCursor
from socialflow.content.records import InteractionContext, ItemKind
from socialflow.errors import ConfigurationError, Conflict, Erased, InvalidInput, StoreUnavailable
from socialflow.kit.clock import FixedClock
from socialflow.moderation.chain import AuditChain, checked
from socialflow.moderation.decisions import DecisionService
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.records import Choice
from socialflow.recommendation.rules import Exclude, Match, Rule, RuleSet
from socialflow.storage.address import Address
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.maintenance import backup, check, restore, upgrade
from socialflow.storage.tables import metadata
from socialflow.storage.unit_of_work import Store
from tests.engines import PostgresServer, SqliteFiles
from tests.storage.nouns import NOW, act, item, populate, statuses, user
from tests.storage.test_answers import impression
from tests.unit.moderation.decided import decision, new

Server = SqliteFiles | PostgresServer


class TestSchema:
    def test_tables_say_what_the_migrations_made(self, url: str) -> None:
        def relevant(thing: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
            on_server_only = kind in {"column", "index"} and "txid" in (name or "")
            return not on_server_only and not (kind == "table" and (name or "").startswith("interactions_"))

        with open_sync_engine(Address.parse(url)).connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": relevant})
            assert [str(d) for d in compare_metadata(context, metadata)] == []

    def test_a_second_upgrade_does_nothing(self, url: str) -> None:
        before = check(url)
        upgrade(url)
        assert check(url) == before
        assert before.ok
        assert before.revision == before.newest

    def test_opening_a_store_needs_no_alembic(self) -> None:
        modules = "socialflow.storage.unit_of_work, socialflow.storage.maintenance"
        code = f"import sys, {modules}; print('alembic' in sys.modules)"
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == "False"

    async def test_data_of_an_older_revision_is_read_after_the_upgrade(self, server: Server) -> None:
        url = server.empty()
        upgrade(url, "0001")
        with open_sync_engine(Address.parse(url)).begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO items (id, kind, created_at, title, description, text, tags, topics, hidden,"
                    " moderation_status, moderation_flags, is_flagged, is_promoted, simulated)"
                    " VALUES ('old', 'video', 0, 'Old film', '', '', '[\"a\"]', '[]', false, 'approved', '[]', false,"
                    " false, false)"
                )
            )
        assert check(url).problems == ("schema 0001 is not 0016: run `socialflow db upgrade`",)
        upgrade(url)
        assert check(url).ok
        store = Store(url)
        async with store.write() as unit:
            old = await unit.items.get("old")
            assert (old.title, old.tags, old.sentiment) == ("Old film", ("a",), None)
            assert statuses(await unit.items.upsert([replace(old, sentiment="positive")])) == ["stored"]
        await store.close()

    def test_the_file_is_made_where_there_is_none(self, tmp_path: Path) -> None:
        upgrade(f"sqlite:///{tmp_path}/deep/er/store.db")
        assert check(f"sqlite:///{tmp_path}/deep/er/store.db").ok

    def test_a_folder_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StoreUnavailable):
            upgrade(f"sqlite:///{tmp_path}/file/store.db")
        with pytest.raises(ConfigurationError):
            upgrade("oracle://x")


class TestCheck:
    def test_without_a_schema(self, server: Server) -> None:
        url = server.empty()
        if isinstance(server, SqliteFiles):
            Path(url.removeprefix("sqlite:///")).touch()
        report = check(url)
        assert not report.ok
        assert report.revision is None

    async def test_finds_orphans_and_a_broken_ledger(self, store: Store, url: str) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.interactions.add([act("1", "u0", "i0"), act("2", "u1", "i1")])
        assert check(url).rows["interactions"] == 2
        with open_sync_engine(Address.parse(url)).begin() as connection:
            connection.execute(text("DELETE FROM users WHERE id = 'u0'"))
            connection.execute(text("DELETE FROM items WHERE id = 'i1'"))
            connection.execute(text("DELETE FROM interaction_keys"))
        assert check(url).problems == (
            "1 interactions of users that do not exist",
            "1 interactions with items that do not exist",
            "2 interactions without an idempotency key",
            "2 idempotency keys that are not matched one to one by interactions",
        )

    def test_finds_damage_in_the_file(self, sqlite_url: str) -> None:
        with open_sync_engine(Address.parse(sqlite_url)).begin() as connection:
            connection.execute(text("PRAGMA writable_schema = ON"))
            connection.execute(text("UPDATE sqlite_master SET sql = replace(sql, 'note TEXT NOT NULL', 'note BLOB')"))
            connection.execute(text("UPDATE value_models SET weights = NULL WHERE false"))
            connection.execute(text("DELETE FROM sqlite_master WHERE name = 'ix_users_untrainable'"))
        assert any("never used" in problem for problem in check(sqlite_url).problems)


async def filled(store: Store) -> None:
    """Something in every corner: bytes, a reply stored before its parent, a gap in the numbers, an erased person."""
    await populate(store)
    async with store.write() as unit:
        await unit.users.upsert([user("gone"), user("привет", profile={"a": "\0"})])
        await unit.items.upsert([item("reply", ItemKind.COMMENT, parent="i2"), item("last")])
        await unit.items.delete("i2")
        await unit.items.upsert([item("r2", ItemKind.COMMENT, parent="p2"), item("p2")])
        await unit.interactions.add(
            [act("1", "u0", "i0", context=InteractionContext("feed", None, 3, "r")), act("2", "u1", "i1", value=0.1)]
        )
        key = (await unit.users.get("u0")).key
        await unit.impressions.add(impression("r", 1, key, choice=Choice("als", (), {"als": 1.0}), rewarded_until=NOW))
        await unit.rules.add(RuleSet(0, (Rule("a", Match(tag=("x",)), Exclude()),), NOW))
        await unit.person_keys.of(key)
        await unit.decisions.decide(decision("d1", "i0"))
        await unit.decisions.decide(decision("d2", "i0", supersedes="d1"))
        await unit.bandit.save(0, {"at": 1.5}, {key: Person(at=2.5)}, {})
        await unit.items.delete("last")
        await unit.erasures.erase_user("gone", NOW)
    await AuditChain(store, FixedClock(NOW)).seal()


async def contents(store: Store) -> list[object]:
    async with store.read() as unit:
        block = (await unit.interactions.poll(LogCursor())).block
        return [
            await unit.users.page(None, 100),
            [await unit.items.get(name) for name in ("i0", "i1", "r2", "p2")],
            sorted(zip(block.users.tolist(), block.items.tolist(), block.values.tolist(), strict=True)),
            await unit.impressions.pages("r"),
            await unit.value_models.versions(),
            await unit.rules.active(),
            await unit.bandit.population(),
            await unit.bandit.people([(await unit.users.get("u0")).key]),
            await unit.person_keys.known((await unit.users.get("u0")).key),
            await unit.decisions.history("i0"),
            await checked(unit),
        ]


class TestBackup:
    @pytest.mark.parametrize("into", ["the same engine", "sqlite"])
    async def test_restores_everything(self, server: Server, tmp_path: Path, into: str) -> None:
        source = server.fresh()
        store = Store(source)
        await filled(store)
        before = await contents(store)
        async with store.read() as unit:
            newest = max((await unit.items.keys(["r2", "p2"])).values())
        backup(source, tmp_path / "copy")
        await store.close()

        target = f"sqlite:///{tmp_path}/new.db" if into == "sqlite" else server.empty()
        restore(target, tmp_path / "copy")
        assert check(target).ok
        restored = Store(target)
        assert await contents(restored) == before
        await DecisionService(restored, MemoryCache(), FixedClock(NOW)).record(new("i1"))
        await AuditChain(restored, FixedClock(NOW)).seal()
        async with restored.write() as unit:
            report = await checked(unit)
            assert (report.ok, report.decisions, report.batches) == (True, 3, 2)
            with pytest.raises(Erased):
                await unit.users.get("gone")
            assert statuses(await unit.interactions.add([act("1", "u0", "i1"), act("3", "u0", "i1")])) == [
                "duplicate",
                "stored",
            ]
            await unit.items.upsert([item("fresh")])
            assert (await unit.items.get("fresh")).key > newest
        await restored.close()
        assert [name for name in os.listdir(tmp_path) if "copy" in name] == ["copy"]  # noqa: PTH208

    async def test_a_sqlite_copy_moves_to_postgresql(self, server: Server, sqlite_url: str, tmp_path: Path) -> None:
        store = Store(sqlite_url)
        await filled(store)
        before = await contents(store)
        await store.close()
        backup(sqlite_url, tmp_path / "copy")
        target = server.empty()
        restore(target, tmp_path / "copy")
        assert check(target).ok
        restored = Store(target)
        assert await contents(restored) == before
        await restored.close()

    async def test_an_older_backup_is_brought_up_to_date(self, server: Server, tmp_path: Path) -> None:
        old = server.empty()
        upgrade(old, "0001")
        backup(old, tmp_path / "copy")
        target = server.empty()
        restore(target, tmp_path / "copy")
        assert check(target).ok
        with pytest.raises(Conflict):  # a schema of another revision is in the way
            restore(server.fresh(), tmp_path / "copy")

    async def test_refuses_to_overwrite(self, store: Store, url: str, server: Server, tmp_path: Path) -> None:
        backup(url, tmp_path / "copy")
        with pytest.raises(Conflict):
            backup(url, tmp_path / "copy")
        restore(server.fresh(), tmp_path / "copy")  # set up, but empty
        await populate(store)
        with pytest.raises(Conflict):
            restore(url, tmp_path / "copy")

    def test_refuses_what_is_no_backup(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "odd").write_text("hello")
        for name in ("odd", "missing"):
            with pytest.raises(InvalidInput):
                restore(url, tmp_path / name)

    async def test_shows_one_instant_while_writers_go_on(self, store: Store, url: str, tmp_path: Path) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.interactions.add([act("1", "u0", "i0")])
        async with store.write() as unit:
            await unit.interactions.add([act("2", "u0", "i0")])
            await asyncio.to_thread(backup, url, tmp_path / "copy")
        target = f"sqlite:///{tmp_path}/new.db"
        restore(target, tmp_path / "copy")
        report = check(target)
        assert (report.ok, report.rows["interactions"]) == (True, 1)
