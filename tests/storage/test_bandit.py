"""Choices, their rewards and what is believed of them, on both engines: counted once, forgotten with the person."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import text

from socialflow.content.records import InteractionContext, InteractionType, Privacy
from socialflow.errors import Conflict
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.clock import FixedClock
from socialflow.recommendation.bandit import BanditParts, MultiArmedBandit
from socialflow.recommendation.context import FeedSettings
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.records import Choice
from socialflow.recommendation.rewards import Due
from socialflow.storage.address import Address
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, act, later, populate, user
from tests.storage.test_answers import impression

CHOICE = Choice("als", ("surface:feed", "hours:morning"), {"als": 0.75, "hybrid": 0.25}, revision=3)


@pytest.fixture
def bandit(store: Store, clock: FixedClock) -> MultiArmedBandit:
    return bandit_of(store, clock)


def bandit_of(store: Store, clock: FixedClock) -> MultiArmedBandit:
    return MultiArmedBandit(BanditParts(store, clock, lambda: ["als", "hybrid"], FeedSettings(), seed=1))


async def answered(
    store: Store, request_id: str, who: str = "u0", what: str = "i0", page: int = 1, **made: Any
) -> None:
    """A chosen answer that showed one item, open for an hour."""
    async with store.write() as unit:
        key = (await unit.users.get(who)).key
        item = (await unit.items.keys([what]))[what]
        entry = structs.replace(impression("x").entries[0], item=ItemKey(item))
        fields = {"choice": CHOICE, "rewarded_until": later(60), "entries": (entry,), **made}
        await unit.impressions.add(impression(request_id, page, key, **fields))


async def acted(store: Store, request_id: str, what: str = "i0", *, who: str = "u0", minutes: float = 5) -> None:
    context = InteractionContext(request_id=request_id)
    name = f"{who}-{what}-{request_id}-{minutes}"
    async with store.write() as unit:
        await unit.interactions.add([act(name, who, what, at=later(minutes), context=context)])


def rewards(url: str) -> Mapping[str, tuple[float | None, int | None]]:
    """Request -> reward, and until when it is open."""
    with open_sync_engine(Address.parse(url), writes=False).connect() as connection:
        rows = connection.execute(text("SELECT request_id, page, reward, rewarded_until FROM impressions"))
        return {f"{row[0]}/{row[1]}": (row[2], row[3]) for row in rows}


async def population(store: Store) -> tuple[int, Any]:
    async with store.read() as unit:
        return await unit.bandit.population()


class TestChoices:
    async def test_come_back_as_they_were_given(self, store: Store) -> None:
        await populate(store)
        await answered(store, "r")
        async with store.read() as unit:
            (page,) = await unit.impressions.pages("r")
        assert (page.choice, page.rewarded_until, page.reward) == (CHOICE, later(60), None)

    async def test_are_due_when_the_reward_has_closed(self, store: Store) -> None:
        await populate(store)
        await answered(store, "r", at=NOW)
        await answered(store, "r", what="i1", page=2, rewarded_until=None)
        await answered(store, "later", rewarded_until=later(90))
        async with store.read() as unit:
            assert await unit.bandit.due(later(59), 10) == []
            (due,) = await unit.bandit.due(later(60), 10)
            keys = await unit.items.keys(["i0", "i1"])
            who = (await unit.users.get("u0")).key
        assert due == Due("r", 1, who, "als", CHOICE.context, NOW, later(60), frozenset(map(int, keys.values())))

    async def test_only_what_the_person_did_under_the_request_in_time_counts(self, store: Store) -> None:
        await populate(store)
        await answered(store, "r")
        await acted(store, "r", minutes=5)
        await acted(store, "other", minutes=6)
        await acted(store, "r", who="u1", minutes=7)
        await acted(store, "r", minutes=61)
        async with store.read() as unit:
            due = await unit.bandit.due(later(60), 10)
            found = await unit.bandit.reactions(due)
        assert {request: len(rows) for request, rows in found.items()} == {"r": 1}


class TestSettling:
    async def test_a_reward_is_noted_and_learnt_once(
        self, store: Store, url: str, bandit: MultiArmedBandit, clock: FixedClock
    ) -> None:
        await populate(store)
        for request in ("liked", "not"):
            await answered(store, request)
        await acted(store, "liked")
        clock.at = later(60)
        assert await bandit.settle() == 2
        assert rewards(url) == {"liked/1": (1.0, None), "not/1": (0.0, None)}
        revision, state = await population(store)
        assert (revision, state["arms"]["als"]["count"]) == (1, 2.0)
        assert await bandit.settle() == 0
        assert (await population(store))[0] == 1
        async with store.read() as unit:
            key = (await unit.users.get("u0")).key
            assert (await unit.bandit.people([key]))[key].tallies["als"].total == 1.0

    async def test_several_at_once_count_everything_once(self, store: Store, clock: FixedClock) -> None:
        await populate(store)
        for number in range(12):
            await answered(store, f"r{number}", who=f"u{number % 3}")
        clock.at = later(60)
        told = await asyncio.gather(*(bandit_of(store, clock).settle(5) for _ in range(3)), return_exceptions=True)
        while await bandit_of(store, clock).settle(5):
            pass
        assert all(isinstance(one, int | Conflict) for one in told)
        _, state = await population(store)
        assert state["arms"]["als"]["count"] == 12.0
        async with store.read() as unit:
            keys = [(await unit.users.get(f"u{n}")).key for n in range(3)]
            people = await unit.bandit.people(keys)
        assert [people[key].tallies["als"].count for key in keys] == [4.0, 4.0, 4.0]

    async def test_what_was_learnt_from_an_older_state_is_refused_whole(self, store: Store, url: str) -> None:
        await populate(store)
        await answered(store, "r")
        async with store.write() as unit:
            await unit.bandit.save(0, {"at": 1.0}, {}, {})
        with pytest.raises(Conflict):
            async with store.write() as unit:
                await unit.bandit.save(0, {"at": 2.0}, {UserKey(1): Person()}, {("r", 1): 9.0})
        assert await population(store) == (1, {"at": 1.0})
        assert rewards(url)["r/1"][0] is None

    async def test_a_person_is_learnt_of_as_they_permit(
        self, store: Store, bandit: MultiArmedBandit, clock: FixedClock
    ) -> None:
        async with store.write() as unit:
            await unit.users.upsert(
                [
                    user("open"),
                    user("private", privacy=Privacy(personalise=False)),
                    user("alone", privacy=Privacy(train=False)),
                    user("neither", privacy=Privacy(personalise=False, train=False)),
                ]
            )
        await populate(store)
        names = ("open", "private", "alone", "neither")
        for name in names:
            await answered(store, f"r-{name}", who=name)
        clock.at = later(60)
        assert await bandit.settle() == 4
        _, state = await population(store)
        assert state["arms"]["als"]["count"] == 2.0
        async with store.read() as unit:
            keys = {name: (await unit.users.get(name)).key for name in names}
            people = await unit.bandit.people(keys.values())
        assert {name for name in names if keys[name] in people} == {"open", "alone"}


class TestErasing:
    async def test_takes_what_is_known_of_the_person(
        self, store: Store, url: str, bandit: MultiArmedBandit, clock: FixedClock
    ) -> None:
        await populate(store)
        await answered(store, "r")
        clock.at = later(60)
        await bandit.settle()
        await answered(store, "open")
        async with store.write() as unit:
            key = (await unit.users.get("u0")).key
            receipt = await unit.erasures.erase_user("u0", NOW)
        assert receipt.rows["bandit_people"] == 1
        assert rewards(url) == {}
        async with store.read() as unit:
            assert await unit.bandit.people([key]) == {}
        assert await bandit.settle() == 0

    async def test_between_reading_and_saving_undoes_the_saving(self, store: Store) -> None:
        await populate(store)
        async with store.read() as unit:
            revision, _ = await unit.bandit.population()
            key = (await unit.users.get("u0")).key
        async with store.write() as unit:
            await unit.erasures.erase_user("u0", NOW)
        with pytest.raises(Conflict):
            async with store.write() as unit:
                await unit.bandit.save(revision, {}, {key: Person()}, {})


class TestTelling:
    async def test_a_reward_told_by_hand(self, store: Store, bandit: MultiArmedBandit, clock: FixedClock) -> None:
        await populate(store)
        for _ in range(3):
            await bandit.update_reward("u0", "als", 4.0)
        assert await bandit.select_algorithm("u0") in {"als", "hybrid"}
        expected = (await bandit_of(store, clock).beliefs())["als"][0]
        assert expected > 0.5

    async def test_a_warm_start_is_for_what_is_unknown(self, store: Store, bandit: MultiArmedBandit) -> None:
        await bandit.warm_start({"als": 3.0, "hybrid": 1.0})
        revision, state = await population(store)
        await bandit.warm_start({"als": 9.0})
        assert await population(store) == (revision, state)
        assert (await bandit.beliefs())["als"][0] > (await bandit.beliefs())["hybrid"][0]

    async def test_every_process_sees_what_another_learnt(self, store: Store, clock: FixedClock) -> None:
        await populate(store)
        here, there = bandit_of(store, clock), bandit_of(store, clock)
        await here.select_algorithm("u0")
        await there.warm_start({"als": 50.0, "hybrid": -50.0}, weight=1000)
        assert {await here.select_algorithm("u0") for _ in range(20)} == {"als"}

    async def test_interactions_of_every_kind_have_their_weight(
        self, store: Store, url: str, bandit: MultiArmedBandit, clock: FixedClock
    ) -> None:
        await populate(store)
        await answered(store, "r")
        context = InteractionContext(request_id="r")
        kinds = {InteractionType.LIKE: 1.0, InteractionType.SHARE: 1.0, InteractionType.HIDE: 1.0}
        async with store.write() as unit:
            await unit.interactions.add(
                [act(f"{kind}-{n}", "u0", "i0", kind, at=later(1), context=context) for kind in kinds for n in range(2)]
            )
        clock.at = later(60)
        await bandit.settle()
        assert rewards(url)["r/1"][0] == pytest.approx(1.0 + 2.0 - 3.0)
