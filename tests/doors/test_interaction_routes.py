"""Interactions over REST: one and many, each row answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from socialflow.content.log import LogCursor
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform

BOB = token("u-bob")


def like(**changes: Any) -> dict[str, Any]:
    return {"username": "bob", "post_id": "i-1", "interaction_type": "like", "interaction_value": 1.0, **changes}


async def stored(platform: FakePlatform) -> int:
    async with platform.store.read() as unit:
        return len((await unit.interactions.poll(LogCursor())).block)


class TestOne:
    async def post(self, client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
        return await client.post("/api/v1/interaction", json=like(**changes), headers=BOB)

    async def test_is_stored_when_the_answer_comes(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        answer = await self.post(client)
        assert answer.status_code == 202
        assert answer.json()["status"] == "stored"
        assert answer.json()["id"]
        assert await stored(platform) == 1

    async def test_twice_with_one_id_is_stored_once(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        answers = [(await self.post(client, id="mine")).json() for _ in range(2)]
        assert answers == [{"id": "mine", "status": "stored"}, {"id": "mine", "status": "duplicate"}]
        assert await stored(platform) == 1

    async def test_integer_ids_are_kept_as_text(self, client: httpx.AsyncClient) -> None:
        await client.put("/api/v1/items/1234", json={"title": "numbered"}, headers=SERVICE)
        assert (await self.post(client, post_id=1234)).status_code == 202

    async def test_a_user_may_be_named_by_id(self, client: httpx.AsyncClient) -> None:
        assert (await self.post(client, username="u-bob")).status_code == 202

    async def test_context_is_taken(self, client: httpx.AsyncClient) -> None:
        context = {"surface": "feed", "device": "phone", "position": 3, "request_id": "r-1"}
        assert (await self.post(client, context=context)).status_code == 202

    @pytest.mark.parametrize(
        ("change", "status", "code", "field"),
        [
            ({"post_id": "none"}, 404, "item_not_found", "post_id"),
            ({"interaction_value": 1.5}, 422, "invalid_input", "interaction_value"),
            ({"interaction_type": "rating", "interaction_value": None}, 422, "invalid_input", "interaction_value"),
            ({"interaction_type": "poke"}, 422, "invalid_input", "interaction_type"),
            ({"at": "2026-01-01T00:00:00"}, 422, "invalid_input", "at"),
            ({"at": "0001-01-01T00:00:00+14:00"}, 422, "invalid_input", "at"),
            ({"at": "9999-12-31T23:59:59-14:00"}, 422, "invalid_input", "at"),
            ({"username": "a\x00b"}, 422, "invalid_input", "username"),
            ({"post_id": 2**63}, 422, "invalid_input", "post_id"),
            ({"post_id": True}, 422, "invalid_input", "post_id"),
            ({"context": {"position": -1}}, 422, "invalid_input", "context.position"),
            ({"colour": "red"}, 422, "invalid_input", "colour"),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, client: httpx.AsyncClient, change: dict[str, Any], status: int, code: str, field: str
    ) -> None:
        answer = await self.post(client, **change)
        body = answer.json()
        assert (answer.status_code, body["code"], body["field"]) == (status, code, field)
        assert body["status_code"] == status
        assert body["request_id"]

    async def test_an_event_from_the_future_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await self.post(client, at=(datetime.now(UTC) + timedelta(minutes=6)).isoformat())
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "event_in_future", "at")

    async def test_for_somebody_else_is_403(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        answer = await self.post(client, username="ann")
        assert answer.status_code == 403
        assert await stored(platform) == 0


class TestMany:
    async def post(self, client: httpx.AsyncClient, body: Any) -> httpx.Response:
        return await client.post("/api/v1/interactions", json=body, headers=SERVICE)

    @pytest.mark.parametrize("wrapped", [True, False])
    async def test_each_row_is_answered_in_order(
        self, client: httpx.AsyncClient, platform: FakePlatform, wrapped: bool
    ) -> None:
        rows = [
            like(id="a"),
            like(id="b", username="nobody"),
            like(id="c", post_id="none"),
            like(id="d", interaction_value=9),
            {"id": "e", "username": "bob"},
            17,
            like(id="a"),
            like(id="g", username="ann"),
        ]
        answer = await self.post(client, {"interactions": rows} if wrapped else rows)
        body = answer.json()
        assert answer.status_code == 200
        assert [(row["id"], row["status"], row["code"], row["field"]) for row in body["results"]] == [
            ("a", "stored", None, None),
            ("b", "rejected", "user_not_found", "username"),
            ("c", "rejected", "item_not_found", "post_id"),
            ("d", "rejected", "invalid_input", "interaction_value"),
            ("e", "rejected", "invalid_input", "post_id"),
            ("", "rejected", "invalid_input", None),
            ("a", "duplicate", None, None),
            ("g", "stored", None, None),
        ]
        assert (body["stored"], body["duplicates"], body["rejected"]) == (2, 1, 5)
        assert await stored(platform) == 2

    async def test_ten_thousand_rows_are_taken_and_one_more_is_not(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        answer = await self.post(client, [like(id=str(n)) for n in range(10_000)])
        assert answer.json()["stored"] == 10_000
        assert await stored(platform) == 10_000
        assert (await self.post(client, [like()] * 10_001)).status_code == 422

    async def test_none_at_all_is_refused(self, client: httpx.AsyncClient) -> None:
        for body in ([], {"interactions": []}, {}, None, "rows"):
            assert (await self.post(client, body)).status_code == 422

    async def test_a_person_sends_only_their_own(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        own = await client.post("/api/v1/interactions", json=[like(), like(username="u-bob")], headers=BOB)
        assert own.json()["stored"] == 2
        mixed = await client.post("/api/v1/interactions", json=[like(), like(username="ann")], headers=BOB)
        assert mixed.status_code == 403
        assert await stored(platform) == 2
