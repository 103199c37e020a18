"""The service on the real store: what is committed anywhere is in the next answer everywhere."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes import NOW, ago
from tests.unit.recommendation.test_recommendation_service import TITLES, content, ids

from socialflow.content.records import (
    Edge,
    EdgeKind,
    Interaction,
    InteractionType,
    Item,
    ItemKind,
    ModerationStatus,
    RowStatus,
    User,
)
from socialflow.errors import Erased, FeedRequestNotFound
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import FeedSettings, RecommendationService
from socialflow.recommendation.value_model import DEFAULT_WEIGHTS
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store


def liked(user: str, item: str, kind: InteractionType = InteractionType.LIKE, minutes: int = 5) -> Interaction:
    at = ago(minutes=minutes)
    return Interaction(f"{user}-{item}-{kind}", user, item, kind, 1.0, at, at)


async def commit(store: Store, *rows: Interaction) -> None:
    async with store.write() as unit:
        outcomes = await unit.interactions.add(rows)
    assert {outcome.status for outcome in outcomes} == {RowStatus.STORED}


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'live.db'}"
    await asyncio.to_thread(upgrade, url)
    return url


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    store = Store(url)
    async with store.write() as unit:
        await unit.users.upsert([User(f"u{n}", f"name{n}", ago(days=100)) for n in range(1, 6)])
        await unit.items.upsert(
            [
                Item(
                    f"i{key}",
                    ItemKind.VIDEO,
                    ago(days=3),
                    title=title,
                    author=f"u{1 + key % 2}",
                    moderation_status=ModerationStatus.APPROVED,
                )
                for key, title in TITLES.items()
            ]
        )
    await commit(store, *(liked(f"u{user}", f"i{item}", minutes=60) for user in (3, 4) for item in (1, 2, 3)))
    yield store
    await store.close()


@pytest.fixture
async def service(store, models, clock) -> AsyncIterator[RecommendationService]:
    service = RecommendationService(store, models, clock, FeedSettings())
    await service.start()
    yield service
    await service.close()


class TestOnTheStore:
    async def test_an_answer_is_stored_before_it_is_returned(self, service, store):
        answer = await service.feed(FeedQuery(username="name5", page_size=3))
        async with store.read() as unit:
            assert await unit.impressions.pages(answer.impression.request_id) == [answer.impression]
        again = await service.feed(FeedQuery(username="name5", page_size=3, request_id=answer.impression.request_id))
        assert again.impression == answer.impression

    async def test_what_another_process_commits_is_in_the_next_feed(self, service, url):
        before = await service.feed(FeedQuery(user_id="u5", page_size=8))
        assert {"i7", "i8"} <= set(ids(before))
        elsewhere = Store(url)
        await commit(elsewhere, liked("u5", "i7"), liked("u5", "i8", InteractionType.NOT_INTERESTED))
        await elsewhere.close()
        after = await service.feed(FeedQuery(user_id="u5", page_size=8))
        assert not {"i7", "i8"} & set(ids(after))
        told = await service.explain(after.impression.request_id, "i8", "u5")
        assert told.removed_by == "refused"

    async def test_a_new_store_holds_the_default_value_model(self, store):
        async with store.read() as unit:
            assert dict((await unit.value_models.active()).weights) == DEFAULT_WEIGHTS

    async def test_a_block_hides_in_both_directions(self, service, store):
        async with store.write() as unit:
            await unit.graph.add([Edge(EdgeKind.BLOCK, "u1", "u5", NOW)])
        blocked = {f"i{key}" for key in TITLES if key % 2 == 0}
        assert not blocked & set(ids(await service.feed(FeedQuery(user_id="u5"))))

    async def test_new_items_and_decisions_take_effect_at_once(self, service, store, models):
        models.activate(content(TITLES))
        async with store.write() as unit:
            new = Item("new", ItemKind.VIDEO, NOW, title="cat piano", moderation_status=ModerationStatus.APPROVED)
            await unit.items.upsert([new, Item("unchecked", ItemKind.VIDEO, NOW, title="cat")])
        shown = ids(await service.feed(FeedQuery(user_id="u5")))
        assert "new" in shown
        assert "unchecked" not in shown

    async def test_an_erased_user_has_no_feed_and_leaves_no_request(self, service, store):
        answer = await service.feed(FeedQuery(user_id="u3"))
        async with store.write() as unit:
            await unit.erasures.erase_user("u3", NOW)
        with pytest.raises(Erased):
            await service.feed(FeedQuery(user_id="u3"))
        with pytest.raises(FeedRequestNotFound):
            await service.explain(answer.impression.request_id, "i1", None)
        near = await service.similar_users("u4", 5)
        assert list(near.users) == []

    async def test_interactions_posted_while_feeds_are_read_are_never_missed(self, service, store):
        async def swipe(n: int) -> None:
            item = f"i{1 + n}"
            await commit(store, liked("u5", item, minutes=n))
            assert item not in ids(await service.feed(FeedQuery(user_id="u5")))

        async def look() -> None:
            for _ in range(5):
                await service.feed(FeedQuery(user_id="u4"))

        await asyncio.gather(*(swipe(n) for n in range(6)), *(look() for _ in range(4)))
