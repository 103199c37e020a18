"""Replies and suggestions, over the wire."""

import httpx
import pytest

from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from tests.doors.conftest import WHEN, token
from tests.doors.fakes import FakePlatform

BOB = token("u-bob")
REPLIES, SUGGESTIONS = "/api/v1/text/replies", "/api/v1/text/suggestions"


class TestReplies:
    async def test_say_what_they_answer_and_what_made_them(self, client: httpx.AsyncClient) -> None:
        body = {"message": "good", "context": ["I see"], "tone": "formal", "limit": 2}
        told = (await client.post(REPLIES, json=body, headers=BOB)).json()
        assert len(told["replies"]) == 2
        assert {one["tone"] for one in told["replies"]} == {"formal"}
        assert set(told["replies"][0]) == {"text", "tone", "act", "situation", "score"}
        assert (told["intent"], told["emotion"], told["reason"]) == ("question", "joy", None)
        assert [(one["model"], one["tier"]) for one in told["provenance"]] == [
            ("text", "bundled"),
            ("replies", "heuristic"),
        ]

    async def test_there_is_none_to_what_is_harmful(self, client: httpx.AsyncClient) -> None:
        told = (await client.post(REPLIES, json={"message": "you idiot"}, headers=BOB)).json()
        assert (told["status"], told["reason"], told["replies"]) == ("abstained", "harmful", [])

    async def test_there_is_none_in_another_language(self, client: httpx.AsyncClient) -> None:
        message = {"message": "Wann kommt das nächste Video?"}
        told = (await client.post(REPLIES, json=message, headers=BOB)).json()
        assert (told["status"], told["reason"], told["missing"][-1]) == ("abstained", "language", "language:de")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"message": ""}, "message"), ({"limit": 11}, "limit"), ({"tone": "rude"}, "tone"), ({"mood": 1}, "mood")],
    )
    async def test_what_is_wrong_is_named(
        self, client: httpx.AsyncClient, wrong: dict[str, object], field: str
    ) -> None:
        answer = await client.post(REPLIES, json={"message": "good", **wrong}, headers=BOB)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


class TestSuggestions:
    async def test_go_on_by_replies_of_the_bank(self, client: httpx.AsyncClient) -> None:
        told = (await client.post(SUGGESTIONS, json={"draft": "I see. i see you, "}, headers=BOB)).json()
        assert [one["text"] for one in told["completions"]] == ["I see. i see you, and I'm glad you're here."]
        assert (told["completions"][0]["source"], told["status"]) == ("replies", "complete")

    async def test_go_on_by_what_three_people_wrote_and_tagged(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        async with platform.store.write() as unit:
            await unit.users.upsert([User(f"u-{number}", f"user{number}", WHEN) for number in range(4)])
            await unit.items.upsert([said(f"c-{number}", f"u-{number}", "I see the new city") for number in range(3)])
            await unit.items.upsert([said("c-secret", "u-3", "I see the old bridge")])
        told = (await client.post(SUGGESTIONS, json={"draft": "i see the "}, headers=BOB)).json()
        assert [(one["text"], one["source"]) for one in told["completions"]] == [("i see the new city", "platform")]
        assert [one["tag"] for one in told["hashtags"]] == ["city"]

    async def test_there_is_none_to_a_harmful_draft(self, client: httpx.AsyncClient) -> None:
        told = (await client.post(SUGGESTIONS, json={"draft": "you idiot"}, headers=BOB)).json()
        assert (told["status"], told["reason"]) == ("abstained", "harmful")
        assert (told["completions"], told["hashtags"]) == ([], [])


def said(item_id: str, author: str, text: str) -> Item:
    return Item(
        item_id,
        ItemKind.COMMENT,
        WHEN,
        author=author,
        text=text,
        tags=("city",),
        moderation_status=ModerationStatus.APPROVED,
    )
