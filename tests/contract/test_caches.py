"""What every cache must do, asked of every class in `storage/cache`."""

import asyncio
import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.redis_server import RedisServer, redis_server

from socialflow.kit import cache as keys
from socialflow.kit.cache import Cache
from socialflow.storage import cache as package
from socialflow.storage.cache.file import FileCache
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.cache.redis import RedisCache


@dataclass
class Time:
    """Seconds that pass when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    """One cache under test: a second look at the same entries, as another process has it, and its time."""

    cache: Cache
    open: Callable[[], Cache]
    elapse: Callable[[float], None]
    opened: list[Cache] = field(default_factory=list)

    def elsewhere(self) -> Cache:
        """The same entries through another door."""
        self.opened.append(self.open())
        return self.opened[-1]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


def memory_bench() -> Bench:
    time = Time()
    cache = MemoryCache(monotonic=time)
    return Bench(cache, lambda: cache, lambda seconds: setattr(time, "now", time.now + seconds))


def file_bench(folder: Path) -> Bench:
    time = Time()

    def another() -> FileCache:
        return FileCache(folder / "home" / "cache.db", wall=time)

    return Bench(another(), another, lambda seconds: setattr(time, "now", time.now + seconds))


def redis_bench(server: RedisServer) -> Bench:
    return Bench(RedisCache(server.url), lambda: RedisCache(server.url), server.elapse)


BENCHES: dict[type[Cache], Callable[[pytest.FixtureRequest], Bench]] = {
    MemoryCache: lambda _: memory_bench(),
    FileCache: lambda request: file_bench(request.getfixturevalue("tmp_path")),
    RedisCache: lambda request: redis_bench(request.getfixturevalue("redis")),
}


@pytest.fixture(params=BENCHES, ids=lambda kind: kind.__name__)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    made = BENCHES[request.param](request)
    yield made
    for cache in (made.cache, *made.opened):
        await cache.close()


@pytest.fixture
def cache(bench: Bench) -> Cache:
    return bench.cache


async def value(cache: Cache, key: str) -> bytes | None:
    (found,) = await cache.get_many([key])
    return found


def test_every_cache_is_asked() -> None:
    modules = (
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    )
    classes = {kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass)}
    assert {kind for kind in classes if hasattr(kind, "get_many") and not getattr(kind, "_is_protocol", False)} == set(
        BENCHES
    )


class TestKeeping:
    async def test_values_come_in_the_order_asked_for(self, cache: Cache) -> None:
        await cache.set_many({"a": b"1", "b": b"2", "c": b"3"}, 60)
        assert list(await cache.get_many(["c", "nothing", "a", "c"])) == [b"3", None, b"1", b"3"]

    async def test_nothing_asked_is_nothing_given(self, cache: Cache) -> None:
        await cache.set_many({}, 60)
        await cache.delete([])
        assert list(await cache.get_many([])) == []

    async def test_a_later_value_takes_the_place(self, cache: Cache) -> None:
        await cache.set_many({"a": b"old"}, 60)
        await cache.set_many({"a": b"new"}, 60)
        assert await value(cache, "a") == b"new"

    @pytest.mark.parametrize("kept", [b"", b"\x00\xff\n", bytes(range(256)) * 4000], ids=["empty", "binary", "1 MB"])
    async def test_any_bytes_come_back_as_they_were(self, cache: Cache, kept: bytes) -> None:
        await cache.set_many({"a": kept}, 60)
        assert await value(cache, "a") == kept

    async def test_thousands_at_once(self, cache: Cache) -> None:
        kept = {f"k:{n}": str(n).encode() for n in range(3000)}
        await cache.set_many(kept, 60)
        assert list(await cache.get_many(list(kept))) == list(kept.values())

    async def test_every_process_sees_it(self, bench: Bench) -> None:
        other = bench.elsewhere()
        await bench.cache.set_many({"a": b"1", "b": b"2"}, 60)
        assert list(await other.get_many(["a", "b"])) == [b"1", b"2"]
        await other.delete(["a"])
        assert list(await bench.cache.get_many(["a", "b"])) == [None, b"2"]

    async def test_many_callers_at_a_time_get_their_own(self, cache: Cache) -> None:
        async def round_trip(n: int) -> bool:
            await cache.set_many({f"k{n}": str(n).encode()}, 60)
            return await value(cache, f"k{n}") == str(n).encode()

        assert all(await asyncio.gather(*(round_trip(n) for n in range(50))))

    async def test_a_caller_that_gives_up_disturbs_nobody(self, cache: Cache) -> None:
        await cache.set_many({"a": b"1", "b": b"2"}, 60)
        calls = [asyncio.ensure_future(value(cache, "a")) for _ in range(20)]
        await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert await value(cache, "b") == b"2"
        assert {call.result() for call in calls[1::2]} == {b"1"}


class TestTime:
    async def test_a_value_is_gone_at_its_end(self, bench: Bench) -> None:
        await bench.cache.set_many({"a": b"1"}, 60)
        bench.elapse(59)
        assert await value(bench.cache, "a") == b"1"
        bench.elapse(1)
        assert await value(bench.cache, "a") is None

    async def test_a_later_value_has_its_own_end(self, bench: Bench) -> None:
        await bench.cache.set_many({"a": b"1"}, 60)
        bench.elapse(50)
        await bench.cache.set_many({"a": b"2"}, 60)
        bench.elapse(50)
        assert await value(bench.cache, "a") == b"2"

    async def test_reading_does_not_lengthen_it(self, bench: Bench) -> None:
        await bench.cache.set_many({"a": b"1"}, 60)
        bench.elapse(50)
        await bench.cache.get_many(["a"])
        bench.elapse(10)
        assert await value(bench.cache, "a") is None


class TestAdding:
    async def test_only_where_there_is_nothing(self, cache: Cache) -> None:
        assert await cache.add("a", b"first", 60)
        assert not await cache.add("a", b"second", 60)
        assert await value(cache, "a") == b"first"

    async def test_one_of_many_wins_in_all_processes_together(self, bench: Bench) -> None:
        doors = [bench.cache, bench.elsewhere()]
        won = await asyncio.gather(*(doors[n % 2].add("a", str(n).encode(), 60) for n in range(50)))
        assert sum(won) == 1
        assert await value(bench.cache, "a") == str(won.index(True)).encode()

    async def test_again_after_its_end_or_after_it_was_dropped(self, bench: Bench) -> None:
        assert await bench.cache.add("a", b"1", 60)
        bench.elapse(60)
        assert await bench.cache.add("a", b"2", 60)
        await bench.cache.delete(["a"])
        assert await bench.cache.add("a", b"3", 60)


class TestForgetting:
    async def test_named_keys_alone(self, cache: Cache) -> None:
        await cache.set_many({"a": b"1", "b": b"2", "c": b"3"}, 60)
        await cache.delete(["a", "c", "never there"])
        assert list(await cache.get_many(["a", "b", "c"])) == [None, b"2", None]

    async def test_keys_that_begin_so_alone(self, cache: Cache) -> None:
        kept = {"r:1:a": b"1", "r:1:b": b"2", "r:10:a": b"3", "r:1": b"4", "s:1:a": b"5", "s:r:1:a": b"6"}
        await cache.set_many(kept, 60)
        await cache.delete_prefix("r:1:")
        assert list(await cache.get_many(list(kept))) == [None, None, b"3", b"4", b"5", b"6"]

    @pytest.mark.parametrize("prefix", ["a*", "a?", "[ab]", "a\\", "[^z]", "a%", "a_", "a-"])
    async def test_no_sign_in_a_prefix_stands_for_others(self, cache: Cache, prefix: str) -> None:
        await cache.set_many({f"{prefix}:1": b"its", "abc:1": b"another's", "a": b"another's"}, 60)
        await cache.delete_prefix(prefix)
        assert list(await cache.get_many([f"{prefix}:1", "abc:1", "a"])) == [None, b"another's", b"another's"]

    async def test_more_than_one_look_finds(self, bench: Bench) -> None:
        await bench.cache.set_many({f"r:1:{n}": b"." for n in range(2500)} | {"r:2:1": b"left"}, 60)
        await bench.elsewhere().delete_prefix("r:1:")
        found = await bench.cache.get_many([*(f"r:1:{n}" for n in range(2500)), "r:2:1"])
        assert set(found[:-1]) == {None}
        assert found[-1] == b"left"


class TestClosing:
    async def test_twice_is_once(self, cache: Cache) -> None:
        await cache.set_many({"a": b"1"}, 60)
        await cache.close()
        await cache.close()


class TestKeys:
    ids = st.text(min_size=1, max_size=12)

    @given(ids, ids)
    def test_the_lists_of_one_user_are_never_anothers(self, one: str, two: str) -> None:
        if one != two:
            of_two = keys.recommendations_key(two, "video", "d")
            assert not of_two.startswith(keys.recommendations_prefix(one))

    @given(st.tuples(ids, ids), st.tuples(ids, ids))
    def test_different_contents_have_different_keys(self, one: tuple[str, str], two: tuple[str, str]) -> None:
        if one != two:
            assert keys.prediction_key(*one) != keys.prediction_key(*two)

    @given(ids)
    def test_are_plain_ascii(self, name: str) -> None:
        made = keys.moderation_key(name) + keys.similarity_key(name) + keys.item_embedding_key(name)
        assert made.isascii()
        assert made.isprintable()
        assert " " not in made
