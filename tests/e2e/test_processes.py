"""Two processes on one store: what one acknowledged, the other's very next answer knows."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from tests.e2e.service import Platform, Service, fill

USERS, ITEMS, TURNS = 30, 400, 4
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair(platform: Platform) -> Iterator[tuple[Service, Service]]:
    """Two processes of a filled platform."""
    with platform.serving_twice() as services:
        with services[0].client() as client:
            fill(client, users=USERS, items=ITEMS)
        yield services


async def feed(client: httpx.AsyncClient, user: int) -> list[str]:
    answer = await client.get("/api/v1/feed", params={"username": f"name-{user}", "page_size": 20})
    assert answer.status_code == 200, answer.text
    return [entry["item"]["id"] for entry in answer.json()["items"]]


async def write(client: httpx.AsyncClient, user: int, item: str) -> None:
    row = {"username": f"name-{user}", "post_id": item, "interaction_type": "like"}
    answer = await client.post("/api/v1/interaction", json=row)
    assert answer.status_code == 202, answer.text


async def load(client: httpx.AsyncClient, rows: random.Random) -> None:
    """Interactions of everybody with items at the end of the catalogue, without an end."""
    while True:
        batch: list[dict[str, Any]] = [
            {
                "username": f"u{rows.randrange(USERS)}",
                "post_id": f"i{rows.randrange(ITEMS - 50, ITEMS)}",
                "interaction_type": "view",
                "interaction_value": 0.5,
            }
            for _ in range(50)
        ]
        answer = await client.post("/api/v1/interactions", json=batch)
        assert answer.json()["stored"] == 50


async def stale_answers(writer: httpx.AsyncClient, reader: httpx.AsyncClient, user: int) -> int:
    """How many answers still hold what the user took just before, at the other process."""
    taken: set[str] = set()
    stale = 0
    for turn in range(TURNS):
        shown = await feed(reader, user)
        stale += not taken.isdisjoint(shown)
        taken.add(shown[turn])
        await write(writer, user, shown[turn])
        writer, reader = reader, writer
    stale += not taken.isdisjoint(await feed(reader, user))
    return stale


@pytest.fixture
async def clients(pair: tuple[Service, Service]) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    async with pair[0].async_client() as first, pair[1].async_client() as second:
        yield first, second


async def test_no_answer_is_stale_under_load(clients: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> None:
    first, second = clients
    background = [asyncio.create_task(load(client, random.Random(seed))) for seed, client in enumerate(clients)]
    stale = await asyncio.gather(
        *(stale_answers(first, second, user) for user in range(0, USERS, 2)),
        *(stale_answers(second, first, user) for user in range(1, USERS, 2)),
    )
    assert not [task for task in background if task.done()]
    for task in background:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert sum(stale) == 0


async def test_every_kind_of_change_crosses(clients: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> None:
    first, second = clients

    async def done(answer: httpx.Response) -> None:
        assert answer.status_code in {200, 204}, answer.text

    video = {"title": "Just in", "moderation_status": "approved", "author": "u9", "category": "fresh"}
    await done(await first.put("/api/v1/items/new", json=video))
    assert await category(second, "fresh") == ["new"]
    await done(await second.put("/api/v1/users/u0/blocks/u9"))
    assert await category(first, "fresh") == []
    await done(await first.delete("/api/v1/users/u0/blocks/u9"))
    assert await category(second, "fresh") == ["new"]
    await done(await second.put("/api/v1/items/new", json={**video, "hidden": True}))
    assert await category(first, "fresh") == []
    await done(await first.put("/api/v1/items/new", json=video))
    assert await category(second, "fresh") == ["new"]
    await done(await second.delete("/api/v1/items/new"))
    assert await category(first, "fresh") == []


async def category(client: httpx.AsyncClient, name: str) -> list[str]:
    answer = await client.get("/api/v1/feed", params={"username": "name-0", "category": name})
    assert answer.status_code == 200, answer.text
    return [entry["item"]["id"] for entry in answer.json()["items"]]


async def test_one_process_goes_on_with_what_the_other_began(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    seen: list[str] = []
    request_id = None
    for page in range(1, 5):
        params = {"username": "name-1", "page": page, "page_size": 10} | (
            {"request_id": request_id} if request_id else {}
        )
        answer = (await clients[page % 2].get("/api/v1/feed", params=params)).json()
        request_id = answer["request_id"]
        seen += [entry["item"]["id"] for entry in answer["items"]]
    assert len(seen) == len(set(seen)) == 40
