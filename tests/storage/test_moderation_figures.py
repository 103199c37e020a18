"""Moderation in figures, out of the store: counted right, of the last minutes alone, and through indexes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.kit.clock import FixedClock
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.figures import (
    AGREED_FRESH,
    FEWEST_JUDGED_TWICE,
    FRESH,
    MOST_QUEUES,
    OTHERS,
    Decided,
    JudgedTwice,
    ModerationFigures,
    Took,
    agreement,
    bounded,
)
from socialflow.moderation.records import Verdict
from socialflow.moderation.review.agreement import krippendorff_alpha
from socialflow.moderation.review.records import QueueCount
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.repositories import figures as repository
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, user
from tests.storage.reviewing import ALWAYS_SECOND, APPROVE, REJECT, Desk
from tests.unit.moderation.decided import ADA, APPROVED, REJECTED, new

REVIEW = ModerationStatus.REVIEW_REQUIRED


class Clerk:
    """Decides, and tells the figures."""

    def __init__(self, store: Store, clock: FixedClock) -> None:
        self.store, self.clock = store, clock
        self.decisions = DecisionService(store, MemoryCache(), clock)
        self.figures = ModerationFigures(store, clock)

    async def decide(self, content: str, status: ModerationStatus, minutes: float = 0, **fields: object) -> str:
        self.clock.at += timedelta(minutes=minutes)
        made: NewDecision = replace(new(content, verdict=Verdict(status, (), (), 0.9, 0.9)), **fields)  # type: ignore[arg-type]
        return (await self.decisions.record(made)).id


@pytest.fixture
async def clerk(store: Store, clock: FixedClock) -> Clerk:
    async with store.write() as unit:
        await unit.users.upsert([user("user-ada", "ada-lovelace")])
        await unit.items.upsert([item(f"p{n}", ItemKind.POST, author="user-ada", text="words") for n in range(3)])
    return Clerk(store, clock)


class TestDecided:
    async def test_by_who_and_what_over_the_last_five_minutes(self, clerk: Clerk) -> None:
        await clerk.decide("old", REJECTED)
        before = await clerk.decide("c1", REVIEW, minutes=6)
        await clerk.decide("c2", REVIEW)
        await clerk.decide("c3", APPROVED)
        await clerk.decide("c1", REJECTED, actor=ADA, supersedes=before)
        told = await clerk.figures.read()
        assert list(told.decided) == [
            Decided("person", "rejected", 1),
            Decided("service", "approved", 1),
            Decided("service", "review_required", 2),
        ]

    async def test_the_search_goes_back_as_far_as_it_must(self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(repository, "_STEP", 1)
        for n in range(7):
            await clerk.decide(f"c{n}", APPROVED, minutes=1)
        assert [one.decisions for one in (await clerk.figures.read()).decided] == [5 + 1]

    async def test_how_long_it_took(self, clerk: Clerk) -> None:
        before = await clerk.decide("p0", REVIEW, minutes=1)
        await clerk.decide("p1", APPROVED, minutes=1)
        await clerk.decide("p0", REJECTED, minutes=1, actor=ADA, supersedes=before)
        told = await clerk.figures.read()
        assert list(told.took) == [Took("service", 60.0, 120.0), Took("person", 120.0, 120.0)]

    async def test_what_was_posted_long_before_it_came_says_nothing_of_it(self, clerk: Clerk) -> None:
        await clerk.decide("p0", REVIEW, minutes=24 * 60 + 1)
        assert not (await clerk.figures.read()).took

    async def test_nothing_at_all_is_no_error(self, store: Store, clock: FixedClock) -> None:
        told = await ModerationFigures(store, clock).read()
        assert (told.decided, told.took, told.pending, told.queues, told.agreed) == ([], [], 0, [], [])
        assert (told.appeals.number, told.appeals.oldest) == (0, None)


class TestWaiting:
    async def test_items_that_say_something_wait_until_they_are_judged(self, clerk: Clerk, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("empty", ItemKind.POST, title="")])
        assert (await clerk.figures.read()).pending == 3
        async with store.read() as unit:
            assert await unit.figures.pending(2) == 2

    async def test_people_by_queue_and_level_and_how_long(self, store: Store) -> None:
        desk = Desk(store)
        await desk.ask("a", "b")
        desk.wait(10)
        await desk.ask("c", language="de")
        told = await ModerationFigures(store, desk.clock).read()
        assert [(one.queue, one.level, one.waiting, one.oldest) for one in told.queues] == [
            ("default/en", 0, 2, NOW),
            ("default/de", 0, 1, NOW + timedelta(minutes=10)),
        ]

    def test_many_queues_are_told_together(self) -> None:
        queues = [QueueCount(f"q{n:03}", n % 2, n, 1, NOW + timedelta(minutes=n)) for n in range(MOST_QUEUES + 4)]
        told = bounded(queues)
        assert [one.queue for one in told[:2]] == ["q053", "q052"]
        assert [(one.queue, one.level, one.waiting, one.held, one.oldest) for one in told[MOST_QUEUES:]] == [
            (OTHERS, 1, 1 + 3, 2, NOW + timedelta(minutes=1)),
            (OTHERS, 0, 0 + 2, 2, NOW),
        ]


class TestAgreement:
    async def test_of_first_and_second_reviews(self, store: Store) -> None:
        desk = Desk(store, ALWAYS_SECOND)
        names = [f"d{n}" for n in range(4)]
        await desk.ask(*names)
        for account, rulings in (("ann", [REJECT, APPROVE, APPROVE, REJECT]), ("bob", [REJECT, APPROVE, REJECT])):
            for ruling in rulings:
                await desk.judge(account, ruling)
        async with store.read() as unit:
            told = await unit.figures.judged_twice(NOW - timedelta(days=1))
            later = await unit.figures.judged_twice(NOW + timedelta(days=1))
        assert sum(one.items for one in told) == 3
        assert {one.scope for one in told} == {"default"}
        assert not later

    def test_is_that_of_the_items_one_by_one(self) -> None:
        rows = [
            JudgedTwice("default", "approved", "approved", 12),
            JudgedTwice("default", "approved", "rejected", 3),
            JudgedTwice("default", "rejected", "rejected", 9),
            JudgedTwice("community:a", "approved", "approved", FEWEST_JUDGED_TWICE - 1),
        ]
        (one,) = agreement(rows)
        items = [("approved", "approved")] * 12 + [("approved", "rejected")] * 3 + [("rejected", "rejected")] * 9
        assert one.items == 24
        assert one.alpha == pytest.approx(krippendorff_alpha(items).value)

    def test_who_always_says_the_same_shows_nothing(self) -> None:
        (one,) = agreement([JudgedTwice("default", "approved", "approved", 50)])
        assert (one.alpha, one.items) == (None, 50)


class TestHowOften:
    async def test_they_are_read_anew_when_they_are_old(self, clerk: Clerk) -> None:
        await clerk.decide("c1", APPROVED)
        first = await clerk.figures.read()
        await clerk.decide("c2", APPROVED)
        assert await clerk.figures.read() is first
        clerk.clock.at += FRESH
        assert (await clerk.figures.read()).decided[0].decisions == 2

    async def test_agreement_less_often(self, clerk: Clerk) -> None:
        first = (await clerk.figures.read()).agreed
        clerk.clock.at += FRESH
        assert (await clerk.figures.read()).agreed is first
        clerk.clock.at += AGREED_FRESH
        assert (await clerk.figures.read()).agreed is not first


async def test_sqlite_reads_no_whole_table(sqlite_url: str, clock: FixedClock) -> None:
    store = Store(sqlite_url)
    plans: list[str] = []

    def explain(connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            plans.extend(str(row[3]) for row in raw.fetchall())
            raw.close()

    engine = store._engines.reader.sync_engine
    event.listen(engine, "before_cursor_execute", explain)
    await ModerationFigures(store, clock).read()
    event.remove(engine, "before_cursor_execute", explain)
    await store.close()
    read = {line.split(" USING")[0] + ("" if " USING" in line else " (all)") for line in plans if "SCAN" in line}
    tables = ("decisions", "items", "review_items", "review_verdicts")
    assert plans
    assert not [line for line in read if line.endswith("(all)") and any(name in line.split() for name in tables)], plans
