"""Live chats over real WebSockets: who may, what is said, in what order, in what time, and how sessions end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from socialflow.access.records import Scope
from socialflow.kit.roles import Role
from socialflow.moderation.live.records import LiveLimits
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakeModeration, FakePlatform
from tests.live_chat import STRICTER, chatting, ending, hear, hear_all, message, say, served

ORIGIN = {"Origin": "https://app.example.org"}


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as url:
        yield url


def limited(platform: FakePlatform, **bounds: Any) -> FakeModeration:
    platform.chats = FakeModeration(platform.store, platform.clock, LiveLimits(**bounds))
    platform.moderation = replace(platform.moderation, live=platform.chats.live)
    return platform.chats


async def refused(url: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, additional_headers=headers):
            pass
    response = caught.value.response
    said: dict[str, Any] = json.loads(response.body or b"{}")
    return response.status_code, said


class TestWhoMay:
    async def test_nobody_is_refused_before_the_connection_is_accepted(self, url: str) -> None:
        status, said = await refused(url, {})
        assert (status, said["code"], said["status_code"]) == (401, "authentication_required", 401)
        assert said["request_id"]

    async def test_credentials_in_the_query_are_none(self, url: str) -> None:
        status, _ = await refused(url + "?api_key=the-key-from-the-settings&token=x", {})
        assert status == 401

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"X-API-Key": "wrong"}, 403),
            ({"Authorization": "Bearer damaged"}, 401),
            (dict(token("u-bob")), 403),
            (dict(token("u-ann", Role.CREATOR)), 403),
            (dict(token("u-eve", Role.MODERATOR, timedelta(seconds=-60))), 401),
        ],
    )
    async def test_who_may_not_is_refused_before_too(self, url: str, headers: dict[str, str], status: int) -> None:
        assert (await refused(url, headers))[0] == status

    @pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE])
    async def test_keys_of_another_scope_may_not(self, url: str, service_key: Callable[..., Any], scope: Scope) -> None:
        assert (await refused(url, dict(await service_key(scope))))[0] == 403

    @pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN])
    async def test_moderators_and_admins_may(self, url: str, role: Role) -> None:
        async with chatting(url, token("u-eve", role)) as chat:
            await say(chat, message(1, "hello"))
            assert (await hear(chat))["decision"] == "approved"

    async def test_keys_of_the_scope_may(self, url: str, service_key: Callable[..., Any]) -> None:
        async with chatting(url, await service_key(Scope.MODERATE)) as chat:
            await say(chat, message(1, "hello"))
            assert (await hear(chat))["decision"] == "approved"

    async def test_pages_of_other_origins_may_not(self, url: str) -> None:
        status, said = await refused(url, {**SERVICE, "Origin": "https://evil.example.org"})
        assert (status, said["code"]) == (403, "permission_denied")
        assert "ALLOWED_ORIGINS" in said["detail"]

    async def test_a_key_that_is_revoked_ends_its_session(
        self, url: str, platform: FakePlatform, service_key: Callable[..., Any]
    ) -> None:
        limited(platform, recheck=0.0)
        key = await service_key(Scope.MODERATE)
        async with chatting(url, key) as chat:
            await platform.access.revoke_key(key["X-API-Key"].split("_")[1])
            await say(chat, message(1, "hello"))
            assert await ending(chat) == 4401


class TestFirstMessage:
    async def test_browsers_say_who_calls_in_it(self, url: str) -> None:
        async with connect(url, additional_headers=ORIGIN) as chat:
            await say(chat, {"type": "authenticate", "token": token("u-eve", Role.ADMIN)["Authorization"][7:]})
            await say(chat, {"type": "open"})
            assert (await hear(chat))["type"] == "opened"

    @pytest.mark.parametrize(
        ("first", "code", "close"),
        [
            ({"type": "open"}, "authentication_required", 4401),
            ({"type": "authenticate"}, "authentication_required", 4401),
            ({"type": "authenticate", "api_key": "wrong"}, "invalid_credentials", 4401),
            ({"type": "authenticate", "token": "x" * 9000}, "invalid_input", 4400),
        ],
    )
    async def test_who_does_not_is_told_and_left(self, url: str, first: Any, code: str, close: int) -> None:
        async with connect(url, additional_headers=ORIGIN) as chat:
            await say(chat, first)
            assert (await hear(chat))["code"] == code
            assert await ending(chat) == close

    async def test_who_may_not_is_told(self, url: str) -> None:
        async with connect(url, additional_headers=ORIGIN) as chat:
            await say(chat, {"type": "authenticate", "token": token("u-bob")["Authorization"][7:]})
            assert (await hear(chat))["code"] == "permission_denied"
            assert await ending(chat) == 4403

    async def test_silence_is_not_waited_for(self, url: str, platform: FakePlatform) -> None:
        limited(platform, opening=0.01)
        for headers in (ORIGIN, SERVICE):
            async with connect(url, additional_headers=headers) as chat:
                assert await ending(chat) == 4408


class TestOpening:
    async def test_the_session_names_its_policy(self, url: str, platform: FakePlatform) -> None:
        async with connect(url, additional_headers=SERVICE) as chat:
            await say(chat, {"type": "open", "community": "c", "language": "en", "deadline_ms": 700})
            said = await hear(chat)
        assert said["policy"] == {"scope": "default", "version": 1, "digest": said["policy"]["digest"]}
        assert (said["protocol"], said["deadline_ms"], len(said["session"])) == (1, 700, 32)

    @pytest.mark.parametrize(
        ("opening", "field"),
        [
            ({"deadline_ms": 1}, "deadline_ms"),
            ({"deadline_ms": "500"}, "deadline_ms"),
            ({"language": "english"}, "language"),
            ({"protocol": 2}, "protocol"),
            ({"store": 1}, "store"),
            ({"comunity": "c"}, "comunity"),
        ],
    )
    async def test_a_wrong_one_is_told(self, url: str, opening: Any, field: str) -> None:
        async with connect(url, additional_headers=SERVICE) as chat:
            await say(chat, {"type": "open", **opening})
            said = await hear(chat)
            assert said["code"] == "invalid_input"
            assert said["field"].startswith(field)
            assert await ending(chat) == 4400

    async def test_messages_come_after_it(self, url: str) -> None:
        async with connect(url, additional_headers=SERVICE) as chat:
            await say(chat, message(1, "hello"))
            assert (await hear(chat))["field"] == "type"
            assert await ending(chat) == 4400

    async def test_a_store_that_is_away_is_told(self, url: str, platform: FakePlatform) -> None:
        platform.chats.policy.away = True
        async with connect(url, additional_headers=SERVICE) as chat:
            await say(chat, {"type": "open"})
            assert (await hear(chat))["code"] == "store_unavailable"
            assert await ending(chat) == 1013

    async def test_sessions_of_a_caller_are_counted(self, url: str, platform: FakePlatform) -> None:
        limited(platform, sessions_of_caller=1)
        async with chatting(url, SERVICE):
            status, said = await refused(url, dict(SERVICE))
            assert (status, said["code"]) == (503, "overloaded")
            async with chatting(url, token("u-eve", Role.ADMIN)):
                pass
        await platform.chats.live._idle.wait()
        async with chatting(url, SERVICE):
            pass

    async def test_sessions_of_all_are_counted(self, url: str, platform: FakePlatform) -> None:
        limited(platform, sessions=1)
        async with chatting(url, SERVICE):
            assert (await refused(url, dict(token("u-eve", Role.ADMIN))))[0] == 503


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


class TestEnd:
    async def test_what_was_sent_before_close_is_answered(self, url: str) -> None:
        async with chatting(url, SERVICE) as chat:
            await say(chat, *(message(n, "hello", f"a{n}") for n in range(10)), {"type": "close"})
            said = await hear_all(chat, "decision", 10)
            assert await ending(chat) == 1000
        assert [one["id"] for one in said] == [f"m{n}" for n in range(10)]

    async def test_the_server_answers_what_it_has_read_before_it_goes(self, url: str, platform: FakePlatform) -> None:
        moderation = platform.chats
        async with chatting(url, SERVICE, {"deadline_ms": 5000}) as chat:
            moderation.words.open.clear()
            await say(chat, message(1, "hello"), message(2, "kill", "bob"))
            await moderation.words.saw(2 + 1)
            draining = asyncio.create_task(moderation.live.drain())
            await moderation.live.draining.wait()
            moderation.words.open.set()
            assert (await hear(chat))["decision"] == "approved"
            assert await ending(chat) == 1012
        await draining
        assert (await refused(url, dict(SERVICE)))[0] == 503

    async def test_who_says_nothing_is_asked_and_left(self, url: str, platform: FakePlatform) -> None:
        limited(platform, idle=0.05, pong=0.2)
        async with chatting(url, SERVICE) as chat:
            assert (await hear(chat)) == {"type": "ping"}
            await say(chat, {"type": "pong"})
            assert (await hear(chat)) == {"type": "ping"}
            assert await ending(chat) == 4408

    async def test_who_does_not_read_is_left(self, app: FastAPI, platform: FakePlatform) -> None:
        limited(platform, send=0.2, unanswered=64)
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.setblocking(False)
        async with served(app, send_buffer=4096) as url:
            host, port = url.split("/")[2].split(":")
            await asyncio.get_running_loop().sock_connect(narrow, (host, int(port)))
            async with connect(url, additional_headers=SERVICE, sock=narrow, max_queue=1) as chat:
                await say(chat, {"type": "open", "deadline_ms": 5000})
                sending = asyncio.create_task(_flood(chat))
                await platform.chats.live._idle.wait()
                sending.cancel()
                chat.transport.abort()

    async def test_who_goes_leaves_nothing_behind(self, url: str, platform: FakePlatform) -> None:
        async with chatting(url, SERVICE, {"deadline_ms": 5000}) as chat:
            platform.chats.words.open.clear()
            await say(chat, message(1, "hello"))
            chat.transport.abort()
        platform.chats.words.open.set()
        await platform.chats.live._idle.wait()


async def _flood(chat: ClientConnection) -> None:
    for n in range(100_000):
        await say(chat, message(n, "hello" + " and so on" * 9, f"{'a' * 100}{n % 999}"))


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
