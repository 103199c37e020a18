"""Whom to follow and where to subscribe, on a real store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.engines import SqliteFiles
from tests.fakes import FakeModels

from socialflow.content.records import (
    Channel,
    Edge,
    EdgeKind,
    Interaction,
    InteractionType,
    Item,
    ItemKind,
    ModerationStatus,
    Privacy,
    User,
)
from socialflow.errors import Erased, UserNotFound
from socialflow.kit.answers import Status
from socialflow.kit.clock import FixedClock
from socialflow.recommendation.people import PeopleService
from socialflow.recommendation.service import RecommendationService
from socialflow.storage.unit_of_work import Store

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("ann", "bob", "cai", "dee", "eve", "fay")
FOLLOWS = [("ann", "bob"), ("ann", "cai"), ("bob", "dee"), ("cai", "dee"), ("cai", "eve"), ("bob", "ann")]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """ann follows bob and cai; both follow dee, cai follows eve too; fay likes what ann likes."""
    store = Store(SqliteFiles(tmp_path).fresh())
    async with store.write() as unit:
        await unit.users.upsert([User(name, name, WHEN) for name in NAMES])
        await unit.channels.upsert(
            [Channel(f"c{n}", f"Channel {n}", WHEN, owner=owner) for n, owner in enumerate(("bob", "cai", "ann", None))]
        )
        await unit.items.upsert([_item(n) for n in range(12)])
        await unit.graph.add([Edge(EdgeKind.FOLLOW, source, target, WHEN) for source, target in FOLLOWS])
        await unit.interactions.add([_like(user, f"i{n}") for user in ("ann", "fay") for n in (0, 1, 4, 5)])
    yield store
    await store.close()


@pytest.fixture
async def people(store: Store) -> AsyncIterator[PeopleService]:
    service = RecommendationService(store, FakeModels(), FixedClock(WHEN))
    await service.start()
    yield PeopleService(service, store)
    await service.close()


def _item(n: int) -> Item:
    """Items 0, 4, 8 are of channel c0; 1, 5, 9 of c1; and so on."""
    return Item(
        f"i{n}",
        ItemKind.VIDEO,
        WHEN,
        channel=f"c{n % 4}",
        title=f"Film {n}",
        moderation_status=ModerationStatus.APPROVED,
    )


def _like(user: str, item: str) -> Interaction:
    return Interaction(f"{user}-{item}", user, item, InteractionType.LIKE, 1.0, WHEN, WHEN)


class TestWhomToFollow:
    async def test_people_of_the_followed_and_people_alike(self, people: PeopleService) -> None:
        made = await people.users("ann", 10)
        assert {one.id: one.source for one in made.entries} == {
            "dee": "follow_graph",
            "eve": "follow_graph",
            "fay": "similar_users",
        }
        scores = {one.id: one.score for one in made.entries}
        assert scores["dee"] > scores["eve"]
        assert made.status is Status.COMPLETE

    async def test_never_oneself_nor_who_is_followed_blocked_or_muted(
        self, people: PeopleService, store: Store
    ) -> None:
        async with store.write() as unit:
            edges = [Edge(EdgeKind.BLOCK, "dee", "ann", WHEN), Edge(EdgeKind.MUTE_USER, "ann", "eve", WHEN)]
            await unit.graph.add(edges)
        assert [one.id for one in (await people.users("ann", 10)).entries] == ["fay"]

    async def test_limit_and_exclusions_hold_together(self, people: PeopleService) -> None:
        assert [one.id for one in (await people.users("ann", 1)).entries] == ["dee"]
        assert "dee" not in [one.id for one in (await people.users("ann", 10, ["dee"])).entries]
        assert len((await people.users("ann", 2, ["dee"])).entries) == 2

    async def test_who_bars_analysis_is_not_found_by_likeness(self, people: PeopleService, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([User("fay", "fay", WHEN, privacy=Privacy(analyse=False))])
        assert "fay" not in [one.id for one in (await people.users("ann", 10)).entries]

    async def test_likeness_is_not_used_where_the_history_may_not_be(self, people: PeopleService, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([User("ann", "ann", WHEN, privacy=Privacy(personalise=False))])
        found = await people.users("ann", 10)
        assert {entry.source for entry in found.entries} == {"follow_graph"}
        assert "history:not_permitted" in found.missing

    async def test_what_is_missing_is_said(self, people: PeopleService) -> None:
        made = await people.users("dee", 10)
        assert made.status is Status.PARTIAL
        assert set(made.missing) == {"follows:none", "likeness:none"}

    async def test_a_new_user_is_offered_the_makers_of_what_would_be_shown(self, people: PeopleService) -> None:
        made = await people.users("dee", 10)
        assert {one.id: one.source for one in made.entries} == dict.fromkeys(("ann", "bob", "cai"), "recommended")

    async def test_makers_of_what_was_taken(self, people: PeopleService) -> None:
        made = await people.users("fay", 10)
        assert {one.id for one in made.entries if one.source == "taken"} == {"bob", "cai"}

    async def test_who_bars_analysis_is_neither_counted_nor_named(self, people: PeopleService, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([User("cai", "cai", WHEN, privacy=Privacy(analyse=False))])
            await unit.users.upsert([User("dee", "dee", WHEN, privacy=Privacy(analyse=False))])
        found = {one.id for one in (await people.users("ann", 10)).entries}
        assert not found & {"eve", "dee"}  # eve is followed by cai alone

    async def test_unknown_and_erased_are_told_apart(self, people: PeopleService, store: Store) -> None:
        with pytest.raises(UserNotFound):
            await people.users("nobody", 10)
        async with store.write() as unit:
            await unit.erasures.erase_user("eve", WHEN)
        with pytest.raises(Erased):
            await people.users("eve", 10)
        assert "eve" not in [one.id for one in (await people.users("ann", 10)).entries]


class TestWhereToSubscribe:
    async def test_channels_of_what_was_taken_and_of_what_would_be_shown(self, people: PeopleService) -> None:
        made = await people.channels("ann", 10)
        assert {one.id for one in made.entries} == {"c0", "c1", "c3"}  # c2 is her own
        assert made.provenance[0].model == "channel_affinity"

    async def test_not_what_is_subscribed_muted_or_of_somebody_blocked(
        self, people: PeopleService, store: Store
    ) -> None:
        async with store.write() as unit:
            await unit.graph.add(
                [
                    Edge(EdgeKind.SUBSCRIPTION, "ann", "c0", WHEN),
                    Edge(EdgeKind.BLOCK, "ann", "cai", WHEN),
                    Edge(EdgeKind.MUTE_CHANNEL, "ann", "c3", WHEN),
                ]
            )
        assert (await people.channels("ann", 10)).entries == ()

    async def test_where_people_alike_and_people_followed_subscribe(self, people: PeopleService, store: Store) -> None:
        async with store.write() as unit:
            await unit.channels.upsert([Channel(name, name, WHEN) for name in ("liked", "near")])
            await unit.graph.add([Edge(EdgeKind.SUBSCRIPTION, "fay", "liked", WHEN)])
            await unit.graph.add([Edge(EdgeKind.SUBSCRIPTION, "bob", "near", WHEN)])
        found = {one.id: one.source for one in (await people.channels("ann", 10)).entries}
        assert (found["liked"], found["near"]) == ("similar_users", "follow_graph")

    async def test_a_history_that_may_not_be_used_is_not(self, people: PeopleService, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([User("ann", "ann", WHEN, privacy=Privacy(personalise=False))])
        made = await people.channels("ann", 10)
        assert all(one.source == "recommended" for one in made.entries)
        assert "history:not_permitted" in made.missing
