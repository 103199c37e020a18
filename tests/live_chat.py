"""A stand-in for what measures chat messages, a policy for it, and a server with a WebSocket client."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from socialflow.errors import StoreUnavailable
from socialflow.kit.answers import Tier
from socialflow.moderation.gather.records import Content, Gathered
from socialflow.moderation.moderator import Standing
from socialflow.moderation.policy.evaluate import Compiled
from socialflow.moderation.policy.reading import read
from socialflow.moderation.policy.records import Policy
from socialflow.moderation.records import Facts, PolicyVersion, Reading, Signals

PATH = "/api/v1/moderation/live"
POLICY = """
policy: 1
thresholds: {toxic: 0.5, sure: 0.9}
reasons:
  toxicity: {text: Rude., severity: 0.5, ground: terms, clause: rules, category: other_violation_tc}
rules:
  - {name: sure, reason: toxicity, when: {text.toxicity: {at_least: sure}}, acts: [reject], labels: [rude]}
  - {name: toxic, reason: toxicity, when: {text.toxicity: {at_least: toxic}}, acts: [review]}
"""
STRICTER = POLICY.replace("toxic: 0.5", "toxic: 0.1")


class Words:
    """Messages with `kill` are certainly toxic, with `rude` probably, all others hardly; texts with `?` cannot be
    judged. While `held`, nothing is measured."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.batches: list[list[str]] = []
        self.failure: Exception | None = None
        self._came = asyncio.Event()

    async def look(self, contents: Sequence[Content]) -> Sequence[Gathered]:
        self.batches.append([one.text for one in contents])
        self._came.set()
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return [Gathered(_signals(one.text), Facts(one.kind, one.community, one.language)) for one in contents]

    @property
    def seen(self) -> list[str]:
        return [text for batch in self.batches for text in batch]

    async def saw(self, count: int) -> None:
        """Wait until so many texts came, two greetings among them."""
        while len(self.seen) < count:
            self._came.clear()
            await self._came.wait()


def _signals(text: str) -> Signals:
    if "?" in text:
        return Signals({}, {"text.toxicity": "text:language:xx"})
    score = 0.97 if "kill" in text else 0.6 if "rude" in text else 0.02
    return Signals({"text.toxicity": Reading(score, "words", "1", Tier.TRAINED)})


class OnePolicy:
    """The policy that stands everywhere; it can be changed."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.stand(POLICY, 1)

    def stand(self, text: str, version: int) -> None:
        policy = Compiled(read(text))
        self._standing = Standing(PolicyVersion("default", version, policy.digest), policy)

    async def standing(self, communities: Collection[str | None]) -> Mapping[str | None, Standing]:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("the store is away")
        return dict.fromkeys(communities, self._standing)

    async def policy_of(self, policy: PolicyVersion) -> Policy | None:
        return self._standing.policy.policy if policy == self._standing.version else None


@asynccontextmanager
async def served(app: FastAPI, *, send_buffer: int | None = None) -> AsyncIterator[str]:
    """The address of a server of the application, on this loop; its lifespan is the test's own."""
    listening = socket.socket()
    if send_buffer is not None:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    server, started = _Server(config), asyncio.Event()
    server.started_up = started
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await started.wait()
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}{PATH}"
    finally:
        server.should_exit = True
        await serving
        listening.close()


class _Server(uvicorn.Server):
    started_up: asyncio.Event

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.started_up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test run's."""
        yield


@asynccontextmanager
async def chatting(
    url: str, headers: Mapping[str, str], opening: Mapping[str, Any] | None = None, **given: Any
) -> AsyncIterator[ClientConnection]:
    """An open session; what `opened` said is in its `opened`."""
    async with connect(url, additional_headers=headers, **given) as chat:
        await say(chat, {"type": "open", **(opening or {})})
        said = await hear(chat)
        assert said["type"] == "opened", said
        yield chat


async def say(chat: ClientConnection, *messages: Mapping[str, Any]) -> None:
    for message in messages:
        await chat.send(json.dumps(message))


async def hear(chat: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        said: dict[str, Any] = json.loads(await chat.recv())
    return said


async def hear_all(chat: ClientConnection, kind: str, count: int) -> list[dict[str, Any]]:
    """The next `count` messages of one kind; others are passed over."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        said = await hear(chat)
        if said["type"] == kind:
            found.append(said)
    return found


async def ending(chat: ClientConnection, said: list[dict[str, Any]] | None = None) -> int | None:
    """The close code, after all that is said before, which goes to `said`."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                heard = json.loads(await chat.recv())
                if said is not None:
                    said.append(heard)
        await chat.wait_closed()
    return chat.close_code


def message(number: int, text: str, author: str = "ann") -> dict[str, Any]:
    return {"type": "message", "id": f"m{number}", "author": author, "text": text}
