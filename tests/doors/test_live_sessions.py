"""Sessions of live chats over real WebSockets: who may, how they open, how they end, and how they are counted."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from socialflow.access.records import Scope
from socialflow.kit.roles import Role
from tests.doors.chats import limited, refused
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform
from tests.live_chat import chatting, ending, hear, hear_all, message, say, served

ORIGIN = {"Origin": "https://app.example.org"}


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as url:
        yield url


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

    async def test_who_has_not_opened_a_session_is_told_at_once(self, url: str, platform: FakePlatform) -> None:
        async with (
            connect(url, additional_headers=SERVICE) as known,
            connect(url, additional_headers=ORIGIN) as unknown,
        ):
            await platform.chats.live.drain()
            for chat in (known, unknown):
                assert await ending(chat) == 1012

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


class TestMetrics:
    async def test_answers_are_counted_by_what_they_say(self, app: FastAPI, url: str, platform: FakePlatform) -> None:
        async with chatting(url, SERVICE, {"deadline_ms": 50}) as chat:
            await say(chat, message(1, "hello"))
            await hear_all(chat, "decision", 1)
            platform.chats.words.open.clear()
            await say(chat, message(2, "kill"))
            await hear_all(chat, "decision", 1)
            platform.chats.words.open.set()
            await chat.send("garbage")
            await hear_all(chat, "error", 1)
            assert counted("socialflow_live_sessions", await scraped(app)) == 1
            await say(chat, {"type": "close"})
            assert await ending(chat) == 1000
        await platform.chats.live._idle.wait()
        text = await scraped(app)
        outcomes = {"approved", "late", "refused", "rejected", "overloaded"}
        said = {name: counted("socialflow_live_messages_total", text, f'outcome="{name}"') for name in outcomes}
        assert sum(said.values()) == 3
        assert (said["late"] >= 1, said["refused"]) == (True, 1)
        assert counted("socialflow_live_decision_seconds_count", text) == 2
        assert counted("socialflow_live_sessions_ended_total", text, 'code="1000"') == 1
        assert counted("socialflow_live_sessions", text) == 0
        assert counted("socialflow_live_messages_dropped_total", text) == 0

    async def test_what_nobody_waited_for_is_counted_as_dropped(
        self, app: FastAPI, url: str, platform: FakePlatform
    ) -> None:
        async with chatting(url, SERVICE, {"deadline_ms": 5000}) as chat:
            platform.chats.words.open.clear()
            await say(chat, message(1, "hello"), message(2, "hello"))
            await platform.chats.words.saw(2 + 1)
            chat.transport.abort()
            await platform.chats.live._idle.wait()
        platform.chats.words.open.set()
        assert 1 <= counted("socialflow_live_messages_dropped_total", await scraped(app)) <= 2


async def scraped(app: FastAPI) -> str:
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.get("/metrics")).text


def counted(name: str, text: str, label: str = "") -> float:
    """The value of a series; 0 where it is not told."""
    series = f"{name}{{{label}}}" if label else name
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{series} ")), 0.0)
