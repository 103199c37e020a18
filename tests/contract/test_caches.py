"""What every cache must do, asked of every class in `storage/cache`; and what each of them must survive."""

import asyncio
import importlib
import inspect
import os
import pkgutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
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
from socialflow.storage.cache.redis import PATIENCE_SECONDS, PAUSE_SECONDS, PREFIX, RedisCache


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
def socket_folder() -> Iterator[Path]:
    """A folder with a short name: the path of a socket may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        yield Path(folder)


@pytest.fixture
def redis(socket_folder: Path) -> Iterator[RedisServer]:
    with redis_server(socket_folder) as server:
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


def overwrite(path: Path, start: int, content: bytes) -> None:
    """Damage a file from `start` on."""
    with path.open("r+b" if path.exists() else "wb") as stream:
        stream.seek(start)
        stream.write(content)


def size(path: Path) -> int:
    return path.stat().st_size


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


class TestMemory:
    async def test_what_was_not_looked_at_for_longest_goes_first(self) -> None:
        cache = MemoryCache(max_bytes=3 * 1300)
        for name in "abc":
            await cache.set_many({name: bytes(1000)}, 60)
        await cache.get_many(["a"])
        await cache.set_many({"d": bytes(1000)}, 60)
        assert [found is not None for found in await cache.get_many(list("abcd"))] == [True, False, True, True]

    async def test_what_is_replaced_counts_no_more(self) -> None:
        cache = MemoryCache(max_bytes=3000)
        await cache.set_many({"a": b"1"}, 60)
        for _ in range(10):
            await cache.set_many({"b": bytes(2000)}, 60)
        assert await value(cache, "a") == b"1"

    async def test_more_than_it_may_hold_is_not_held(self) -> None:
        cache = MemoryCache(max_bytes=1000)
        await cache.set_many({"a": bytes(2000)}, 60)
        assert await value(cache, "a") is None


class TestFile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "cache.db"

    @pytest.fixture
    async def file(self, path: Path) -> AsyncIterator[FileCache]:
        cache = FileCache(path)
        yield cache
        await cache.close()

    async def works(self, file: FileCache) -> bool:
        """Whether it keeps, at the second try at the latest."""
        for _ in range(2):
            await file.set_many({"new": b"1"}, 60)
        return await value(file, "new") == b"1"

    @pytest.mark.parametrize("rubbish", [b"", b"not a database", os.urandom(40_000)], ids=["empty", "text", "noise"])
    async def test_a_file_that_is_none_is_thrown_away(self, path: Path, file: FileCache, rubbish: bytes) -> None:
        overwrite(path, 0, rubbish)
        assert await value(file, "a") is None
        assert await self.works(file)

    @pytest.mark.parametrize("left", [0, 100, 4096 * 10 + 7])
    async def test_a_file_cut_off_while_it_is_open_is_thrown_away(self, path: Path, file: FileCache, left: int) -> None:
        names = [f"k{n}" for n in range(100)]
        await file.set_many(dict.fromkeys(names, bytes(20_000)), 60)
        await file.delete_prefix("moves the log into the file")
        os.truncate(path, left)
        for _ in range(3):
            assert set(await file.get_many(names)) <= {None, bytes(20_000)}
        assert await self.works(file)

    async def test_a_file_overwritten_in_its_midst_gives_no_error(self, path: Path, file: FileCache) -> None:
        names = [f"k{n}" for n in range(500)]
        await file.set_many(dict.fromkeys(names, bytes(500)), 60)
        await file.close()
        overwrite(path, 4096, os.urandom(size(path) - 8192))
        again = FileCache(path)
        await again.get_many(names)
        await again.delete_prefix("k")
        assert await self.works(again)
        await again.close()

    async def test_where_no_file_can_be_nothing_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "plain").touch()
        (tmp_path / "folder").mkdir()
        for path in (tmp_path / "plain" / "cache.db", tmp_path / "folder"):
            cache = FileCache(path)
            await cache.set_many({"a": b"1"}, 60)
            assert await value(cache, "a") is None
            assert await cache.add("a", b"1", 60)
            await cache.delete(["a"])
            await cache.delete_prefix("a")
            await cache.close()

    async def test_a_file_that_somebody_locked_is_passed_over(self, path: Path, file: FileCache) -> None:
        await file.set_many({"a": b"1"}, 60)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await file.set_many({"a": b"2"}, 60)
            assert await file.add("b", b"2", 60)
            assert await value(file, "a") == b"1"
            other.execute("ROLLBACK")
        await file.set_many({"a": b"3"}, 60)
        assert await value(file, "a") == b"3"

    async def test_it_stays_about_as_large_as_it_may_be(self, path: Path) -> None:
        most = 4 * 2**20
        time = Time()
        cache = FileCache(path, most, wall=time)
        for n in range(100):
            time.now += 1
            await cache.set_many({f"k{n}:{m}": os.urandom(10_000) for m in range(20)}, 600)
        assert size(path) < 2 * most
        assert await value(cache, "k99:0") is not None
        assert await value(cache, "k0:0") is None
        await cache.close()

    async def test_nothing_forgotten_is_left_in_the_bytes(self, path: Path, file: FileCache) -> None:
        await file.set_many({f"recommendations:anna:{n}": b"she likes cats" * 100 for n in range(50)}, 60)
        await file.set_many({"embedding:user:anna": b"she likes cats"}, 60)
        await file.set_many({"recommendations:bert:1": b"he likes dogs"}, 60)
        await file.delete(["embedding:user:anna"])
        await file.delete_prefix("recommendations:anna:")
        bytes_ = b"".join(part.read_bytes() for part in path.parent.glob("cache.db*"))
        assert b"dogs" in bytes_
        assert b"anna" not in bytes_
        assert b"cats" not in bytes_

    async def test_a_closed_one_keeps_nothing_and_says_nothing(self, file: FileCache) -> None:
        await file.close()
        await file.set_many({"a": b"1"}, 60)
        assert await value(file, "a") is None


class TestRedis:
    @pytest.fixture
    def time(self) -> Time:
        return Time()

    @pytest.fixture
    async def shared(self, redis: RedisServer, time: Time) -> AsyncIterator[RedisCache]:
        cache = RedisCache(redis.url, monotonic=time)
        yield cache
        await cache.close()

    async def forgets_everything(self, cache: Cache) -> bool:
        await cache.set_many({"a": b"2"}, 60)
        await cache.delete(["a"])
        await cache.delete_prefix("a")
        return await value(cache, "a") is None and await cache.add("a", b"1", 60)

    async def test_keys_of_others_are_left_alone(self, redis: RedisServer, shared: RedisCache) -> None:
        with redis.client() as client:
            client.set("a", "another's")
            await shared.set_many({"a": b"ours"}, 60)
            await shared.delete_prefix("")
            assert client.keys() == [b"a"]

    async def test_every_key_has_an_end(self, redis: RedisServer, shared: RedisCache) -> None:
        await shared.set_many({"a": b"1"}, 60)
        await shared.add("b", b"1", 0.0001)
        with redis.client() as client:
            assert 0 < client.ttl(PREFIX + "a") <= 60
            assert client.ttl(PREFIX + "b") != -1

    async def test_killed_it_is_as_good_as_empty_and_back_by_itself(
        self, redis: RedisServer, shared: RedisCache, time: Time
    ) -> None:
        await shared.set_many({"a": b"1"}, 60)
        redis.kill()
        assert await self.forgets_everything(shared)
        redis.start()
        time.now += PAUSE_SECONDS
        await shared.set_many({"a": b"3"}, 60)
        assert await value(shared, "a") == b"3"

    async def test_one_that_hangs_costs_one_wait_then_none_for_a_while(
        self, redis: RedisServer, shared: RedisCache, time: Time
    ) -> None:
        await shared.set_many({"a": b"1"}, 60)
        redis.freeze()
        assert await value(shared, "a") is None
        async with asyncio.timeout(PATIENCE_SECONDS):  # a hundred calls in less time than one would wait
            for _ in range(100):
                assert await value(shared, "a") is None
        redis.thaw()
        assert await value(shared, "a") is None  # still left alone
        time.now += PAUSE_SECONDS
        assert await value(shared, "a") == b"1"

    async def test_one_that_was_never_there_is_no_error(self, time: Time) -> None:
        cache = RedisCache("redis://127.0.0.1:1/0", monotonic=time)
        assert await self.forgets_everything(cache)
        await cache.close()

    async def test_what_speaks_another_language_is_no_error(self, socket_folder: Path, time: Time) -> None:
        async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_unix_server(chatter, socket_folder / "web.sock")
        cache = RedisCache(f"unix://{socket_folder / 'web.sock'}", monotonic=time)
        assert await self.forgets_everything(cache)
        await cache.close()
        server.close()
        await server.wait_closed()

    async def test_a_value_of_another_type_is_none(self, redis: RedisServer, shared: RedisCache) -> None:
        with redis.client() as client:
            client.lpush(PREFIX + "a", "list")
        assert await value(shared, "a") is None


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
