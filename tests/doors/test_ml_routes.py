"""The routes that platforms already call: ids for a user, trends by kind, given posts ranked, posts like one."""

import httpx
import pytest

from socialflow.content.records import ItemKind
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform

BOB = token("u-bob")


class TestRecommendations:
    async def test_are_ids_for_whoever_asks(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        params = {"content_type": "video", "limit": 2, "exclude_ids": "i-9,i-8"}
        made = (await client.get("/api/v1/ml/recommendations", params=params, headers=BOB)).json()
        assert (made["user_id"], made["content_type"], made["count"]) == ("u-bob", "video", 2)
        assert made["recommendations"] == ["i-1", "i-2"]
        assert (made["status"], made["missing"], made["provenance"][0]["model"]) == ("partial", ["als"], "scripted")
        asked = platform.recommendation.asked[-1]
        assert (asked.kind, asked.page_size, asked.exclude) == (ItemKind.VIDEO, 2, ("i-9", "i-8"))

    async def test_a_key_says_for_whom(self, client: httpx.AsyncClient) -> None:
        refused = await client.get("/api/v1/ml/recommendations", headers=SERVICE)
        assert (refused.status_code, refused.json()["field"]) == (422, "user_id")
        params = {"user_id": "u-bob"}
        assert (await client.get("/api/v1/ml/recommendations", params=params, headers=SERVICE)).status_code == 200

    @pytest.mark.parametrize("params", [{"limit": 51}, {"limit": 0}, {"content_type": "song"}])
    async def test_what_cannot_be_is_refused(self, client: httpx.AsyncClient, params: dict[str, object]) -> None:
        refused = await client.get("/api/v1/ml/recommendations", params=params, headers=BOB)
        assert (refused.status_code, refused.json()["field"]) == (422, *params)


class TestTrending:
    async def test_says_which_way_items_move(self, client: httpx.AsyncClient) -> None:
        params = {"content_type": "post", "time_window": "7d", "limit": 2}
        made = (await client.get("/api/v1/ml/trending", params=params, headers=BOB)).json()
        assert (made["time_window"], len(made["items"])) == ("7d", 2)
        assert {entry["direction"] for entry in made["items"]} <= {"rising", "stable", "falling"}

    async def test_a_window_that_is_not_counted_is_refused(self, client: httpx.AsyncClient) -> None:
        refused = await client.get("/api/v1/ml/trending", params={"time_window": "2h"}, headers=BOB)
        assert (refused.status_code, refused.json()["field"]) == (422, "time_window")


class TestGivenPosts:
    async def test_are_ranked_as_a_bare_list_whose_headers_say_what_made_it(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        body = {"user_id": "u-bob", "candidate_post_ids": ["i-2", "i-1", "i-2"], "limit": 5}
        answer = await client.post("/api/v1/recommendations/feed", json=body, headers=BOB)
        assert [set(row) for row in answer.json()] == [{"post_id", "score"}] * len(answer.json())
        asked = platform.recommendation.asked[-1]
        assert (asked.algorithm, asked.candidates, asked.page_size) == ("two_way", ("i-2", "i-1"), 5)
        told = {name: answer.headers[f"x-socialflow-{name}"] for name in ("status", "missing", "provenance")}
        assert told == {"status": "partial", "missing": "als", "provenance": "scripted 1 heuristic"}
        assert answer.headers["x-socialflow-request-id"]

    @pytest.mark.parametrize("given", [[], [f"i-{n}" for n in range(1001)]])
    async def test_none_or_too_many_are_refused(self, client: httpx.AsyncClient, given: list[str]) -> None:
        body = {"user_id": "u-bob", "candidate_post_ids": given}
        refused = await client.post("/api/v1/recommendations/feed", json=body, headers=BOB)
        assert (refused.status_code, refused.json()["field"]) == (422, "candidate_post_ids")


class TestSimilarPosts:
    async def test_are_posts_like_the_one(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/recommendations/similar-posts/i-1", params={"limit": 1}, headers=BOB)
        assert [set(row) for row in answer.json()] == [{"post_id", "score"}]
        assert answer.headers["x-socialflow-provenance"] == "scripted 1 heuristic"

    async def test_of_an_unknown_post_there_are_none(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/recommendations/similar-posts/nothing", headers=BOB)
        assert (answer.status_code, answer.json()["code"]) == (404, "item_not_found")
