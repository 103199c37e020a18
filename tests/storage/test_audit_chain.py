"""The chain over decisions and other acts: sealed once, whoever seals, and nothing can be changed in it unseen."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from socialflow.errors import DecisionNotFound, SealBroken
from socialflow.kit.clock import FixedClock
from socialflow.moderation import audit, chain
from socialflow.moderation.audit import AuditKind, Head, event
from socialflow.moderation.chain import AuditChain
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.verifying import Fault
from socialflow.storage.address import Address
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later, populate
from tests.unit.moderation.decided import ADA, APPROVED, new

Tamper = Callable[..., None]


@pytest.fixture
def service(store: Store, clock: FixedClock) -> DecisionService:
    return DecisionService(store, MemoryCache(), clock)


@pytest.fixture
def audited(store: Store, clock: FixedClock) -> AuditChain:
    return AuditChain(store, clock)


@pytest.fixture
def tamper(url: str) -> Tamper:
    """Runs statements as somebody who owns the database: triggers do not hold them back."""

    def run(*statements: str, **values: object) -> None:
        with open_sync_engine(Address.parse(url)).begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("PRAGMA defer_foreign_keys = ON"))
                names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
                for name in list(names):
                    connection.execute(text(f"DROP TRIGGER {name}"))
            else:
                connection.execute(text("SET LOCAL session_replication_role = 'replica'"))
            for statement in statements:
                assert connection.execute(text(statement), values).rowcount > 0, statement

    return run


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH_EVENTS", 2)


async def told(store: Store) -> None:
    """Five decisions and another act, in three batches: c1 by the service, then by a person; i0 by its author."""
    service = DecisionService(store, MemoryCache(), FixedClock(NOW))
    await populate(store)
    async with store.read() as unit:
        author = (await unit.users.get("u0")).key
    first = await service.record(new(id="d1"))
    await service.record(new("i0", id="d2", author=author))
    await service.record(new(status=APPROVED, actor=ADA, supersedes=first.id, id="d3"))
    async with store.write() as unit:
        await unit.audit.append(event(AuditKind.POLICY, NOW, "admin", {"version": 2}, event_id="e4"))
    await service.record(new("i1", id="d5", author=author))
    await service.record(new("c3", id="d6"))
    await AuditChain(store, FixedClock(later(1))).seal()


class TestSealing:
    async def test_batches_go_on_from_each_other(self, store: Store, service: DecisionService) -> None:
        await told(store)
        async with store.read() as unit:
            (batches,) = [group async for group in unit.audit.batches()]
        assert [(batch.number, batch.count) for batch in batches] == [(1, 2), (2, 2), (3, 2)]
        assert [batch.previous for batch in batches] == [audit.GENESIS, batches[0].hash, batches[1].hash]
        report = await service.verify_all()
        assert report.fault is None
        assert (report.events, report.decisions, report.batches, report.unsealed) == (6, 5, 3, 0)
        assert report.head == Head(3, batches[2].hash)

    async def test_nothing_new_seals_nothing(self, store: Store, audited: AuditChain, service: DecisionService) -> None:
        assert await audited.head() is None
        assert await audited.seal() == []
        assert (await service.verify_all()).ok
        await told(store)
        head = await audited.head()
        assert await audited.seal() == []
        await service.record(new("c9"))
        assert (await service.verify_all()).unsealed == 1
        assert [batch.number for batch in await audited.seal()] == [4]
        assert (await service.verify_all(kept=[head] if head else [])).ok

    async def test_two_who_seal_at_once_make_one_chain(self, url: str, store: Store, service: DecisionService) -> None:
        await told(store)
        others = [Store(url) for _ in range(2)]
        for round_ in range(3):
            for name in "abcde":
                await service.record(new(f"many-{name}{round_}"))
            clocks = [FixedClock(later(round_)), FixedClock(later(round_ + 1))]
            chains = [AuditChain(one, clock) for one, clock in zip(others, clocks, strict=True)]
            await asyncio.gather(*(one.seal() for one in chains))
        report = await service.verify_all()
        assert report.fault is None
        assert (report.events, report.unsealed) == (21, 0)
        for one in others:
            await one.close()

    async def test_who_writes_late_is_waited_for(self, url: str, store: Store, service: DecisionService) -> None:
        if url.startswith("sqlite"):
            pytest.skip("SQLite lets one writer in at a time")
        second = Store(url)
        async with store.write() as early:
            await early.audit.append(event(AuditKind.ADMIN, NOW, "a", {}, event_id="early"))
            async with second.write() as late:
                await late.audit.append(event(AuditKind.ADMIN, NOW, "b", {}, event_id="late"))
            sealing = asyncio.create_task(AuditChain(second, FixedClock(NOW)).seal())
        assert [batch.count for batch in await sealing] == [2]
        assert (await service.verify_all()).unsealed == 0
        await second.close()


def columns(table: str) -> list[str]:
    from socialflow.storage.tables import metadata

    return [column.name for column in metadata.tables[table].c]


CHANGES = {
    "key": "key + 100",
    "id": "'d0'",
    "at": "at + 1",
    "hour": "hour + 1",
    "policy_version": "policy_version + 1",
    "supersedes": "'d6'",
    "person_status": "'rejected'",
    "item_key": "(SELECT max(key) FROM items)",
    "author_key": "(SELECT max(key) FROM users)",
    "is_current": "NOT is_current",
    "number": "number + 100",
    "first": "first + 1",
    "last": "last - 1",
    "events": "events + 1",
    "sealed_at": "sealed_at + 1",
}
"""What is put in place of a column; of any other the first character is changed."""
ROWS = {"decisions": ("key", (1, 2)), "audit_events": ("key", (2, 4)), "audit_batches": ("number", (1, 3))}
"""Of each table its key, and rows in which every cell is changed."""
REFUSED = ("decisions", "is_current", 1)
"""The database allows no second decision that stands."""


def changed(column: str, dialect: str) -> str:
    """What is put in place of a cell."""
    if column != "body":
        return CHANGES.get(column, f"'x' || substr({column}, 2)")
    if dialect == "postgresql":
        return "overlay(body placing 'X'::bytea from 10)"
    return "CAST(substr(body, 1, 9) || 'X' || substr(body, 11) AS BLOB)"


class TestTampering:
    @pytest.mark.parametrize("table", list(ROWS))
    async def test_every_changed_cell_is_found(
        self, store: Store, service: DecisionService, tamper: Tamper, url: str, table: str
    ) -> None:
        await told(store)
        key, rows = ROWS[table]
        missed = []
        for row in rows:
            for column in columns(table):
                if (table, column, row) == REFUSED:
                    continue
                with open_sync_engine(Address.parse(url), writes=False).connect() as connection:
                    before = connection.execute(text(f"SELECT {column} FROM {table} WHERE {key} = {row}")).scalar_one()
                    dialect = connection.dialect.name
                tamper(f"UPDATE {table} SET {column} = {changed(column, dialect)} WHERE {key} = {row}")
                if (await service.verify_all()).ok:
                    missed.append((column, row))
                place = row + 100 if column == key else row
                tamper(f"UPDATE {table} SET {column} = :before WHERE {key} = {place}", before=before)
                assert (await service.verify_all()).ok
        assert missed == []

    async def test_the_first_fault_says_where(self, store: Store, service: DecisionService, tamper: Tamper) -> None:
        await told(store)
        tamper("UPDATE decisions SET status = 'approved' WHERE id = 'd6'")
        tamper("UPDATE decisions SET status = 'approved' WHERE id = 'd2'")
        fault = (await service.verify_all()).fault
        assert fault == Fault("decisions", "d2", "status", "the column status is not what was sealed")
        assert (await service.verify("d1")).ok
        assert (await service.verify("d2")).fault == fault
        assert not (await service.verify("d6")).ok

    async def test_rows_that_went_or_came(self, store: Store, service: DecisionService, tamper: Tamper) -> None:
        await told(store)
        await service.record(new("c7", id="d7"))
        tamper("DELETE FROM decisions WHERE id = 'd7'")
        assert (await service.verify_all()).fault == Fault(
            "decisions", "d7", "missing", "the decision of an audit event is not there"
        )
        tamper("DELETE FROM audit_events WHERE id = 'd7'")
        assert (await service.verify_all()).ok  # it was not sealed yet: this much can be lost
        await service.record(new("c7", id="d7"))
        tamper("DELETE FROM audit_events WHERE id = 'd7'")
        fault = (await service.verify_all()).fault
        assert fault == Fault("decisions", "d7", "links", "no audit event stands for it")
        checked = await service.verify("d7")
        assert (checked.ok, checked.batch) == (False, None)
        for none in ("e4", "d8"):
            with pytest.raises(DecisionNotFound):
                await service.verify(none)

    async def test_sealed_rows_that_went_together(self, store: Store, service: DecisionService, tamper: Tamper) -> None:
        await told(store)
        tamper("DELETE FROM decisions WHERE id = 'd6'", "DELETE FROM audit_events WHERE id = 'd6'")
        fault = (await service.verify_all()).fault
        assert fault is not None
        assert (fault.table, fault.row, fault.part) == ("audit_events", "batch 3", "batch")
        assert not (await service.verify("d5")).ok
        assert (await service.verify("d2")).ok

    @pytest.mark.parametrize("key", [-5, 0])
    async def test_an_event_put_in_before(
        self, store: Store, service: DecisionService, tamper: Tamper, key: int
    ) -> None:
        await told(store)
        tamper(
            "INSERT INTO audit_events (key, id, at, kind, actor, subject, body, digest)"
            f" SELECT {key}, 'new', at, kind, actor, subject, body, digest FROM audit_events WHERE id = 'e4'"
        )
        assert not (await service.verify_all()).ok

    async def test_an_event_of_no_kind(self, store: Store, service: DecisionService, tamper: Tamper) -> None:
        await told(store)
        async with store.read() as unit:
            found = await unit.audit.get("e4")
            assert found is not None
            assert (found.kind, found.body, await unit.audit.get("none")) == (AuditKind.POLICY, b'{"version":2}', None)
        tamper("UPDATE audit_events SET kind = 'whim' WHERE id IN ('d1', 'e4')")
        assert (await service.verify("d1")).fault == Fault(
            "audit_events", "d1", "digest", "the event is not what its digest is of"
        )
        async with store.read() as unit:
            with pytest.raises(SealBroken):
                await unit.audit.get("e4")

    async def test_two_that_changed_places(self, store: Store, service: DecisionService, tamper: Tamper) -> None:
        await told(store)
        swap = [f"UPDATE {{}} SET key = {new} WHERE id = '{row}'" for new, row in ((91, "d1"), (92, "d2"))]
        back = [f"UPDATE {{}} SET key = {new} WHERE id = '{row}'" for new, row in ((2, "d1"), (1, "d2"))]
        statements = [line.format(table) for table in ("audit_events", "decisions") for line in (*swap, *back)]
        tamper(*statements)
        fault = (await service.verify_all()).fault
        assert fault is not None
        assert fault.part == "batch"

    async def test_a_batch_that_went(self, store: Store, service: DecisionService, tamper: Tamper) -> None:
        await told(store)
        tamper("DELETE FROM audit_batches WHERE number = 2")
        fault = (await service.verify_all()).fault
        assert fault == Fault("audit_batches", "2", "missing", "the batch is not there")

    async def test_a_tail_that_was_cut_off_is_told_by_a_head_that_was_kept(
        self, store: Store, service: DecisionService, audited: AuditChain, tamper: Tamper
    ) -> None:
        await told(store)
        head = await audited.head()
        assert head is not None
        assert (await service.verify_all(kept=[head])).ok
        tamper(
            "DELETE FROM decisions WHERE id IN ('d5', 'd6')",
            "DELETE FROM audit_events WHERE id IN ('d5', 'd6')",
            "DELETE FROM audit_batches WHERE number = 3",
        )
        assert (await service.verify_all()).ok
        fault = (await service.verify_all(kept=[head])).fault
        assert fault is not None
        assert (fault.table, fault.row, fault.part) == ("audit_batches", "3", "missing")

    async def test_a_chain_made_anew_is_told_by_a_head_that_was_kept(
        self, store: Store, service: DecisionService, audited: AuditChain, tamper: Tamper
    ) -> None:
        await told(store)
        head = await audited.head()
        assert head is not None
        tamper("DELETE FROM audit_batches")
        await audited.seal()
        assert (await service.verify_all()).ok
        fault = (await service.verify_all(kept=[head])).fault
        assert fault is not None
        assert (fault.row, fault.part) == ("3", "hash")

    async def test_since_takes_what_was_before_on_trust(
        self, store: Store, service: DecisionService, tamper: Tamper
    ) -> None:
        await told(store)
        await service.record(new("c8"))
        await AuditChain(store, FixedClock(later(60))).seal()
        tamper("UPDATE audit_events SET actor = 'nobody' WHERE id = 'd1'")
        assert not (await service.verify_all()).ok
        report = await service.verify_all(since=later(30))
        assert (report.ok, report.events, report.batches) == (True, 1, 1)
        assert (await service.verify_all(since=NOW)).ok is False


class TestErasure:
    async def test_the_person_goes_and_the_chain_stays_whole(
        self, store: Store, service: DecisionService, url: str
    ) -> None:
        await told(store)
        before = await service.get("d2")
        async with store.read() as unit:
            key = (await unit.users.get("u0")).key
            secret = await unit.person_keys.known(key)
        async with store.write() as unit:
            receipt = await unit.erasures.erase_user("u0", NOW)
        assert (receipt.rows["person_keys"], receipt.rows["decisions"]) == (1, 2)
        report = await service.verify_all()
        assert (report.ok, report.decisions) == (True, 5)
        assert await service.get("d2") == before
        with open_sync_engine(Address.parse(url), writes=False).connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM person_keys")).scalar() == 0
            links = connection.execute(text("SELECT count(*) FROM decisions WHERE author_key IS NOT NULL")).scalar()
            assert links == 0
        assert secret is not None
        assert replace(before, author="") != before  # what it says of the person is a digest by a key that is gone
