"""Suggested scores: sent in Perspective's shape, read and judged by moderators, bounded, forgotten."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from socialflow.doors.rest.discovery import discovery
from socialflow.moderation.suggestions.service import SuggestionService
from tests.doors.conftest import SERVICE, Headers, token
from tests.doors.fakes import STATIC_KEY, FakePlatform
from tests.doors.reviewing import BOB, MAX, MIA

SUGGEST, SUGGESTIONS = "/v1alpha1/comments:suggestscore", "/api/v1/moderation/suggestions"
Body = dict[str, Any]
SCORES = {
    "TOXICITY": {"summaryScore": {"value": 0.0, "type": "PROBABILITY"}},
    "INSULT_EXPERIMENTAL": {"spanScores": [{"begin": 0, "end": 4, "score": {"value": 1}}]},
}
DOCUMENTED: Body = {
    "comment": {"text": "good city", "type": "PLAIN_TEXT"},
    "context": {"articleAndParentComment": {"article": {"text": "A city."}}},
    "attributeScores": SCORES,
    "languages": ["en"],
    "communityId": "/forum/films",
    "sessionId": "7",
    "clientToken": "c-1",
}


async def suggest(client: httpx.AsyncClient, who: Headers = SERVICE, text: str = "good city", **more: Any) -> Body:
    answer = await client.post(SUGGEST, json={**DOCUMENTED, "comment": {"text": text}, **more}, headers=who)
    assert answer.status_code == 200, answer.text
    told: Body = answer.json()
    return told


async def listed(client: httpx.AsyncClient, **params: Any) -> Body:
    answer = await client.get(SUGGESTIONS, params=params, headers=MIA)
    assert answer.status_code == 200, answer.text
    told: Body = answer.json()
    return told


async def judge(client: httpx.AsyncClient, one: Body, accepted: bool = True, who: Headers = MIA) -> httpx.Response:
    body = {"accepted": accepted, "note": " a quotation "}
    return await client.post(f"{SUGGESTIONS}/{one['id']}/judge", json=body, headers=who)


class TestSending:
    async def test_what_is_sent_is_answered_as_documented_and_kept_as_sent(self, client: httpx.AsyncClient) -> None:
        told = await client.post(SUGGEST, params={"key": STATIC_KEY}, json=DOCUMENTED)
        assert told.json() == {"detectedLanguages": ["en"], "requestedLanguages": ["en"], "clientToken": "c-1"}
        (kept,) = (await listed(client))["suggestions"]
        assert (kept["text"], kept["context"]) == ("good city", DOCUMENTED["context"])
        assert kept["attribute_scores"] == {
            "TOXICITY": {"summary": 0.0, "spans": []},
            "INSULT_EXPERIMENTAL": {"summary": None, "spans": [{"begin": 0, "end": 4, "value": 1.0}]},
        }
        assert (kept["languages"], kept["detected_languages"]) == (["en"], ["en"])
        assert (kept["community_id"], kept["client_token"], kept["state"]) == ("/forum/films", "c-1", "new")
        assert (kept["reviewer"], kept["judged_at"], kept["note"]) == (None, None, "")

    async def test_the_least_that_may_be_sent(self, client: httpx.AsyncClient) -> None:
        body = {"comment": {"text": "good city"}, "attributeScores": {"THREAT": {"summaryScore": {"value": 1}}}}
        answer = await client.post(SUGGEST, json=body, headers=BOB)
        assert answer.json() == {"detectedLanguages": ["en"]}

    async def test_a_client_made_from_the_discovery_document_works(self, client: httpx.AsyncClient) -> None:
        document = discovery("http://test/")
        method = document["resources"]["comments"]["methods"]["suggestscore"]
        assert "Refused" not in method["description"]
        assert set(DOCUMENTED) <= set(document["schemas"][method["request"]["$ref"]]["properties"])
        answer = await client.post("/" + method["path"], params={"key": STATIC_KEY}, json=DOCUMENTED)
        assert set(answer.json()) <= set(document["schemas"][method["response"]["$ref"]]["properties"])

    async def test_a_day_has_so_many_of_one_account(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        bounded = SuggestionService(platform.store, platform.clock, per_day=2)
        platform.moderation = replace(platform.moderation, suggestions=bounded)
        for _ in range(2):
            await suggest(client, BOB)
        answer = await client.post(SUGGEST, json=DOCUMENTED, headers=BOB)
        error = answer.json()["error"]
        assert (answer.status_code, error["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
        assert 1 <= int(answer.headers["Retry-After"]) <= 86_401
        await suggest(client, token("u-eve"))
        assert len((await listed(client))["suggestions"]) == 3

    async def test_who_sent_it_is_a_pseudonym(self, client: httpx.AsyncClient) -> None:
        for who in (BOB, BOB, SERVICE):
            await suggest(client, who)
        senders = [one["sender"] for one in (await listed(client))["suggestions"]]
        assert len(set(senders)) == 2
        assert not any("bob" in sender for sender in senders)


class TestJudging:
    async def test_pages_are_newest_first_and_may_be_of_one_state(self, client: httpx.AsyncClient) -> None:
        for number in range(3):
            await suggest(client, text=f"good city {number}")
        first = await listed(client, limit=2)
        rest = await listed(client, limit=2, after=first["next"])
        found = [*first["suggestions"], *rest["suggestions"]]
        assert sorted(one["text"] for one in found) == [f"good city {n}" for n in range(3)]
        assert [one["id"] for one in found] == sorted((one["id"] for one in found), reverse=True)
        assert rest["next"] is None
        assert (await judge(client, found[1])).status_code == 200
        assert [one["id"] for one in (await listed(client, state="accepted"))["suggestions"]] == [found[1]["id"]]
        assert [one["id"] for one in (await listed(client, state="new"))["suggestions"]] == [
            found[0]["id"],
            found[2]["id"],
        ]

    @pytest.mark.parametrize(("accepted", "state"), [(True, "accepted"), (False, "declined")])
    async def test_once_each_and_the_chain_holds_it(
        self, client: httpx.AsyncClient, platform: FakePlatform, accepted: bool, state: str
    ) -> None:
        await suggest(client)
        (one,) = (await listed(client))["suggestions"]
        judged = (await judge(client, one, accepted)).json()
        assert (judged["state"], judged["note"]) == (state, "a quotation")
        assert judged["judged_at"] is not None
        assert len(judged["reviewer"]) == 32
        again = await judge(client, one, not accepted, MAX)
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        async with platform.store.read() as unit:
            events = [event async for rows in unit.audit.recorded() for event in rows]
        assert [event.kind for event in events] == ["review"]

    async def test_nobody_judges_their_own(self, client: httpx.AsyncClient) -> None:
        await suggest(client, MIA)
        (one,) = (await listed(client))["suggestions"]
        answer = await judge(client, one)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
        assert (await judge(client, one, who=MAX)).status_code == 200

    async def test_who_is_erased_is_forgotten(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await suggest(client, BOB)
        await suggest(client)
        receipt = await platform.erase_user("u-bob")
        assert receipt.rows["score_suggestions"] == 1
        assert len((await listed(client))["suggestions"]) == 1
