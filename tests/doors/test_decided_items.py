"""What was decided is in every feed at once: a rejected item leaves, an overturned one comes back, in two processes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from socialflow import wiring
from socialflow.content.records import ModerationStatus
from socialflow.doors.rest.app import create_app
from socialflow.moderation.records import Act
from socialflow.settings import load_settings
from socialflow.storage import maintenance
from socialflow.wiring import Platform
from tests.doors.conftest import SERVICE
from tests.doors.fakes import STATIC_KEY
from tests.unit.moderation.decided import ADA, new, verdict


class Served(NamedTuple):
    """A platform and a client of it."""

    platform: Platform
    client: httpx.AsyncClient

    async def feed(self) -> set[str]:
        params = {"username": "user0", "page_size": 20, "category": "only"}
        answer = await self.client.get("/api/v1/feed", params=params)
        assert answer.status_code == 200, answer.text
        return {entry["item"]["id"] for entry in answer.json()["items"]}

    async def kept(self) -> set[str]:
        """Of the lists that are kept in the cache."""
        body = {"user_id": "u-0", "content_type": "video", "limit": 20, "algorithm": "trending"}
        answer = await self.client.post("/api/v1/ai-pipelines/recommendations", json=body)
        assert answer.status_code == 200, answer.text
        return {entry["id"] for entry in answer.json()["items"]}


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Served, Served]]:
    """Two assemblies over one database, as two processes are, with three videos."""
    chosen = load_settings({"socialflow_home": tmp_path, "api_key": STATIC_KEY, "database_url": "", "redis_url": None})
    maintenance.upgrade(chosen.store_url)
    async with AsyncExitStack() as stack:
        served = []
        for _ in range(2):
            platform = wiring.assemble(chosen)
            app = create_app(lambda platform=platform: platform)  # type: ignore[misc]
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app=app)
            client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=SERVICE)
            served.append(Served(platform, await stack.enter_async_context(client)))
        first = served[0].client
        users = [{"id": f"u-{n}", "username": f"user{n}"} for n in range(2)]
        await first.post("/api/v1/users/bulk", json={"users": users})
        items = [{"id": f"i-{n}", "title": f"Film {n}", "author": "u-1", "category": "only"} for n in range(3)]
        rows = [{**item, "moderation_status": "approved"} for item in items]
        assert (await first.post("/api/v1/items/bulk", json={"items": rows})).json()["stored"] == 3
        yield served[0], served[1]


async def test_a_rejected_item_leaves_every_feed_and_an_overturned_one_comes_back(pair: tuple[Served, Served]) -> None:
    one, other = pair
    every = {"i-0", "i-1", "i-2"}
    for served in pair:
        assert await served.feed() == await served.kept() == every
    async with one.platform.store.read() as unit:
        author = (await unit.users.get("u-1")).key
    rejected = await one.platform.moderation.decisions.record(new("i-1", author=author))
    for served in (other, one):
        assert await served.feed() == await served.kept() == every - {"i-1"}
    shown = (await other.client.get("/api/v1/items/i-1")).json()
    assert (shown["moderation_status"], shown["flag_reason"], shown["hidden"]) == ("rejected", "toxicity", False)
    back = new("i-1", ModerationStatus.APPROVED, author=author, actor=ADA, supersedes=rejected.id, judged=None)
    await other.platform.moderation.decisions.record(back)
    for served in (one, other):
        assert await served.feed() == every
    # A kept list loses what may not be shown at once; what is new or back is in it from its next making on.
    await one.platform.cache.delete_prefix("recommendations:")
    for served in (one, other):
        assert await served.kept() == every
    assert (await one.platform.moderation.decisions.verify_all()).ok


async def test_what_is_flagged_and_hidden_is_seen_by_nobody_and_keeps_its_author_s_wish(
    pair: tuple[Served, Served],
) -> None:
    one, other = pair
    hiding = verdict(ModerationStatus.FLAGGED, (Act.FLAG, Act.HIDE))
    hidden = await one.platform.moderation.decisions.record(new("i-0", verdict=hiding))
    for served in pair:
        assert await served.feed() == {"i-1", "i-2"}
    await one.client.put("/api/v1/items/i-0", json={"title": "Film 0", "category": "only", "hidden": False})
    assert await other.feed() == {"i-1", "i-2"}
    await other.platform.moderation.decisions.record(new("i-0", ModerationStatus.APPROVED, supersedes=hidden.id))
    for served in pair:
        assert await served.feed() == {"i-0", "i-1", "i-2"}
