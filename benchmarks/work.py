"""Work beside requests: 100,000 users, 100,000 items, the embedded store, the server's own worker of two processes.

`python -m benchmarks work [--users N --items N --days N --home DIR]`, on the platform that `serving` prepares.

Phases: precompute (active users, `hybrid`, two shards), lists (asked for by the hundred, a second time), feeds (25
and then 50 a second beside ten times as many interactions, while a precompute runs; the median of five stretches, with
the stalls of the machine itself meanwhile).
"""

import asyncio
import os
import statistics
import time
from datetime import datetime
from typing import Any

import httpx

from benchmarks.results_file import write
from benchmarks.serving import Scale, Workload, feeds_beside_ingestion, prepare, server
from benchmarks.stalls import watched
from socialflow.storage.unit_of_work import Store

PORT = 8133
USERS, LISTS, STRETCHES = 6000, 3000, 5
RATES = (25, 50)
"""Feeds a second: what half a core serves, and what nearly a whole one does."""
BASE = f"http://127.0.0.1:{PORT}/api/v1/ai-pipelines"


async def clear() -> None:
    """Cancel what an earlier run left behind: it would be worked on beside what is measured."""
    async with httpx.AsyncClient(headers=_key(), timeout=60) as client:
        while left := [*await _tasks(client, "queued"), *await _tasks(client, "running")]:
            for job in left:
                await client.post(f"{BASE}/pipelines/{job['task_id']}/cancel")  # 409 where it has just ended
            await asyncio.sleep(1)


async def precompute(users: int) -> dict[str, object]:
    """Two shards on two processes, which have read the platform before."""
    async with httpx.AsyncClient(headers=_key(), timeout=60) as client:
        for number in (64, users):  # the first run loads the models
            shards = await _shards(client, number)
    started, ended = (
        choose(_instant(shard[at]) for shard in shards) for choose, at in ((min, "started_at"), (max, "finished_at"))
    )
    done = sum(shard["result"]["done"] for shard in shards)
    return {"users": done, "seconds": round(ended - started, 2), "users_per_second": round(done / (ended - started))}


async def lists(ids: list[str]) -> dict[str, object]:
    """Lists of 100 users a call, which were worked out by the same calls just before."""
    kept, milliseconds = 0, []
    async with httpx.AsyncClient(headers=_key(), timeout=60) as client:
        for place in range(0, len(ids), 100):
            await client.post(f"{BASE}/recommendations/batch", json={"user_ids": ids[place : place + 100]})
        start = time.perf_counter()
        for users in (ids[start_at : start_at + 100] for start_at in range(0, len(ids), 100)):
            began = time.perf_counter()
            answer = (await client.post(f"{BASE}/recommendations/batch", json={"user_ids": users})).json()
            kept += sum(one["cached"] for one in answer["results"])
            milliseconds.append(1000 * (time.perf_counter() - began))
        elapsed = time.perf_counter() - start
        singles = []
        for user in ids[:200]:
            began = time.perf_counter()
            await client.post(f"{BASE}/recommendations", json={"user_id": user})
            singles.append(1000 * (time.perf_counter() - began))
    return {
        "users": len(ids),
        "kept": kept,
        "users_per_second": round(len(ids) / elapsed),
        "batch_of_100_ms": {"p50": round(statistics.median(milliseconds), 1)},
        "single_ms": {"p50": round(statistics.median(singles), 1), "p99": round(sorted(singles)[197], 1)},
    }


async def feeds_beside_a_batch(work: Workload, seconds: float, rate: int) -> dict[str, object]:
    """`rate` feeds a second as in `serving`, while a precompute that lasts longer runs."""
    async with httpx.AsyncClient(headers=_key(), timeout=60) as client:
        body = {"shards": 2, "max_users": 100_000, "algorithm": "collaborative", "days": 3650}
        await client.post(f"{BASE}/pipelines/recommendation-precompute", json=body)
        await asyncio.sleep(15)
        before = await _tasks(client, "running")
        with watched() as machine:
            length = seconds / STRETCHES
            stretches = [await feeds_beside_ingestion(PORT, work, length, rate) for _ in range(STRETCHES)]
        after = await _tasks(client, "running")
        for job in after:
            await client.post(f"{BASE}/pipelines/{job['task_id']}/cancel")
    figures: dict[str, object] = {
        f"{what}_ms": {
            name: statistics.median(stretch[what][f"{name}_ms"] for stretch in stretches)
            for name in ("p50", "p90", "p99")
        }
        for what in ("feed", "ingestion")
    }
    figures["feed_p99_ms_of_each_stretch"] = [stretch["feed"]["p99_ms"] for stretch in stretches]
    return {"shards_running_before_and_after": [len(before), len(after)], **figures, "machine": machine}


def run(scale: Scale) -> None:
    """All phases; writes benchmarks/results/work.json."""
    os.environ["SOCIALFLOW_HOME"] = str(scale.home)
    prepare(scale)
    work = Workload(scale, _key()["X-API-Key"])
    with server(scale, PORT, _key()["X-API-Key"], worker=True):
        asyncio.run(clear())
        asyncio.run(feeds_beside_ingestion(PORT, work, 10))  # warm up
        figures: dict[str, object] = {"precompute": asyncio.run(precompute(USERS))}
        figures["lists"] = asyncio.run(lists(asyncio.run(_users(scale, LISTS))))
        for rate in RATES:
            figures[f"{rate}_feeds_a_second_beside_a_batch"] = asyncio.run(feeds_beside_a_batch(work, 60, rate))
            asyncio.run(clear())
    command = f"python -m benchmarks work --users {scale.users} --items {scale.items} --days {scale.days}"
    print(write("work", command, figures).read_text())


def _key() -> dict[str, str]:
    return {"X-API-Key": "sf_bench_" + "k" * 40}


async def _users(scale: Scale, users: int) -> list[str]:
    """Ids of the first users."""
    store = Store(f"sqlite:///{scale.home / 'socialflow.db'}")
    try:
        async with store.read() as unit:
            return [user.id for user in await unit.users.page(None, users)]
    finally:
        await store.close()


async def _shards(client: httpx.AsyncClient, users: int) -> list[dict[str, Any]]:
    body = {"shards": 2, "max_users": users, "days": 3650, "name": f"first {users}"}
    await client.post(f"{BASE}/pipelines/recommendation-precompute", json=body)
    while True:
        await asyncio.sleep(0.5)
        found = (await client.get(f"{BASE}/orchestrator/tasks", params={"limit": 3})).json()["tasks"]
        shards = [job for job in found if job["name"].startswith(f"first {users} (")]
        if len(shards) == 2 and all(job["finished_at"] for job in shards):
            return shards


async def _tasks(client: httpx.AsyncClient, state: str) -> list[dict[str, Any]]:
    found = await client.get(f"{BASE}/orchestrator/tasks", params={"state": state})
    return list(found.json()["tasks"])


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
