"""Feeds over REST: what is asked of the service, what is shown, and to whom."""

from collections.abc import Callable

import httpx

from socialflow.access.records import Scope
from socialflow.errors import ModelUnavailable, Overloaded, StoreUnavailable
from socialflow.kit.roles import Role
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform

BOB = token("u-bob")


async def test_a_person_gets_their_own_feed(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/feed", params={"username": "bob"}, headers=BOB)).json()
    assert [entry["item"]["id"] for entry in answer["items"]] == ["i-1", "i-2", "i-4"]
    assert [entry["position"] for entry in answer["items"]] == [1, 2, 3]
    assert answer["items"][0]["item"]["title"] == "Title i-1"
    assert answer["items"][0]["reason"] == "because the script says so"
    assert (answer["status"], answer["missing"], answer["algorithm"]) == ("partial", ["als"], "hybrid")
    assert answer["provenance"] == [{"model": "scripted", "version": "1", "tier": "heuristic", "updated_at": None}]
    assert answer["has_more"] is False


async def test_every_parameter_reaches_the_service(client: httpx.AsyncClient, platform: FakePlatform) -> None:
    await client.get("/api/v1/feed", params={"username": "bob"}, headers=SERVICE)
    params = {
        "username": "bob",
        "project_code": "flic",
        "page": 2,
        "page_size": 7,
        "mood": "calm",
        "category": "Motivation",
        "request_id": "request-0",
    }
    assert (await client.get("/api/v1/feed", params=params, headers=SERVICE)).status_code == 200
    asked = platform.recommendation.asked[-1]
    assert (asked.username, asked.user_id, asked.surface) == ("bob", None, "feed")
    assert (asked.project_code, asked.page, asked.page_size, asked.mood) == ("flic", 2, 7, "calm")
    assert (asked.category, asked.request_id) == ("Motivation", "request-0")


async def test_smart_names_the_algorithm_it_chose(client: httpx.AsyncClient, platform: FakePlatform) -> None:
    params = {"username": "bob", "algorithm": "smart", "device": "phone"}
    answer = (await client.get("/api/v1/feed", params=params, headers=BOB)).json()
    asked = platform.recommendation.asked[-1]
    assert (asked.algorithm, asked.device) == ("smart", "phone")
    assert (answer["algorithm"], answer["arm"]) == ("smart", "als")
    assert (await client.get("/api/v1/feed", params={"username": "bob"}, headers=BOB)).json()["arm"] is None


async def test_pages_follow_by_request_id(client: httpx.AsyncClient) -> None:
    params = {"username": "bob", "page_size": 2}
    first = (await client.get("/api/v1/feed", params=params, headers=BOB)).json()
    params |= {"page": 2, "request_id": first["request_id"]}
    second = (await client.get("/api/v1/feed", params=params, headers=BOB)).json()
    assert first["has_more"] is True
    assert second["has_more"] is False
    assert [entry["item"]["id"] for entry in first["items"] + second["items"]] == ["i-1", "i-2", "i-4"]


async def test_an_unknown_request_id_is_404(client: httpx.AsyncClient) -> None:
    params = {"username": "bob", "request_id": "never-given"}
    answer = await client.get("/api/v1/feed", params=params, headers=BOB)
    assert (answer.status_code, answer.json()["code"]) == (404, "feed_request_not_found")


async def test_another_persons_feed_is_403_whether_they_exist_or_not(client: httpx.AsyncClient) -> None:
    refusals = [
        (await client.get("/api/v1/feed", params={"username": name}, headers=BOB)).json() for name in ("ann", "nobody")
    ]
    assert {refusal["status_code"] for refusal in refusals} == {403}
    assert refusals[0]["detail"] == refusals[1]["detail"]


async def test_a_service_learns_that_a_user_is_unknown(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/feed", params={"username": "nobody"}, headers=SERVICE)
    assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")


async def test_a_token_without_a_stored_user_is_403(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/feed", params={"username": "ghost"}, headers=token("u-ghost"))
    assert answer.status_code == 403


async def test_the_category_feed_needs_a_project(client: httpx.AsyncClient, platform: FakePlatform) -> None:
    missing = await client.get("/api/v1/feed/category", params={"username": "bob"}, headers=BOB)
    assert (missing.status_code, missing.json()["field"]) == (422, "project_code")
    params = {"username": "bob", "project_code": "flic"}
    assert (await client.get("/api/v1/feed/category", params=params, headers=BOB)).status_code == 200
    assert platform.recommendation.asked[-1].surface == "category"


async def test_an_item_taken_down_since_is_not_shown(client: httpx.AsyncClient) -> None:
    params = {"username": "bob", "page_size": 2}
    await client.delete("/api/v1/items/i-1", headers=SERVICE)
    answer = (await client.get("/api/v1/feed", params=params, headers=BOB)).json()
    assert "i-1" not in [entry["item"]["id"] for entry in answer["items"]]


async def test_trending_shows_velocity_and_direction(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/trending", params={"page": 2, "page_size": 2}, headers=BOB)).json()
    (entry,) = answer["items"]
    assert (entry["item"]["id"], entry["velocity"], entry["direction"]) == ("i-4", 2.0, "rising")
    assert (entry["position"], answer["has_more"], answer["time_window"]) == (3, False, "24h")


class TestSimilar:
    async def test_items_like_an_item(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/similar/i-1", params={"username": "bob"}, headers=BOB)
        assert answer.json()["items"]

    async def test_for_somebody_else_is_403(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/similar/i-1", params={"username": "ann"}, headers=BOB)
        assert answer.status_code == 403

    async def test_of_an_unknown_item_is_404(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/similar/none", headers=BOB)
        assert (answer.status_code, answer.json()["code"]) == (404, "item_not_found")

    async def test_users_of_like_taste(self, client: httpx.AsyncClient) -> None:
        answer = (await client.get("/api/v1/users/u-bob/similar", headers=BOB)).json()
        assert answer["users"] == [{"id": "bob", "similarity": 0.5}]
        assert answer["status"] == "complete"


class TestExplain:
    async def asked(self, client: httpx.AsyncClient) -> str:
        answer = await client.get("/api/v1/feed", params={"username": "bob"}, headers=BOB)
        return str(answer.json()["request_id"])

    async def test_why_this_item(self, client: httpx.AsyncClient) -> None:
        path = f"/api/v1/feed/{await self.asked(client)}/explain"
        answer = (await client.get(path, params={"item": "i-2"}, headers=BOB)).json()
        assert (answer["shown"], answer["position"], answer["source"]) == (True, 2, "scripted")
        assert answer["terms"] == [{"name": "scripted", "weight": 1.0, "value": 0.5}]

    async def test_why_not_that_one(self, client: httpx.AsyncClient) -> None:
        path = f"/api/v1/feed/{await self.asked(client)}/explain"
        answer = (await client.get(path, params={"item": "i-3"}, headers=SERVICE)).json()
        assert (answer["shown"], answer["removed_by"]) == (False, "seen")

    async def test_somebody_elses_feed_does_not_exist(self, client: httpx.AsyncClient) -> None:
        path = f"/api/v1/feed/{await self.asked(client)}/explain"
        for headers in (token("u-ann"), token("u-eve", Role.MODERATOR)):
            answer = await client.get(path, params={"item": "i-1"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "feed_request_not_found")


class TestFailures:
    async def feed(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get("/api/v1/feed", params={"username": "bob"}, headers=SERVICE)

    async def test_what_cannot_be_answered_now_is_503_with_retry_after(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        for failure in (
            StoreUnavailable("the database cannot be reached"),
            Overloaded("the lane is full"),
            ModelUnavailable("no tier can answer; run `socialflow train trending`"),
        ):
            platform.recommendation.failure = failure
            answer = await self.feed(client)
            assert (answer.status_code, answer.json()["code"]) == (503, failure.code)
            assert answer.json()["detail"] == failure.message
            assert int(answer.headers["Retry-After"]) >= 1

    async def test_what_nobody_foresaw_is_a_bare_500(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        platform.recommendation.failure = RuntimeError("secret detail")
        answer = await self.feed(client)
        assert answer.status_code == 500
        assert answer.json()["code"] == "internal_error"
        assert "secret" not in answer.text
        assert answer.headers["X-Request-ID"] == answer.json()["request_id"]

    async def test_the_next_call_is_served_again(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        platform.recommendation.failure = RuntimeError("once")
        await self.feed(client)
        platform.recommendation.failure = None
        assert (await self.feed(client)).status_code == 200


async def test_a_read_key_reads_and_does_not_write(
    client: httpx.AsyncClient, service_key: Callable[..., object]
) -> None:
    key = await service_key(Scope.READ)  # type: ignore[misc]
    assert (await client.get("/api/v1/feed", params={"username": "bob"}, headers=key)).status_code == 200
    assert (await client.delete("/api/v1/items/i-1", headers=key)).status_code == 403
