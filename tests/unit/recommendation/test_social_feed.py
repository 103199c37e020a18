"""The `social` feed on a real store: whom one follows counts at once, and only who permits it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.engines import SqliteFiles
from tests.fakes import FakeModels

from socialflow.content.records import (
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
from socialflow.kit.clock import FixedClock
from socialflow.recommendation.interactions import Interactions, ItemTable
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService
from socialflow.recommendation.social import SocialRecommender
from socialflow.storage.unit_of_work import Store

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
TAKEN = {"bob": (0, 1, 2), "cai": (3, 4, 5)}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Nine items; bob likes the first three, cai the next; ann is new."""
    store = Store(SqliteFiles(tmp_path).fresh())
    async with store.write() as unit:
        await unit.users.upsert([User(name, name, WHEN) for name in ("ann", "bob", "cai")])
        items = [
            Item(f"i{n}", ItemKind.VIDEO, WHEN, title=f"Film {n}", moderation_status=ModerationStatus.APPROVED)
            for n in range(9)
        ]
        await unit.items.upsert(items)
        likes = [(name, f"i{n}") for name, taken in TAKEN.items() for n in taken]
        await unit.interactions.add(
            [Interaction(f"{a}-{b}", a, b, InteractionType.LIKE, 1.0, WHEN, WHEN) for a, b in likes]
        )
    yield store
    await store.close()


@pytest.fixture
async def service(store: Store) -> AsyncIterator[RecommendationService]:
    async with store.read() as unit:
        found = await unit.items.keys([f"i{n}" for n in range(9)])
    ids = np.sort(np.fromiter(found.values(), np.int64))
    none: list[str] = [""] * len(ids)
    table = ItemTable(ids, none, none, [()] * len(ids), [None] * len(ids), np.full(len(ids), -1), np.zeros(len(ids)))
    taken = Interactions.from_pairs([0, 0, 0, 1, 1, 1], ids[:6])
    model = SocialRecommender(shares=(0.3, 0.1, 0.6), half_life_hours=None).fit(taken, table)
    models = FakeModels()
    models.activate(model)
    service = RecommendationService(store, models, FixedClock(WHEN))
    await service.start()
    yield service
    await service.close()


async def follow(store: Store, *names: str, kind: EdgeKind = EdgeKind.FOLLOW) -> None:
    async with store.write() as unit:
        await unit.graph.add([Edge(kind, "ann", name, WHEN) for name in names])


async def best(service: RecommendationService, source: str = "social") -> set[str]:
    """The first three items, as far as they come from `source`."""
    answer = await service.feed(FeedQuery(user_id="ann", algorithm="social", page_size=3))
    return {entry.item_id for entry in answer.impression.entries if entry.source == source}


class TestANewUser:
    async def test_gets_what_the_followed_took(self, service: RecommendationService, store: Store) -> None:
        assert not await best(service)
        await follow(store, "cai")
        assert await best(service) == {"i3", "i4", "i5"}

    async def test_not_of_who_bars_analysis(self, service: RecommendationService, store: Store) -> None:
        await follow(store, "cai")
        async with store.write() as unit:
            await unit.users.upsert([User("cai", "cai", WHEN, privacy=Privacy(analyse=False))])
        assert not await best(service)

    async def test_not_of_who_is_muted_since(self, service: RecommendationService, store: Store) -> None:
        await follow(store, "bob", "cai")
        await follow(store, "cai", kind=EdgeKind.MUTE_USER)
        assert await best(service) == {"i0", "i1", "i2"}

    async def test_nor_where_choosing_by_taste_is_not_permitted(
        self, service: RecommendationService, store: Store
    ) -> None:
        await follow(store, "cai")
        async with store.write() as unit:
            await unit.users.upsert([User("ann", "ann", WHEN, privacy=Privacy(personalise=False))])
        assert not await best(service)

    async def test_an_act_of_the_followed_counts_at_once(self, service: RecommendationService, store: Store) -> None:
        await follow(store, "bob")
        assert await best(service) == {"i0", "i1", "i2"}
        async with store.write() as unit:
            await unit.interactions.add([Interaction("new", "bob", "i7", InteractionType.SHARE, 1.0, WHEN, WHEN)])
        assert "i7" in await best(service)
