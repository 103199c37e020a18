"""What a decision restricts an item to and labels it with: on the item, in feed entries at once, and for whom."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from socialflow import wiring
from socialflow.content.records import Item, ModerationStatus
from socialflow.doors.rest.app import create_app
from socialflow.kit.cache import recommendations_prefix
from socialflow.kit.clock import FixedClock
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.records import Act, Decision, Hit, Verdict
from socialflow.moderation.sealing import encode
from socialflow.settings import load_settings
from socialflow.storage.address import Address
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store
from tests.engines import PostgresServer, SqliteFiles
from tests.storage.nouns import item
from tests.unit.moderation.decided import ADA, decision, new, verdict

KEY = "the-key-from-the-settings"
APPROVED, REJECTED = ModerationStatus.APPROVED, ModerationStatus.REJECTED
YEAR = datetime.now(UTC).year
GATED = Verdict(
    APPROVED,
    (Act.APPROVE, Act.AGE_GATE, Act.LABEL),
    (
        Hit("nudity", "nudity", (Act.AGE_GATE, Act.LABEL), labels=("nudity", "art")),
        Hit("quotes", "quotes", (Act.LABEL,), labels=("art", "quotation")),
        Hit("silent", "silent", (Act.FLAG,), labels=("unused",)),
    ),
    0.4,
    0.9,
)
LABELS = ("nudity", "art", "quotation")


class TestItems:
    @pytest.fixture
    def service(self, store: Store, clock: FixedClock) -> DecisionService:
        return DecisionService(store, MemoryCache(), clock)

    async def told(self, store: Store, name: str = "i") -> tuple[bool, tuple[str, ...]]:
        async with store.read() as unit:
            found: Item = await unit.items.get(name)
            (facts,) = [row async for rows in unit.items.facts([found.key]) for row in rows]
        assert facts.age_restricted == found.age_restricted
        return found.age_restricted, found.labels

    async def test_a_decision_puts_it_on_and_the_next_takes_it_off(
        self, service: DecisionService, store: Store
    ) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i")])
        assert await self.told(store) == (False, ())
        gated = await service.record(new("i", APPROVED, verdict=GATED))
        assert await self.told(store) == (True, LABELS)
        lifted = await service.record(new("i", APPROVED, actor=ADA, supersedes=gated.id, judged=None))
        assert await self.told(store) == (False, ())
        await service.record(new("i", actor=ADA, supersedes=lifted.id, judged=None, verdict=GATED))
        assert await self.told(store) == (True, LABELS)

    async def test_many_at_once_say_it_too(self, service: DecisionService, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i"), item("j")])
        async with store.write() as unit:
            await service.record_many(unit, [new("i", APPROVED, verdict=GATED), new("j", APPROVED)])
        assert (await self.told(store), await self.told(store, "j")) == ((True, LABELS), (False, ()))

    async def test_an_author_does_not_take_it_off(self, service: DecisionService, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i", title="Bread")])
        await service.record(new("i", APPROVED, verdict=GATED))
        async with store.write() as unit:
            mine = await unit.items.get("i")
            changed = replace(
                mine, title="Cake", age_restricted=False, labels=(), moderation_status=ModerationStatus.PENDING
            )
            await unit.items.upsert([changed])
            assert (await unit.items.get("i")).moderation_status is ModerationStatus.PENDING
        assert await self.told(store) == (True, LABELS)

    async def test_settling_brings_it_back(self, service: DecisionService, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i")])
        await service.record(new("i", APPROVED, verdict=GATED))
        async with store.write() as unit:
            key = (await unit.items.get("i")).key
            await unit._transaction.run(text("UPDATE items SET age_restricted = false, labels = '[]'"))
            assert await unit.unmoderated.settle(key)
        assert await self.told(store) == (True, LABELS)


class TestUpgrade:
    @pytest.mark.parametrize("standing", [True, False])
    async def test_earlier_decisions_that_stand_take_effect(
        self, server: SqliteFiles | PostgresServer, standing: bool
    ) -> None:
        url = server.empty()
        upgrade(url, "0013")
        plain = decision("d2", "other", APPROVED)
        with open_sync_engine(Address.parse(url)).begin() as connection:
            for key, (name, made) in enumerate({"i": decision(content="i", verdict=GATED), "other": plain}.items(), 1):
                connection.execute(_ITEM, {"key": key, "id": name})
                connection.execute(_DECISION, {**_row(made), "key": key, "item": key, "standing": standing})
        upgrade(url)
        store = Store(url)
        async with store.read() as unit:
            found, other = await unit.items.get("i"), await unit.items.get("other")
        await store.close()
        assert (found.age_restricted, found.labels) == ((True, LABELS) if standing else (False, ()))
        assert (other.age_restricted, other.labels) == (False, ())


_ITEM = text(
    "INSERT INTO items (key, id, kind, created_at, title, description, text, tags, topics, hidden, moderation_status,"
    " moderation_flags, is_flagged, is_promoted, simulated)"
    " VALUES (:key, :id, 'post', 0, '', '', '', '[]', '[]', false, 'approved', '[]', false, false, false)"
)
_DECISION = text(
    "INSERT INTO decisions (key, id, content_id, kind, at, hour, status, policy_scope, policy_version, actor,"
    " input_digest, seal, body, is_current, item_key)"
    " VALUES (:key, :id, :content, 'post', 0, 0, 'approved', 'default', 1, 'service', 'aa', 'bb', :body, :standing,"
    " :item)"
)


def _row(made: Decision) -> dict[str, Any]:
    body = encode(made)
    assert orjson.loads(body)["verdict"]["acts"]
    return {"id": made.id, "content": made.content_id, "body": body}


class Served:
    """A platform over a database, called over REST."""

    def __init__(self, platform: wiring.Platform, client: httpx.AsyncClient) -> None:
        self.platform, self.client = platform, client

    async def feed(self, username: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
        """Of each entry, by item: whether it is restricted, and its labels."""
        answer = await self.client.get("/api/v1/feed", params={"username": username})
        assert answer.status_code == 200, answer.text
        cards = [entry["item"] for entry in answer.json()["items"]]
        return {card["id"]: (card["age_restricted"], tuple(card["labels"])) for card in cards}

    async def listed(self, user: str) -> set[str]:
        """What the kept list of a user has."""
        body = {"user_id": user, "content_type": "video", "limit": 20, "algorithm": "trending"}
        answer = await self.client.post("/api/v1/ai-pipelines/recommendations", json=body)
        return {entry["id"] for entry in answer.json()["items"]}


async def _serve(url: str, home: Path, **settings: object) -> AsyncIterator[Served]:
    chosen = {"socialflow_home": home, "api_key": KEY, "database_url": url, "redis_url": None, **settings}
    platform = wiring.assemble(load_settings(chosen))
    app = create_app(lambda: platform)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test", headers={"X-API-Key": KEY}) as client,
    ):
        people = {"grown": YEAR - 30, "minor": YEAR - 16, "turning": YEAR - 18, "unknown": None}
        users = [{"id": name, "username": name, "birth_year": born} for name, born in people.items()]
        assert (await client.post("/api/v1/users/bulk", json={"users": users})).json()["stored"] == 4
        items = [{"id": f"i{n}", "title": f"Film {n}", "moderation_status": "approved"} for n in range(2)]
        assert (await client.post("/api/v1/items/bulk", json={"items": items})).json()["stored"] == 2
        yield Served(platform, client)


@pytest.fixture
async def served(url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async for one in _serve(url, tmp_path):
        yield one


@pytest.fixture
async def careful(url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async for one in _serve(url, tmp_path, age_restricted_for_unknown=False):
        yield one


class TestFeeds:
    async def test_what_was_rejected_overturned_and_restricted_says_so_with_the_next_request(
        self, served: Served
    ) -> None:
        decisions = served.platform.moderation.decisions
        plain = {"i0": (False, ()), "i1": (False, ())}
        assert await served.feed("grown") == await served.feed("minor") == plain
        assert await served.listed("minor") == await served.listed("grown") == {"i0", "i1"}
        rejected = await decisions.record(new("i0", REJECTED))
        assert await served.feed("grown") == {"i1": (False, ())}
        back = await decisions.record(new("i0", APPROVED, actor=ADA, supersedes=rejected.id, judged=None))
        assert await served.feed("grown") == plain
        for name in ("minor", "grown"):
            await served.platform.cache.delete_prefix(recommendations_prefix(name))
            assert await served.listed(name) == {"i0", "i1"}
        gated = await decisions.record(new("i0", verdict=GATED, actor=ADA, supersedes=back.id, judged=None))
        assert await served.feed("grown") == await served.feed("unknown") == {**plain, "i0": (True, LABELS)}
        assert await served.feed("minor") == await served.feed("turning") == {"i1": (False, ())}
        assert (await served.listed("minor"), await served.listed("grown")) == ({"i1"}, {"i0", "i1"})
        shown = (await served.client.get("/api/v1/items/i0")).json()
        assert (shown["age_restricted"], shown["labels"]) == (True, list(LABELS))
        await decisions.record(new("i0", verdict=verdict(APPROVED), actor=ADA, supersedes=gated.id, judged=None))
        assert await served.feed("minor") == plain

    async def test_a_page_asked_for_again_leaves_out_what_was_restricted_since(self, served: Served) -> None:
        pages = {}
        for name in ("minor", "grown"):
            first = await served.client.get("/api/v1/feed", params={"username": name})
            pages[name] = {"username": name, "request_id": first.json()["request_id"]}
        await served.platform.moderation.decisions.record(new("i0", APPROVED, verdict=GATED))
        for name, left in (("minor", {"i1"}), ("grown", {"i0", "i1"})):
            again = (await served.client.get("/api/v1/feed", params=pages[name])).json()
            assert {entry["item"]["id"] for entry in again["items"]} == left

    async def test_a_platform_may_keep_it_from_whose_age_it_does_not_know(self, careful: Served) -> None:
        await careful.platform.moderation.decisions.record(new("i0", APPROVED, verdict=GATED))
        assert set(await careful.feed("unknown")) == {"i1"}
        assert set(await careful.feed("grown")) == {"i0", "i1"}
        answer = await careful.client.get("/api/v1/similar/i1")
        assert "i0" not in answer.text
