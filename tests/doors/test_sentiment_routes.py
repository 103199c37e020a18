"""How authors feel, over the wire."""

from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from socialflow.content.records import Item, ItemKind, ModerationStatus, Privacy, User
from socialflow.doors.rest.schemas import sentiment
from socialflow.errors import ModelUnavailable
from socialflow.text.service import TextService
from tests.doors.conftest import SERVICE, WHEN, token
from tests.doors.fakes import FakePlatform

FELT = "/api/v1/sentiment"
SHAPES: dict[str, type[BaseModel]] = {
    "analyze": sentiment.SentimentOut,
    "batch": sentiment.SentimentsOut,
    "aspects": sentiment.AspectsOut,
    "emotions": sentiment.EmotionsOut,
    "intent": sentiment.IntentOut,
}


async def ask(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(f"{FELT}/{path}", json=body, headers=token("u-bob"))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert set(told) == set(SHAPES[path].model_fields)
    assert SHAPES[path].model_validate(told).model_dump(mode="json", exclude_unset=True) == told
    return told


class TestAnswers:
    async def test_of_one_text(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, "analyze", {"text": "good city"})
        assert (told["sentiment"], told["status"], told["missing"]) == ("positive", "complete", [])
        assert told["provenance"][0]["tier"] == "bundled"
        assert set(told["language"]) == {"code", "name", "confidence"}

    async def test_of_several_texts_each_has_its_own(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, "batch", {"texts": ["good", "awful", " "]})
        assert [one["sentiment"] for one in told["results"]] == ["positive", "negative", None]
        assert [one["status"] for one in told["results"]] == ["complete", "complete", "abstained"]
        assert told["status"] == "partial"

    async def test_of_aspects_given_and_found(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, "aspects", {"text": "the city and the cafe", "aspects": ["city", "york"]})
        assert [(one["aspect"], one["found_by"]) for one in told["aspects"]] == [("city", "given")]
        assert told["missing"] == ["aspect:york"]
        told = await ask(client, "aspects", {"text": "the city and the cafe"})
        assert [one["aspect"] for one in told["aspects"]] == ["city", "cafe"]

    async def test_of_emotions_over_a_conversation(self, client: httpx.AsyncClient) -> None:
        one = await ask(client, "emotions", {"text": "good"})
        assert (one["dominant_emotion"], len(one["messages"]), one["transitions"]) == ("joy", 1, [])
        messages = [{"text": "good", "author": "a"}, {"text": "awful", "author": "a"}]
        told = await ask(client, "emotions", {"messages": messages})
        assert [(turn["from_emotion"], turn["to_emotion"]) for turn in told["transitions"]] == [("joy", "sadness")]

    async def test_of_intents_over_turns(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, "intent", {"turns": [{"text": "the city ?", "author": "a"}, {"text": "good"}]})
        assert [turn["author"] for turn in told["turns"]] == ["a", None]
        assert told["next_action"]["action"] == "answer"
        assert (await ask(client, "intent", {"text": "the city ?"}))["intent"] == "question"

    @pytest.mark.parametrize("text", ["😍🔥👨‍👩‍👧‍👦" * 100, "\u202eمرحبا", "\u200b\u200d", "good " * 20_000])
    async def test_odd_texts_are_answered_or_abstained_from(self, client: httpx.AsyncClient, text: str) -> None:
        for path in ("analyze", "aspects", "emotions", "intent"):
            told = await ask(client, path, {"text": text})
            assert told["status"] in {"partial", "abstained"}
            assert told["missing"]


LONG = "x" * 100_001
REFUSED = [
    ("analyze", {"text": LONG}, "text"),
    ("analyze", {"text": ""}, "text"),
    ("analyze", {"text": "a\x00b"}, "text"),
    ("analyze", {"text": 7}, "text"),
    ("analyze", {}, "text"),
    ("batch", {"texts": []}, "texts"),
    ("batch", {"texts": ["a"] * 101}, "texts"),
    ("batch", {"texts": ["x" * 60_000] * 2}, "texts"),
    ("batch", {"texts": ["a", "b\x00"]}, "texts.1"),
    ("aspects", {"text": "a", "aspects": []}, "aspects"),
    ("aspects", {"text": "a", "aspects": ["a"] * 21}, "aspects"),
    ("aspects", {"text": "a", "aspects": ["x" * 129]}, "aspects.0"),
    ("emotions", {}, "text"),
    ("emotions", {"text": "a", "messages": [{"text": "a"}]}, "messages"),
    ("emotions", {"messages": [{"text": "x" * 60_000}] * 2}, "messages"),
    ("emotions", {"messages": [{"text": "a", "author": "\x00"}]}, "messages.0.author"),
    ("intent", {"turns": []}, "turns"),
    ("intent", {"turns": [{"text": "a", "who": "b"}]}, "turns.0.who"),
]


@pytest.mark.parametrize(("path", "body", "field"), REFUSED)
async def test_what_is_too_much_is_refused_by_name(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(f"{FELT}/{path}", json=body, headers=SERVICE)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


async def test_a_lone_surrogate_is_no_json(client: httpx.AsyncClient) -> None:
    headers = {**SERVICE, "Content-Type": "application/json"}
    answer = await client.post(f"{FELT}/analyze", content=b'{"text": "\\ud800"}', headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "body")


async def test_without_a_model_it_is_unavailable(client: httpx.AsyncClient, platform: FakePlatform) -> None:
    def none() -> Any:
        raise ModelUnavailable("no text model is installed; make one with `socialflow train text`")

    platform.text = TextService(none)
    answer = await client.post(f"{FELT}/analyze", json={"text": "good"}, headers=SERVICE)
    assert (answer.status_code, answer.json()["code"]) == (503, "model_unavailable")
    assert "socialflow train text" in answer.json()["detail"]


class TestTopics:
    async def fill(self, platform: FakePlatform) -> None:
        shown = ModerationStatus.APPROVED
        posts = [
            Item("t-1", ItemKind.POST, WHEN, text="good city", author="u-ann", moderation_status=shown),
            Item("t-2", ItemKind.POST, WHEN, text="awful", tags=("#City",), moderation_status=shown),
            Item("t-3", ItemKind.POST, WHEN, text="good", category="city", moderation_status=shown),
            Item("t-4", ItemKind.POST, WHEN, text="awful city", moderation_status=ModerationStatus.PENDING),
            Item("t-5", ItemKind.POST, WHEN, text="awful capacity", moderation_status=shown),
            Item("t-6", ItemKind.POST, WHEN, text="awful city", author="u-eve", moderation_status=shown),
        ]
        async with platform.store.write() as unit:
            await unit.users.upsert([User("u-eve", "eve", WHEN, privacy=Privacy(analyse=False))])
            await unit.items.upsert(posts)

    async def test_recent_public_items_that_name_it_are_counted(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await self.fill(platform)
        told = (await client.get(f"{FELT}/topics/city", headers=token("u-bob"))).json()
        assert set(told) == set(sentiment.TopicSentimentOut.model_fields)
        assert (told["items_searched"], told["items_found"], told["items_read"]) == (8, 4, 3)
        assert (told["positive_percentage"], told["negative_percentage"]) == (66.7, 33.3)
        assert told["overall_sentiment"] == "positive"
        assert told["sentiment_score"] == pytest.approx(1 / 3, abs=0.01)
        assert (told["status"], told["missing"]) == ("partial", ["analysis:not_permitted"])
        assert told["newest_at"] == told["oldest_at"] == "2026-01-01T00:00:00Z"

    async def test_fewer_are_read_where_fewer_are_asked_for(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await self.fill(platform)
        told = (await client.get(f"{FELT}/topics/city?limit=2", headers=SERVICE)).json()
        assert (told["items_found"], told["items_read"]) == (4, 1)

    async def test_a_topic_nobody_names_is_abstained_from(self, client: httpx.AsyncClient) -> None:
        told = (await client.get(f"{FELT}/topics/zeppelins", headers=SERVICE)).json()
        assert (told["status"], told["missing"], told["overall_sentiment"]) == ("abstained", ["items:none"], None)
        assert (told["items_searched"], told["items_found"], told["positive_percentage"]) == (3, 0, None)

    @pytest.mark.parametrize("topic", ["%00", "x" * 129, "...", "%F0%9F%94%A5"])
    async def test_what_is_no_topic_is_refused(self, client: httpx.AsyncClient, topic: str) -> None:
        answer = await client.get(f"{FELT}/topics/{topic}", headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, "topic")
