"""Through the whole house on the embedded store: data in, a feed out, and the next call knows what just happened."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from socialflow import wiring
from socialflow.doors.rest.app import create_app
from socialflow.settings import load_settings
from socialflow.storage import maintenance
from tests.doors.conftest import SERVICE
from tests.doors.fakes import STATIC_KEY


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    chosen = load_settings({"socialflow_home": tmp_path, "api_key": STATIC_KEY, "database_url": "", "redis_url": None})
    maintenance.upgrade(chosen.store_url)
    app = create_app(lambda: wiring.assemble(chosen))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=SERVICE) as client:
            yield client


async def fill(client: httpx.AsyncClient) -> None:
    users = [{"id": f"u-{n}", "username": f"user{n}"} for n in range(6)]
    assert (await client.post("/api/v1/users/bulk", json={"users": users})).json()["stored"] == 6
    items = [
        {
            "id": f"i-{n}",
            "title": f"Film {n}",
            "category": "drama" if n % 2 else "music",
            "moderation_status": "approved",
        }
        for n in range(30)
    ]
    assert (await client.post("/api/v1/items/bulk", json={"items": items})).json()["stored"] == 30
    rows = [
        {"username": f"user{user}", "post_id": f"i-{post}", "interaction_type": "like"}
        for user in range(1, 6)
        for post in range(user, 30, 3)
    ]
    answer = (await client.post("/api/v1/interactions", json=rows)).json()
    assert answer["stored"] == len(rows)


async def feed(client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await client.get("/api/v1/feed", params={"username": "user0", "page_size": 5, **params})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: dict[str, Any]) -> list[str]:
    return [entry["item"]["id"] for entry in answer["items"]]


async def test_what_goes_in_comes_out_as_a_feed(real: httpx.AsyncClient) -> None:
    await fill(real)
    answer = await feed(real)
    assert len(answer["items"]) == 5
    assert all(entry["reason"] and entry["source"] for entry in answer["items"])
    assert answer["provenance"]


async def test_an_interaction_changes_the_next_feed(real: httpx.AsyncClient) -> None:
    await fill(real)
    first = ids(await feed(real))
    like = {"username": "user0", "post_id": first[0], "interaction_type": "like"}
    assert (await real.post("/api/v1/interaction", json=like)).status_code == 202
    assert first[0] not in ids(await feed(real))


async def test_pages_never_repeat_an_item(real: httpx.AsyncClient) -> None:
    await fill(real)
    answer = await feed(real)
    request_id, shown = answer["request_id"], ids(answer)
    for page in (2, 3, 4):
        shown += ids(await feed(real, page=page, request_id=request_id))
    assert len(shown) == len(set(shown)) == 20
    assert ids(await feed(real, page=2, request_id=request_id)) == shown[5:10]


async def test_an_answer_explains_itself(real: httpx.AsyncClient) -> None:
    await fill(real)
    answer = await feed(real)
    path = f"/api/v1/feed/{answer['request_id']}/explain"
    told = (await real.get(path, params={"item": ids(answer)[0]})).json()
    assert (told["shown"], told["position"]) == (True, 1)


async def test_what_is_blocked_or_new_counts_at_once(real: httpx.AsyncClient) -> None:
    await fill(real)
    item = {"title": "By user1", "author": "u-1", "moderation_status": "approved", "category": "only"}
    await real.put("/api/v1/items/new", json=item)
    assert ids(await feed(real, category="only")) == ["new"]
    await real.put("/api/v1/users/u-0/blocks/u-1")
    assert ids(await feed(real, category="only")) == []


async def test_the_erased_are_gone_from_every_answer(real: httpx.AsyncClient) -> None:
    await fill(real)
    assert (await real.delete("/api/v1/users/u-1")).status_code == 200
    assert (await real.get("/api/v1/users/u-1")).status_code == 410
    feed_of_erased = await real.get("/api/v1/feed", params={"username": "user1"})
    assert feed_of_erased.status_code in {404, 410}
    similar = (await real.get("/api/v1/users/u-2/similar", params={"limit": 100})).json()
    assert "u-1" not in [user["id"] for user in similar["users"]]


async def test_a_lost_database_is_503_and_comes_back_by_itself(real: httpx.AsyncClient, tmp_path: Path) -> None:
    await fill(real)
    like = {"username": "user0", "post_id": "i-1", "interaction_type": "like"}
    hide_database(tmp_path)
    for lost in (await real.post("/api/v1/interaction", json=like), await real.get("/api/v1/users/u-1")):
        assert (lost.status_code, lost.json()["code"]) == (503, "store_unavailable")
        assert int(lost.headers["Retry-After"]) >= 1
    assert (await real.get("/ready")).status_code == 503
    assert (await real.get("/health")).status_code == 200
    bring_back_database(tmp_path)
    assert (await real.post("/api/v1/interaction", json=like)).status_code == 202
    assert (await real.get("/ready")).status_code == 200


def hide_database(home: Path) -> None:
    aside = home / "aside"
    aside.mkdir()
    for file in list(home.glob("socialflow.db*")):
        file.rename(aside / file.name)
    (home / "socialflow.db").mkdir()  # nothing can be opened under that name now


def bring_back_database(home: Path) -> None:
    (home / "socialflow.db").rmdir()
    for file in list((home / "aside").iterdir()):
        file.rename(home / file.name)
