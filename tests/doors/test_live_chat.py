"""Live chats over real WebSockets: what is said of messages, in what order, in what time, and what is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect

from socialflow.access.records import Scope
from tests.doors.chats import limited
from tests.doors.conftest import SERVICE
from tests.doors.fakes import FakePlatform
from tests.live_chat import STRICTER, chatting, ending, hear, hear_all, message, say, served


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as url:
        yield url


class TestDecisions:
    async def test_each_message_has_one(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await say(chat, *(message(n, text, f"a{n}") for n, text in enumerate(("hello", "rude", "kill", "how?"))))
            said = await hear_all(chat, "decision", 4)
        assert [(one["id"], one["decision"], one["action"]) for one in said] == [
            ("m0", "approved", "approve"),
            ("m1", "review_required", "flag_for_review"),
            ("m2", "rejected", "reject"),
            ("m3", "review_required", "flag_for_review"),
        ]
        assert [one["flags"] for one in said] == [[], ["toxicity"], ["toxicity"], ["unchecked"]]
        assert [one["labels"] for one in said] == [[], [], ["rude"], []]
        assert [one["status"] for one in said] == ["complete", "complete", "complete", "abstained"]
        assert [one["missing"] for one in said] == [[], [], [], ["text.toxicity"]]
        assert said[0]["confidence"] == pytest.approx(0.98)

    async def test_thirty_sessions_have_theirs_in_order(self, url: str, platform: FakePlatform) -> None:
        async def one(name: int) -> list[str]:
            async with chatting(url, SERVICE, {"deadline_ms": 5000}) as chat:
                await say(chat, *(message(n, f"{name} says {n}", f"a{n}") for n in range(8)), {"type": "close"})
                said = await hear_all(chat, "decision", 8)
                assert await ending(chat) == 1000
            assert all(row["decision"] == "approved" or row["missing"] == ["time"] for row in said)
            return [row["id"] for row in said]

        told = await asyncio.gather(*(one(name) for name in range(30)))
        assert told == [[f"m{n}" for n in range(8)]] * 30
        assert len(platform.chats.words.batches) < 30 * 8

    async def test_what_is_spelt_over_messages_is_held_back(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await say(chat, *(message(n, text) for n, text in enumerate(("I", "will", "k", "i", "l", "l", "you"))))
            said = [await hear(chat) for _ in range(8)]
        decisions = {one["id"]: one for one in said if one["type"] == "decision"}
        held = [name for name, one in decisions.items() if one["decision"] != "approved"]
        assert held == ["m5"]
        assert decisions["m5"]["decision"] == "review_required"
        assert decisions["m5"]["flags"] == ["context", "toxicity"]
        changed = next(one for one in said if one["type"] == "author")
        assert (changed["author"], changed["state"], changed["because"]) == ("ann", "slow_down", ["context"])
        assert changed["until"].endswith("Z")

    async def test_words_of_different_authors_are_not_put_together(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await say(chat, *(message(n, letter, f"a{n}") for n, letter in enumerate("kill")))
            said = await hear_all(chat, "decision", 4)
        assert {one["decision"] for one in said} == {"approved"}

    async def test_the_same_again_and_again_is_told(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await say(chat, *(message(n, "buy my coins now") for n in range(6)))
            said = await hear_all(chat, "author", 2)
        assert [(one["state"], one["because"]) for one in said] == [
            ("slow_down", ["repetition"]),
            ("muted", ["repetition"]),
        ]

    async def test_a_new_policy_takes_effect_in_an_open_session(self, url: str, platform: FakePlatform) -> None:
        moderation = limited(platform, policy=0.0)
        async with chatting(url, SERVICE) as chat:
            await say(chat, message(1, "so rude"))
            assert (await hear(chat))["decision"] == "review_required"
            moderation.policy.stand(STRICTER.replace("sure: 0.9", "sure: 0.55"), 2)
            await say(chat, message(2, "so rude"))
            told, decided = await hear(chat), await hear(chat)
        assert (told["type"], told["policy"]["version"]) == ("policy", 2)
        assert decided["decision"] == "rejected"

    async def test_the_policy_is_not_asked_for_with_every_message(self, url: str, platform: FakePlatform) -> None:
        limited(platform, policy=1000.0)
        async with chatting(url, SERVICE) as chat:
            for n in range(5):
                await say(chat, message(n, f"hello {n}"))
                await hear_all(chat, "decision", 1)
        assert platform.chats.policy.asked == 1


class TestTime:
    async def test_what_is_too_late_is_looked_at_by_people(self, url: str, platform: FakePlatform) -> None:
        async with chatting(url, SERVICE, {"deadline_ms": 50}) as chat:
            platform.chats.words.open.clear()
            await say(chat, message(1, "hello"), message(2, "kill"))
            said = await hear_all(chat, "decision", 2)
            platform.chats.words.open.set()
            await say(chat, message(3, "hello"))
            after = await hear_all(chat, "decision", 1)
        assert [(one["id"], one["decision"], one["missing"], one["status"]) for one in said] == [
            ("m1", "review_required", ["time"], "abstained"),
            ("m2", "review_required", ["time"], "abstained"),
        ]
        assert all(one["latency_ms"] >= 49 for one in said)
        assert (after[0]["id"], after[0]["decision"]) == ("m3", "approved")

    async def test_more_than_waits_is_not_read(self, url: str, platform: FakePlatform) -> None:
        words = limited(platform, unanswered=4).words
        async with chatting(url, SERVICE, {"deadline_ms": 5000}) as chat:
            words.open.clear()
            await say(chat, *(message(n, f"hello {n}", f"a{n}") for n in range(50)))
            await words.saw(2 + 1)
            assert len(words.seen) <= 2 + 4
            words.open.set()
            said = await hear_all(chat, "decision", 50)
        assert [one["id"] for one in said] == [f"m{n}" for n in range(50)]

    async def test_where_too_much_waits_messages_come_back(self, url: str, platform: FakePlatform) -> None:
        words = limited(platform, waiting=1, batch=1).words
        async with AsyncExitStack() as stack:
            chats = [await stack.enter_async_context(chatting(url, SERVICE, {"deadline_ms": 5000})) for _ in range(6)]
            words.open.clear()
            for chat in chats:
                await say(chat, message(1, "hello"))
            kinds = {(await hear(chat))["type"] for chat in chats[-1:]}
            words.open.set()
            said = [await hear(chat) for chat in chats[:-1]]
        assert kinds == {"overloaded"}
        assert {one["type"] for one in said} <= {"overloaded", "decision"}
        assert any(one["type"] == "decision" for one in said)

    async def test_what_cannot_be_measured_is_not_approved(self, url: str, platform: FakePlatform) -> None:
        async with chatting(url, SERVICE) as chat:
            platform.chats.policy.away = True
            platform.chats.live._desk._standing.clear()  # type: ignore[union-attr]
            await say(chat, message(1, "hello"))
            said = await hear(chat)
        assert (said["decision"], said["missing"]) == ("review_required", ["store_unavailable"])

    async def test_a_fault_ends_the_session(self, url: str, platform: FakePlatform) -> None:
        async with chatting(url, SERVICE) as chat:
            platform.chats.words.failure = ZeroDivisionError("a fault")
            await say(chat, message(1, "hello"))
            assert await ending(chat) == 1011

    async def test_calls_are_counted_by_message(self, url: str, service_key: Callable[..., Any]) -> None:
        async with chatting(url, await service_key(Scope.MODERATE, rate_limit=3)) as chat:
            await say(chat, *(message(n, "hello", f"a{n}") for n in range(4)))
            said = [await hear(chat) for _ in range(4)]
        assert [one["type"] for one in said] == ["decision", "decision", "error", "error"]
        assert {(one["code"], one["id"]) for one in said[2:]} == {("rate_limited", "m2"), ("rate_limited", "m3")}
        assert all(one["retry_after"] > 0 for one in said[2:])


class TestWhatCannotBeUsed:
    @pytest.mark.parametrize(
        ("frame", "field"),
        [
            ("", "body"),
            ("null", "body"),
            ("[" * 3000, "body"),
            ('{"type": "shout"}', "body"),
            ('{"type": "message", "id": "m"}', "author"),
            ('{"type": "message", "id": "m", "author": "a", "text": 7}', "text"),
            ('{"type": "message", "id": "m", "author": "a", "text": "\\u0000"}', "text"),
            ('{"type": "message", "id": "m", "author": "a", "text": "\\ud800"}', "body"),
            ('{"type": "message", "id": "m", "author": "a", "text": "t", "at": "noon"}', "at"),
            ('{"type": "open"}', "type"),
        ],
    )
    async def test_it_is_told_and_the_session_goes_on(self, url: str, frame: str, field: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await chat.send(frame)
            said = await hear(chat)
            assert (said["type"], said["code"], said["field"]) == ("error", "invalid_input", field)
            await say(chat, message(1, "hello"))
            assert (await hear(chat))["decision"] == "approved"

    async def test_the_id_of_a_message_is_told(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await say(chat, {"type": "message", "id": "m7"})
            assert (await hear(chat))["id"] == "m7"

    async def test_only_garbage_ends_it(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            for _ in range(10):
                await chat.send("garbage")
            assert await ending(chat) == 4400

    async def test_bytes_end_it(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await chat.send(b"\x00\x01")
            assert await ending(chat) == 1003

    @pytest.mark.parametrize("size", [16 * 1024 + 1, 1 << 20])
    async def test_giants_end_it(self, url: str, size: int) -> None:
        async with chatting(url, SERVICE) as chat:
            await chat.send("x" * size)
            assert await ending(chat) == 1009


class TestKeeping:
    async def test_nothing_is_stored_unless_asked_for(self, url: str, platform: FakePlatform) -> None:
        async with connect(url, additional_headers=SERVICE) as chat:
            await say(chat, {"type": "open"})
            name = (await hear(chat))["session"]
            await say(chat, message(1, "kill"), {"type": "close"})
            await ending(chat)
        assert not await platform.chats.decisions.history(f"{name}:m1")

    async def test_decisions_that_reject_are_kept_where_asked_for(self, url: str, platform: FakePlatform) -> None:
        decisions = platform.chats.decisions
        async with connect(url, additional_headers=SERVICE) as chat:
            await say(chat, {"type": "open", "store": True})
            name = (await hear(chat))["session"]
            await say(chat, message(1, "hello"), message(2, "kill", "u-ann"), message(2, "kill", "u-ann"))
            await say(chat, {"type": "close"})
            said: list[dict[str, Any]] = []
            assert await ending(chat, said) == 1000
        assert not await decisions.history(f"{name}:m1")
        [kept] = await decisions.history(f"{name}:m2")
        assert (kept.facts.kind.value, kept.verdict.status.value) == ("chat", "rejected")
        assert kept.author
        errors = [one for one in said if one["type"] == "error"]
        assert [(one["id"], one["code"]) for one in errors] == [("m2", "decision_superseded")]
