"""Many decisions of the service in one transaction: what each alone would promise, all at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from socialflow.content.log import ChangeKind, LogCursor
from socialflow.content.records import ItemStats, ModerationStatus
from socialflow.errors import Conflict, DecidedByPerson, DecisionSuperseded, InvalidInput
from socialflow.ids import UserKey
from socialflow.kit.clock import FixedClock
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.ports import Taken
from socialflow.moderation.records import Act, ContentKind, Decision, Facts, Hit, Verdict
from socialflow.moderation.review.records import NewReview, Wanted
from socialflow.moderation.review.service import enqueue_all, withdraw_all
from socialflow.moderation.sealing import Judged, check, input_digest, pseudonym
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, later, populate
from tests.storage.reviewing import Desk
from tests.unit.moderation.decided import ADA, APPROVED, REJECTED, decision, new


@pytest.fixture
async def service(store: Store, clock: FixedClock) -> AsyncIterator[DecisionService]:
    cache = MemoryCache()
    yield DecisionService(store, cache, clock)
    await cache.close()


@pytest.fixture
async def authors(store: Store) -> dict[str, UserKey]:
    """Three items: of u0, of u1, of nobody."""
    await populate(store)
    async with store.write() as unit:
        await unit.items.upsert([item("a", author="u0"), item("b", author="u1"), item("c", author=None)])
        return {name: (await unit.users.get(name)).key for name in ("u0", "u1")}


async def record(service: DecisionService, store: Store, *news: NewDecision) -> list[Decision | Conflict]:
    async with store.write() as unit:
        return list(await service.record_many(unit, news))


async def test_each_is_as_if_it_were_alone(service: DecisionService, store: Store, authors: dict[str, UserKey]) -> None:
    async with store.read() as unit:
        cursor = (await unit.interactions.poll(LogCursor())).cursor
    made = await record(
        service, store, new("a", author=authors["u0"]), new("b", APPROVED, author=authors["u1"]), new("c")
    )
    decisions = [one for one in made if isinstance(one, Decision)]
    assert [one.content_id for one in decisions] == ["a", "b", "c"]
    assert all(check(one) for one in decisions)
    async with store.read() as unit:
        items = [await unit.items.get(name) for name in "abc"]
        changes = (await unit.interactions.poll(cursor)).changes
        key = await unit.person_keys.known(authors["u0"])
        author = await unit.decisions.author(decisions[0].id)
        standing = await unit.decisions.currents(["a", "b", "c", "none"])
    assert [one.moderation_status for one in items] == [REJECTED, APPROVED, REJECTED]
    assert {(one.kind, one.key) for one in changes} == {(ChangeKind.ITEM, one.key) for one in items}
    assert len(changes) == 3
    assert key is not None
    assert decisions[0].author == pseudonym(key)
    assert decisions[0].input_digest == input_digest(key, Judged({"text": "you"}))
    assert decisions[2].author == ""
    assert author is not None
    assert author.id == "u0"
    assert standing == {one.content_id: one for one in decisions}
    for one in decisions:
        assert await service.get(one.id) == one
        assert (await service.verify(one.id)).ok
    assert (await service.verify_all()).ok


async def test_what_may_not_follow_is_told_and_the_others_are_stored(
    service: DecisionService, store: Store, authors: dict[str, UserKey]
) -> None:
    first, second = await service.record(new("a")), await service.record(new("b"))
    person = await service.record(new("b", APPROVED, actor=ADA, supersedes=second.id))
    ends = await record(
        service,
        store,
        new("a", APPROVED, supersedes=first.id),
        new("b", supersedes=person.id),
        new("c", supersedes=first.id),
        new("gone"),
    )
    assert [type(one) for one in ends] == [Decision, DecidedByPerson, DecisionSuperseded, DecisionSuperseded]
    assert [one.verdict.status for one in await service.history("a")] == [REJECTED, APPROVED]
    assert await service.current("b") == person
    assert await service.history("c") == await service.history("gone") == []
    ends = await record(service, store, new("a"), new("b", words="changed"))
    assert {type(one) for one in ends} == {DecisionSuperseded}
    assert (await service.verify_all()).ok


@pytest.mark.parametrize(
    "news",
    [
        (new("a"), new("a")),
        (new("a", actor=ADA),),
        (new("a", facts=Facts(ContentKind.CHAT)),),
        (new("a"), new("b\0")),
    ],
    ids=["twice", "person", "chat", "broken"],
)
async def test_what_is_for_the_single_way_is_refused(
    service: DecisionService, store: Store, authors: dict[str, UserKey], news: tuple[NewDecision, ...]
) -> None:
    with pytest.raises(InvalidInput):
        await record(service, store, *news)
    assert await service.history("a") == []
    assert (await service.verify_all()).events == 0


async def test_a_wrong_author_is_refused(service: DecisionService, store: Store, authors: dict[str, UserKey]) -> None:
    async with store.write() as unit:
        with pytest.raises(InvalidInput):
            await unit.decisions.decide_many([Taken(decision("x", "a", author="00" * 32), authors["u0"])])
    with pytest.raises(Conflict):
        await record(service, store, new("a", author=UserKey(77)))


async def test_of_two_at_once_one_wins_and_the_record_stays_whole(
    service: DecisionService, store: Store, authors: dict[str, UserKey]
) -> None:
    stood: dict[str, str | None] = dict.fromkeys("abc")
    for _ in range(3):
        news = [new(name, supersedes=before) for name, before in stood.items()]
        ends = await asyncio.gather(*(record(service, store, *news) for _ in range(3)), return_exceptions=True)
        won = [end for end in ends if isinstance(end, list) and isinstance(end[0], Decision)]
        assert len(won) == 1
        for end in ends:
            lost = end if isinstance(end, list) else [end]
            assert end in won or all(isinstance(one, Conflict) for one in lost), end
        stood = {name: (await service.current(name)).id for name in stood}
    assert (await service.verify_all()).ok


async def test_nothing_is_no_work(service: DecisionService, store: Store) -> None:
    assert await record(service, store) == []


class TestFollowing:
    """Reviews, appeals and strikes of several decisions."""

    async def test_reviews_are_asked_for_once_and_withdrawn_together(self, store: Store) -> None:
        desk = Desk(store)
        asked = [
            NewReview(f"d{n}", f"c{n}", ContentKind.POST, scope="default", severity=0.5, reach=n, language="en")
            for n in range(3)
        ]
        async with store.write() as unit:
            await enqueue_all(unit, asked, NOW)
            await enqueue_all(unit, asked, NOW)
        assert len(await desk.queue.claim("ann", Wanted(), 10)) == 3
        async with store.write() as unit:
            assert await withdraw_all(unit, ["c0", "c1", "none"], NOW) == 2
        assert [one.content_id for one in await desk.queue.held("ann")] == ["c2"]

    async def test_views_are_the_newest(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.items.upsert([item("a"), item("b"), item("c")])
            for name, minutes, views in (("a", 0, 5), ("a", 10, 3), ("b", 0, 9)):
                await unit.items.add_stats([ItemStats(name, later(minutes), views)])
            assert await unit.reviews.views_of(["a", "b", "c", "none"]) == {"a": 3, "b": 9}
            assert [await unit.reviews.views(name) for name in ("a", "c")] == [3, 0]

    async def test_strikes_are_given_once_and_taken_back(
        self, store: Store, service: DecisionService, authors: dict[str, UserKey]
    ) -> None:
        desk = Desk(store)
        hit = Hit("threat", "threat", (Act.REJECT, Act.STRIKE))
        struck = Verdict(ModerationStatus.REJECTED, hit.acts, (hit,), 0.9, 0.9)

        async def follow(*news: NewDecision) -> list[Decision]:
            made = [one for one in await record(service, store, *news) if isinstance(one, Decision)]
            for one in made:
                desk.decisions.put(one)
            async with store.write() as unit:
                await desk.strikes.follow_all(unit, made)
            return made

        async def weights() -> list[float]:
            async with store.read() as unit:
                found = await desk.strikes.weights(unit, ["u0", "u1"], NOW)
            return [found["u0"], found["u1"]]

        first, second, third = await follow(
            new("a", verdict=struck, author=authors["u0"]),
            new("b", verdict=struck, author=authors["u1"]),
            new("c", verdict=struck),
        )
        assert await weights() == [1.0, 1.0]
        await follow(
            new("a", verdict=struck, author=authors["u0"], supersedes=first.id),
            new("b", APPROVED, author=authors["u1"], supersedes=second.id),
            new("c", APPROVED, words="other", supersedes=third.id),
        )
        assert await weights() == [1.0, 0.0]
