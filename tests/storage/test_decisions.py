"""Decisions in the store: one stands at a time, people go before machines, items follow, rows are never changed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from socialflow.content.log import ChangeKind, LogCursor
from socialflow.content.records import ModerationStatus
from socialflow.content.service import is_public
from socialflow.errors import (
    Conflict,
    DecidedByPerson,
    DecisionNotFound,
    DecisionSuperseded,
    InvalidInput,
    SealBroken,
)
from socialflow.kit.cache import moderation_key
from socialflow.kit.clock import FixedClock
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.policy.service import PolicyService
from socialflow.moderation.records import Act, ContentKind, Decision, Facts, PolicyVersion
from socialflow.moderation.sealing import Judged, check, input_digest, pseudonym
from socialflow.storage.address import Address
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.repositories.decisions import Decisions
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, later, populate
from tests.storage.statements import counted
from tests.unit.moderation.decided import ADA, APPROVED, MACHINE, REJECTED, decision, new, verdict


@pytest.fixture
async def cache() -> AsyncIterator[MemoryCache]:
    made = MemoryCache()
    yield made
    await made.close()


@pytest.fixture
def service(store: Store, cache: MemoryCache, clock: FixedClock) -> DecisionService:
    return DecisionService(store, cache, clock)


@pytest.fixture
def tamper(url: str) -> Callable[[str], None]:
    """Runs a statement as somebody who owns the database: triggers do not hold them back."""

    def run(statement: str) -> None:
        with open_sync_engine(Address.parse(url)).begin() as connection:
            if connection.dialect.name == "sqlite":
                names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
                for name in list(names):
                    connection.execute(text(f"DROP TRIGGER {name}"))
            else:
                connection.execute(text("SET LOCAL session_replication_role = 'replica'"))
            assert connection.execute(text(statement)).rowcount > 0

    return run


class TestDeciding:
    async def test_comes_back_as_it_was_sealed(self, service: DecisionService) -> None:
        taken = await service.record(new())
        assert check(taken)
        assert taken.at == NOW
        assert await service.get(taken.id) == await service.current("c1") == taken
        assert await service.history("c1") == [taken]
        assert await service.history("nothing") == []
        for missing in (service.get("none"), service.current("none"), service.get("a\0")):
            with pytest.raises(DecisionNotFound):
                await missing

    async def test_a_later_one_supersedes_and_nothing_is_overwritten(self, service: DecisionService) -> None:
        first = await service.record(new())
        second = await service.record(new(status=APPROVED, supersedes=first.id))
        assert await service.current("c1") == second
        assert await service.history("c1") == [first, second]

    async def test_who_comes_second_is_refused(self, service: DecisionService) -> None:
        first = await service.record(new())
        with pytest.raises(DecisionSuperseded):
            await service.record(new())
        second = await service.record(new(supersedes=first.id))
        with pytest.raises(DecisionSuperseded):
            await service.record(new(supersedes=first.id))
        with pytest.raises(DecisionSuperseded):
            await service.record(new("c2", supersedes=first.id))
        assert await service.history("c1") == [first, second]

    async def test_of_many_at_once_one_wins(self, service: DecisionService) -> None:
        for before in (None, "won"):
            stood = (await service.current("c1")).id if before else None
            race = (service.record(new(status=APPROVED, supersedes=stood)) for _ in range(6))
            ends = await asyncio.gather(*race, return_exceptions=True)
            lost = [end for end in ends if isinstance(end, BaseException)]
            assert len(lost) == 5
            assert {type(end) for end in lost} == {DecisionSuperseded}
        assert len(await service.history("c1")) == 2
        assert (await service.verify_all()).ok

    async def test_a_second_try_is_the_same_decision(self, service: DecisionService, clock: FixedClock) -> None:
        first = await service.record(new(id="job-1"))
        clock.at = later(5)
        assert await service.record(new(id="job-1")) == first
        after = await service.record(new(supersedes=first.id))
        assert await service.record(new(id="job-1")) == first
        assert await service.current("c1") == after
        assert await service.record(new(id="job-1", note="other")) == first
        with pytest.raises(Conflict):
            await service.record(new("c2", id="job-1"))

    async def test_an_id_is_of_one_decision(self, service: DecisionService, store: Store) -> None:
        first = await service.record(new(id="d"))
        async with store.write() as unit:
            assert await unit.decisions.decide(first) == first
            with pytest.raises(Conflict):
                await unit.decisions.decide(replace(first, note="other", seal=""))

    async def test_a_wrong_seal_or_broken_text_is_refused(self, store: Store) -> None:
        async with store.write() as unit:
            with pytest.raises(InvalidInput):
                await unit.decisions.decide(decision(seal="00" * 32))
            with pytest.raises(InvalidInput):
                await unit.decisions.decide(decision(content="a\0"))
            with pytest.raises(InvalidInput):
                await unit.decisions.decide(decision("a\0"))

    async def test_a_failed_transaction_leaves_nothing(self, service: DecisionService, store: Store) -> None:
        with pytest.raises(RuntimeError):  # noqa: PT012
            async with store.write() as unit:
                await service.record_in(unit, new())
                raise RuntimeError
        assert await service.history("c1") == []
        assert (await service.verify_all()).events == 0


class TestPeople:
    async def test_a_person_overrules_the_service_and_not_the_other_way(self, service: DecisionService) -> None:
        machine = await service.record(new())
        person = await service.record(new(status=APPROVED, actor=ADA, supersedes=machine.id, judged=None))
        assert person.input_digest == machine.input_digest
        for supersedes in (None, machine.id, person.id):
            with pytest.raises(DecidedByPerson):
                await service.record(new(supersedes=supersedes))
        assert await service.current("c1") == person

    async def test_what_changed_since_is_judged_anew(self, service: DecisionService) -> None:
        person = await service.record(new(status=APPROVED, actor=ADA))
        with pytest.raises(DecisionSuperseded):  # it had not seen the person's verdict
            await service.record(new(words="changed"))
        anew = await service.record(new(words="changed", supersedes=person.id))
        assert await service.current("c1") == anew

    async def test_a_person_overrules_a_person(self, service: DecisionService) -> None:
        first = await service.record(new(actor=ADA))
        second = await service.record(new(actor=replace(ADA, name="reviewer-2"), status=APPROVED, supersedes=first.id))
        assert await service.current("c1") == second

    async def test_what_is_the_same_must_be_named(self, service: DecisionService) -> None:
        with pytest.raises(InvalidInput):
            await service.record(new(judged=None))
        with pytest.raises(DecisionNotFound):
            await service.record(new(judged=None, supersedes="none"))


class TestPolicies:
    async def test_by_which_each_was_taken(self, service: DecisionService, store: Store, clock: FixedClock) -> None:
        installed = await PolicyService(store, clock).install()
        kept = PolicyVersion("default", 1, installed.digest)
        first = await service.record(new("c1", policy=kept))
        gone = await service.record(new("c2", policy=PolicyVersion("default", 9, "ab" * 32)))
        async with store.read() as unit:
            told = await unit.decisions.policies_of([first.id, gone.id, "none"])
            assert await unit.decisions.policies_of([]) == {}
        assert told == {first.id: kept, gone.id: PolicyVersion("default", 9, "")}


class TestAuthors:
    async def test_stand_under_a_name_of_their_own_key(self, service: DecisionService, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            author = (await unit.users.get("u0")).key
            assert await unit.person_keys.known(author) is None
        first = await service.record(new("i0", author=author))
        other = await service.record(new("i1"))
        async with store.write() as unit:
            key = await unit.person_keys.of(author)
            assert len(key) == 32
            assert key != await unit.person_keys.of((await unit.users.get("u1")).key)
            with pytest.raises(InvalidInput):
                await unit.decisions.decide(decision("x", "x", author="00" * 32), author=author)
        assert first.author == pseudonym(key)
        assert first.input_digest == input_digest(key, Judged({"text": "you"}))
        assert other.author == ""
        assert other.input_digest not in {"", first.input_digest}

    async def test_nobody_there_is_a_conflict(self, service: DecisionService) -> None:
        with pytest.raises(Conflict):
            await service.record(new(author=77))


class TestEffects:
    async def test_an_item_follows_and_keeps_its_author_s_wish(self, service: DecisionService, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.items.upsert([item("mine", hidden=True)])
        async with store.read() as unit:
            cursor = (await unit.interactions.poll(LogCursor())).cursor
        first = await service.record(new("mine", verdict=verdict(REJECTED, (Act.REJECT, Act.HIDE))))
        async with store.read() as unit:
            mine = await unit.items.get("mine")
            changes = (await unit.interactions.poll(cursor)).changes
        assert (mine.moderation_status, mine.moderation_flags, mine.moderated_at) == (REJECTED, ("toxicity",), NOW)
        assert (mine.is_flagged, mine.flag_reason, mine.hidden, mine.withheld) == (True, "toxicity", True, True)
        assert [(change.kind, change.key) for change in changes] == [(ChangeKind.ITEM, mine.key)]
        await service.record(new("mine", status=APPROVED, actor=ADA, supersedes=first.id))
        async with store.write() as unit:
            mine = await unit.items.get("mine")
            await unit.items.upsert([replace(mine, hidden=False, withheld=True, moderation_status=REJECTED)])
            shown = await unit.items.get("mine")
        assert (mine.moderation_status, mine.is_flagged, mine.flag_reason) == (APPROVED, False, None)
        assert (mine.hidden, mine.withheld, is_public(mine)) == (True, False, False)
        assert is_public(shown)

    async def test_flagged_is_shown_unless_the_policy_hides(self, service: DecisionService, store: Store) -> None:
        await populate(store)
        flagged = verdict(ModerationStatus.FLAGGED, (Act.FLAG,))
        first = await service.record(new("i0", verdict=flagged))
        assert await shown(store) == {"i0": True}
        second = await service.record(
            new("i0", supersedes=first.id, verdict=replace(flagged, acts=(Act.FLAG, Act.HIDE)))
        )
        assert await shown(store) == {"i0": False}
        blocked = replace(verdict(APPROVED), acts=(Act.APPROVE, Act.COPYRIGHT_BLOCK))
        third = await service.record(new("i0", supersedes=second.id, verdict=blocked))
        assert await shown(store) == {"i0": False}
        await service.record(new("i0", APPROVED, supersedes=third.id))
        assert await shown(store) == {"i0": True}

    async def test_an_item_s_id_is_not_for_what_is_not_stored(self, service: DecisionService, store: Store) -> None:
        await populate(store)
        with pytest.raises(InvalidInput):
            await service.record(new("i0", facts=Facts(ContentKind.CHAT)))
        await service.record(new("chat-1", facts=Facts(ContentKind.CHAT)))

    async def test_decisions_outlive_the_item(self, service: DecisionService, store: Store) -> None:
        await populate(store)
        taken = await service.record(new("i0"))
        async with store.write() as unit:
            await unit.items.delete("i0")
        assert await service.current("i0") == taken
        assert (await service.verify_all()).ok

    async def test_caches_forget(self, service: DecisionService, cache: MemoryCache) -> None:
        await cache.set_many({moderation_key("c1"): b"old", moderation_key("c2"): b"other"}, 60)
        await service.record(new())
        assert await cache.get_many([moderation_key("c1"), moderation_key("c2")]) == [None, b"other"]


async def shown(store: Store) -> dict[str, bool]:
    """Items with a decision, and whether everybody may see them, by the item and by its facts."""
    async with store.read() as unit:
        facts = [row async for rows in unit.items.facts() for row in rows if row.status is not ModerationStatus.PENDING]
        for row in facts:
            assert is_public(await unit.items.get(row.id)) == (not row.hidden)
    return {row.id: not row.hidden for row in facts}


class TestReplaying:
    async def test_reads_the_service_s_decisions_of_a_window(self, service: DecisionService, store: Store) -> None:
        clock = service._clock
        assert isinstance(clock, FixedClock)
        first = await service.record(new())
        clock.at = later(90)
        second = await service.record(new("c2", words="two"))
        person = await service.record(new("c2", APPROVED, words="two", actor=ADA, supersedes=second.id))
        clock.at = later(180)
        third = await service.record(new("c2", words="three", supersedes=person.id))

        async def read(**window: object) -> list[tuple[str, str | None]]:
            async with store.read() as unit:
                rows = [row async for rows in unit.decisions.replayable(**window) for row in rows]  # type: ignore[arg-type]
            return [(row.id, row.person_status) for row in rows]

        assert await read() == [(first.id, None), (second.id, "approved"), (third.id, None)]
        assert await read(since=later(90), until=later(180)) == [(second.id, "approved")]
        assert await read(since=later(91)) == [(third.id, None)]
        assert await read(since=later(999)) == []
        assert await read(until=NOW) == []


class TestAppendOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE decisions SET body = NULL",
            "UPDATE decisions SET status = 'approved'",
            "UPDATE decisions SET key = key + 100",
            "UPDATE decisions SET is_current = true WHERE NOT is_current",
            "DELETE FROM decisions",
            "UPDATE audit_events SET actor = 'nobody'",
            "DELETE FROM audit_events",
            "UPDATE audit_batches SET hash = ''",
            "DELETE FROM audit_batches",
        ],
    )
    async def test_the_database_refuses_to_change_it(
        self, service: DecisionService, store: Store, statement: str
    ) -> None:
        from socialflow.moderation.chain import AuditChain

        first = await service.record(new())
        await service.record(new(supersedes=first.id))
        await AuditChain(store, service._clock).seal()
        with pytest.raises(Conflict):
            async with store.write() as unit:
                await unit._transaction.run(text(statement))
        assert (await service.verify_all()).ok

    async def test_a_changed_decision_is_not_given_out(
        self, service: DecisionService, tamper: Callable[[str], None]
    ) -> None:
        taken = await service.record(new())
        tamper("UPDATE decisions SET seal = replace(seal, substr(seal, 1, 8), '00000000')")
        with pytest.raises(SealBroken):
            await service.get(taken.id)
        assert (await service.verify(taken.id)).ok is False
        assert taken.actor == MACHINE


class TestWhoComesSecond:
    @pytest.mark.parametrize("superseding", [False, True])
    async def test_leaves_no_event_where_the_caller_goes_on(
        self, store: Store, service: DecisionService, url: str, monkeypatch: pytest.MonkeyPatch, *, superseding: bool
    ) -> None:
        if url.startswith("sqlite"):
            pytest.skip("SQLite has one writer at a time: nobody is first in between")
        before = (await service.record(new())).id if superseding else None
        looked, may_follow = asyncio.Event(), Decisions._before

        async def noted(self: Decisions, taken: Decision) -> object:
            found = await may_follow(self, taken)
            if taken.id == "late":
                looked.set()
            return found

        async def come_second() -> None:
            async with store.write() as unit:
                with pytest.raises(DecisionSuperseded):
                    await service.record_in(unit, new(status=APPROVED, id="late", supersedes=before))

        monkeypatch.setattr(Decisions, "_before", noted)
        async with store.write() as unit:
            await service.record_in(unit, new(id="early", supersedes=before))
            second = asyncio.create_task(come_second())
            await looked.wait()
        await second
        async with store.read() as unit:
            assert await unit.audit.key("late") is None
            assert await unit.audit.strays() == []
        assert (await service.current("c1")).id == "early"
        assert (await service.verify_all()).ok


class TestManyAtOnce:
    @pytest.fixture
    async def history(self, store: Store, service: DecisionService) -> list[str]:
        """Ids of five decisions about what u0 wrote, and of one about what nobody did."""
        await populate(store)
        async with store.read() as unit:
            author = (await unit.users.get("u0")).key
        made: list[str] = []
        for words in "abcde":
            stood = made[-1] if made else None
            made.append((await service.record(new(words=words, author=author, supersedes=stood))).id)
        return [*made, (await service.record(new("c2"))).id]

    async def test_are_read_with_one_statement(
        self, store: Store, service: DecisionService, history: list[str]
    ) -> None:
        async with store.read() as unit:
            with counted(store) as statements:
                found = await unit.decisions.get_many([*history, "none", "n\0"])
                authors = await unit.decisions.authors(history)
        assert len(statements) == 2
        assert found == {one: await service.get(one) for one in history}
        assert {one: author.id for one, author in authors.items()} == dict.fromkeys(history[:5], "u0")

    async def test_those_of_a_person_are_found_with_one_statement(
        self, store: Store, service: DecisionService, history: list[str]
    ) -> None:
        listed = [await service.get(one) for one in history]
        with counted(store) as statements:
            mine = await service.of_author(listed, "u0")
        assert len(statements) == 1
        assert [one.id for one in mine] == history[:5]
        assert await service.of_author(listed, "u1") == []
