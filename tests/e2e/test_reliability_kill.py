"""A server killed with SIGKILL while it takes interactions: what it acknowledged is there, once, and so is the rest."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.e2e.service import Platform, Service, fill

USERS, ITEMS = 100, 300
ROUNDS = 3
SIZES = (1, 50, 300, 1)
"""Rows a call of each writer: single posts, calls that share a commit, calls with a transaction of their own."""

Row = dict[str, Any]


@dataclass
class Writers:
    """Clients that post at once; an acknowledged batch is done, another is sent again after the restart."""

    service: Service
    acknowledged: list[Row] = field(default_factory=list)
    unanswered: list[list[Row]] = field(default_factory=list)
    resent: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(USERS * ITEMS)))
    _answers: int = 0
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_killed(self, answers: int) -> None:
        """Post from every writer; kill the server, others in flight, when it has given so many answers."""
        self._answers, self._enough = answers, asyncio.Event()
        async with self.service.async_client() as client:
            running = [asyncio.create_task(self._write(client, size)) for size in SIZES]
            await self._enough.wait()
            self.service.kill()
            await asyncio.gather(*running)

    async def send_again(self) -> None:
        """Repeat, with the same ids, what got no answer."""
        async with self.service.async_client() as client:
            for batch in self.unanswered:
                self.resent.update(await _post(client, batch))
                self.acknowledged += batch
        self.unanswered = []

    async def _write(self, client: httpx.AsyncClient, size: int) -> None:
        while True:
            batch = [_row(next(self._numbers)) for _ in range(size)]
            try:
                statuses = await _post(client, batch)
            except httpx.TransportError:
                self.unanswered.append(batch)
                return
            assert statuses == {"stored": size}
            self.acknowledged += batch
            self._answers -= 1
            if self._answers <= 0:
                self._enough.set()


def _row(number: int) -> Row:
    """An interaction whose user and item no other has, so that it can be told apart in the store."""
    user, item = number % USERS, number // USERS
    return {"id": f"event-{number}", "username": f"u{user}", "post_id": f"i{item}", "interaction_type": "like"}


async def _post(client: httpx.AsyncClient, batch: list[Row]) -> Counter[str]:
    if len(batch) == 1:
        answer = await client.post("/api/v1/interaction", json=batch[0])
        assert answer.status_code == 202, answer.text
        return Counter([answer.json()["status"]])
    answer = await client.post("/api/v1/interactions", json=batch)
    assert answer.status_code == 200, answer.text
    return Counter(row["status"] for row in answer.json()["results"])


def _pairs(rows: list[Row]) -> list[tuple[str, str]]:
    return sorted((row["username"], row["post_id"]) for row in rows)


@pytest.mark.slow
async def test_what_was_acknowledged_is_there_exactly_once(platform: Platform) -> None:
    moments = random.Random(20260101)
    with platform.serving() as service:
        with service.client() as client:
            fill(client, users=USERS, items=ITEMS)
        writers = Writers(service)
        for _ in range(ROUNDS):
            await writers.until_killed(answers=moments.randrange(1, 60))
            assert len(writers.unanswered) == len(SIZES)
            service.start()
            stored = Counter(platform.interactions())
            assert set(stored.values()) == {1}
            assert not set(_pairs(writers.acknowledged)) - set(stored)
            await writers.send_again()
            assert platform.interactions() == _pairs(writers.acknowledged)
        assert not writers.resent.keys() - {"stored", "duplicate"}
        async with service.async_client() as client:
            for start in range(0, len(writers.acknowledged), 5_000):
                batch = writers.acknowledged[start : start + 5_000]
                assert await _post(client, batch) == {"duplicate": len(batch)}
    assert platform.interactions() == _pairs(writers.acknowledged)
