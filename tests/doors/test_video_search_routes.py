"""Search of videos over REST: who finds what, and what is told of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from socialflow.content.records import Privacy
from socialflow.kit.roles import Role
from socialflow.video.timeline import Event, EventKind
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform

SEARCH, INDEX = "/api/v1/video/search", "/api/v1/video/index"
BOB, ANN = token("u-bob"), token("u-ann", Role.CREATOR)
DOG = [
    Event(EventKind.OBJECT, 0.0, 12.0, "dog", 0.9),
    Event(EventKind.SPEECH, 8.0, 12.0, "he learnt to open the fridge", 0.8),
]


@pytest.fixture(autouse=True)
async def indexed(platform: FakePlatform) -> None:
    for name in ("i-1", "i-3"):
        await platform.search.put(name, DOG)


async def ask(client: httpx.AsyncClient, who: Mapping[str, str] = BOB, **body: Any) -> dict[str, Any]:
    answer = await client.post(SEARCH, json={"query": "dog", **body}, headers=who)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


class TestSearch:
    async def test_the_moment_and_why(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, query="opening a fridge")
        (hit,) = told["hits"]
        assert (hit["item_id"], hit["start"], hit["end"]) == ("i-1", 8.0, 12.0)
        assert hit["why"][0]["kind"] == "speech"
        assert 0 < hit["score"] <= 1
        assert (told["status"], told["missing"], told["commands"]) == ("complete", [], {})
        assert hit["spaces"] == ["text"]
        assert {made["model"] for made in told["provenance"]} >= {"moments"}

    async def test_what_is_not_public_is_found_by_its_author_alone(self, client: httpx.AsyncClient) -> None:
        assert {hit["item_id"] for hit in (await ask(client))["hits"]} == {"i-1"}
        assert {hit["item_id"] for hit in (await ask(client, ANN))["hits"]} == {"i-1", "i-3"}
        assert {hit["item_id"] for hit in (await ask(client, SERVICE))["hits"]} == {"i-1", "i-3"}
        assert (await ask(client, item_id="i-3"))["hits"] == []

    async def test_inside_one_video_and_of_one_kind(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, SERVICE, item_id="i-3", query="he opens the fridge", kinds=["speech"])
        assert {hit["item_id"] for hit in told["hits"]} == {"i-3"}
        assert (await ask(client, item_id="i-1", kinds=["sound"]))["status"] == "abstained"

    async def test_a_model_that_was_missing_is_named_with_its_command(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await platform.search.put("i-1", DOG, missing=["frames:model:clip-vit-b32"])
        told = await ask(client)
        assert (told["status"], told["missing"]) == ("partial", ["frames:model:clip-vit-b32"])
        assert told["commands"] == {"clip-vit-b32": "socialflow models pull clip-vit-b32"}

    async def test_nonsense_abstains(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, query="vbxq wzrtp")
        assert (told["hits"], told["status"]) == ([], "abstained")

    async def test_as_many_as_are_asked_for(self, client: httpx.AsyncClient) -> None:
        assert len((await ask(client, ANN, limit=1))["hits"]) == 1

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"query": ""}, "query"),
            ({"query": "  "}, "query"),
            ({"limit": 0}, "limit"),
            ({"kinds": ["smell"]}, "kinds"),
        ],
    )
    async def test_what_cannot_be_asked_is_named(
        self, client: httpx.AsyncClient, body: dict[str, object], field: str
    ) -> None:
        answer = await client.post(SEARCH, json={"query": "dog", **body}, headers=BOB)
        assert answer.status_code == 422
        assert str(answer.json()["field"]).startswith(field)


class TestIndex:
    async def test_without_a_video_it_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(INDEX, json={"item_id": "i-1"}, headers=ANN)
        assert (answer.status_code, answer.json()["field"]) == (422, "video_url")

    async def test_a_private_address_is_refused(self, client: httpx.AsyncClient) -> None:
        body = {"item_id": "i-1", "video_url": "http://127.0.0.1/clip.mp4"}
        answer = await client.post(INDEX, json=body, headers=ANN)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")

    async def test_of_no_item_there_is_none(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(INDEX, json={"item_id": "nothing"}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (404, "item_not_found")

    async def test_who_bars_analysis_is_not_looked_at(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        async with platform.store.write() as unit:
            ann = await unit.users.get("u-ann")
            await unit.users.upsert([replace(ann, privacy=Privacy(analyse=False))])
        body = {"item_id": "i-1", "video_url": "http://127.0.0.1/clip.mp4"}
        told = (await client.post(INDEX, json=body, headers=SERVICE)).json()
        assert (told["status"], told["missing"], told["moments"]) == ("abstained", ["analysis:not_permitted"], 0)
