"""What each cache must survive besides: too much, damage, locks, outages."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from socialflow.kit.cache import Cache
from socialflow.storage.cache.file import FileCache
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.cache.redis import PATIENCE_SECONDS, PAUSE_SECONDS, PREFIX, RedisCache
from tests.redis_server import RedisServer, redis_server


@dataclass
class Time:
    """Seconds that pass when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


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
    def redis(self) -> Iterator[RedisServer]:
        with redis_server() as server:
            yield server

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

    async def test_what_speaks_another_language_is_no_error(self, time: Time) -> None:
        async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(chatter, "127.0.0.1", 0)
        cache = RedisCache("redis://{}:{}".format(*server.sockets[0].getsockname()), monotonic=time)
        assert await self.forgets_everything(cache)
        await cache.close()
        server.close()
        await server.wait_closed()

    async def test_a_value_of_another_type_is_none(self, redis: RedisServer, shared: RedisCache) -> None:
        with redis.client() as client:
            client.lpush(PREFIX + "a", "list")
        assert await value(shared, "a") is None
