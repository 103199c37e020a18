"""Answers from a cache over real stores and real caches: durable, fresh everywhere, right whatever happens to Redis."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from socialflow.content.records import Edge, EdgeKind, InteractionType, ModerationStatus
from socialflow.errors import Erased, UserNotFound
from socialflow.kit.cache import Cache
from socialflow.kit.clock import FixedClock
from socialflow.recommendation.cached import CachedRecommendations, Recommended
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService
from socialflow.storage.cache.file import FileCache
from socialflow.storage.cache.redis import PAUSE_SECONDS, RedisCache
from socialflow.storage.unit_of_work import Store
from tests.fakes import FakeModels
from tests.redis_server import RedisServer, redis_server
from tests.storage.nouns import NOW, act, item, later, user

USERS, ITEMS = 6, 12


@dataclass(frozen=True)
class Process:
    """What one serving process has of its own."""

    store: Store
    service: RecommendationService
    recommendations: CachedRecommendations

    async def ask(self, who: str = "u1") -> Recommended:
        return await self.recommendations.recommend(question(who))

    async def right(self, who: str = "u1") -> bool:
        """Whether the answer is what the feed, which knows no cache, says."""
        feed = await self.service.feed(question(who))
        return shown(await self.ask(who)) == [entry.item_id for entry in feed.impression.entries]


def question(who: str) -> FeedQuery:
    return FeedQuery(user_id=who, page_size=6)


def shown(answer: Recommended) -> list[str]:
    return [entry.item_id for entry in answer.impression.entries]


Open = Callable[[], Awaitable[Process]]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def time() -> list[float]:
    """Seconds on the clock by which Redis is left alone."""
    return [0.0]


@pytest.fixture(params=["file", "redis"])
def make_cache(request: pytest.FixtureRequest, tmp_path: Path, time: list[float]) -> Callable[[], Cache]:
    if request.param == "file":
        return lambda: FileCache(tmp_path / "cache.db")
    redis: RedisServer = request.getfixturevalue("redis")
    return lambda: RedisCache(redis.url, monotonic=lambda: time[0])


@pytest.fixture
async def opened(url: str, store: Store, make_cache: Callable[[], Cache], clock: FixedClock) -> AsyncIterator[Open]:
    """Opens processes over one database and one cache; everybody but u1 liked two of twelve videos of u0."""
    approved = {"moderation_status": ModerationStatus.APPROVED, "author": "u0"}
    async with store.write() as unit:
        await unit.users.upsert([user(f"u{n}") for n in range(USERS)])
        await unit.items.upsert([item(f"i{n}", title=f"film {n}", **approved) for n in range(ITEMS)])
        likes = [act(f"{n}-{m}", f"u{n}", f"i{(n + m) % ITEMS}") for n in range(2, USERS) for m in range(2)]
        await unit.interactions.add(likes)
    clock.at = later(60)
    async with AsyncExitStack() as stack:

        async def begin() -> Process:
            own, cache = Store(url), make_cache()
            service = RecommendationService(own, FakeModels(), clock)
            await service.start()
            for close in (own.close, cache.close, service.close):
                stack.push_async_callback(close)
            return Process(own, service, CachedRecommendations(service, own, cache, clock, ttl=300))

        yield begin


class TestOverRealStores:
    async def test_every_answer_is_stored_as_it_was_given(self, opened: Open) -> None:
        process = await opened()
        for _ in range(2):
            given = await process.recommendations.recommend_many([question(f"u{n}") for n in range(USERS)])
            for answer in given:
                assert isinstance(answer, Recommended)
                async with process.store.read() as unit:
                    (stored,) = await unit.impressions.pages(answer.impression.request_id)
                assert stored == answer.impression
        assert all(answer.cached for answer in given if isinstance(answer, Recommended))

    async def test_what_one_process_worked_out_another_gives(self, opened: Open) -> None:
        here, there = await opened(), await opened()
        assert shown(await here.ask()) == shown(answer := await there.ask())
        assert answer.cached

    async def test_an_interaction_through_one_process_is_in_the_next_answer_of_all(self, opened: Open) -> None:
        here, there = await opened(), await opened()
        first = shown(await here.ask())[0]
        assert (await there.ask()).cached
        async with here.store.write() as unit:
            await unit.interactions.add([act("new", "u1", first, InteractionType.LIKE)])
        for process in (there, here):
            assert first not in shown(await process.ask())
            assert await process.right()
        assert (await there.ask()).cached

    async def test_a_block_and_a_hidden_item_are_honoured_at_once(self, opened: Open) -> None:
        here, there = await opened(), await opened()
        gone = shown(await there.ask())[0]
        async with here.store.write() as unit:
            approved = {"moderation_status": ModerationStatus.APPROVED, "author": "u0"}
            await unit.items.upsert([item(gone, title="film", hidden=True, **approved)])
        assert gone not in shown(await there.ask())
        assert shown(await there.ask())
        async with here.store.write() as unit:
            await unit.graph.add([Edge(EdgeKind.BLOCK, "u0", "u1", NOW)])
        assert shown(await there.ask()) == []

    async def test_the_erased_are_told_apart_and_get_nothing_that_is_left(self, opened: Open) -> None:
        here, there = await opened(), await opened()
        await there.ask("u2")
        async with here.store.write() as unit:  # nobody told the cache
            await unit.erasures.erase_user("u2", NOW)
        asked = [question("u2"), question("nobody"), question("u1")]
        erased, unknown, answer = await there.recommendations.recommend_many(asked)
        assert (type(erased), type(unknown), type(answer)) == (Erased, UserNotFound, Recommended)


class TestWithoutRedis:
    @pytest.fixture
    def make_cache(self, redis: RedisServer, time: list[float]) -> Callable[[], Cache]:
        return lambda: RedisCache(redis.url, monotonic=lambda: time[0])

    async def test_answers_stay_right_while_it_is_away_and_after(
        self, opened: Open, redis: RedisServer, time: list[float]
    ) -> None:
        here, there = await opened(), await opened()
        await here.ask()
        redis.kill()
        assert not (await there.ask()).cached
        first = shown(await here.ask())[0]
        async with here.store.write() as unit:
            await unit.interactions.add([act("new", "u1", first)])
        assert first not in shown(await there.ask())
        assert await there.right()
        redis.start()
        time[0] += PAUSE_SECONDS
        assert await here.right()
        assert (await there.ask()).cached

    async def test_one_that_slept_through_a_change_gives_nothing_old(
        self, opened: Open, redis: RedisServer, time: list[float]
    ) -> None:
        here, there = await opened(), await opened()
        first, second = shown(await here.ask())[:2]
        redis.freeze()
        async with here.store.write() as unit:
            await unit.interactions.add([act("new", "u1", first)])
            await unit.items.upsert([item(second, author="u0", hidden=True)])
        await here.recommendations.forget("u1")  # does not reach it
        assert not {first, second} & set(shown(await here.ask()))
        redis.thaw()
        time[0] += PAUSE_SECONDS
        for process in (there, here):
            assert not {first, second} & set(shown(await process.ask()))
            assert await process.right()
