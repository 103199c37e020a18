"""SIGTERM while chats are being moderated: what was read is answered, sessions are told, and the server ends well."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tests.e2e.service import KEY, Platform, Service
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.slow
RESTART = 1012
WORDS = ("hello", "you are an idiot", "what a lovely evening", "buy my coins now")


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Platform(tmp_path_factory.mktemp("platform") / "var").serving() as service:
        yield service


@pytest.fixture
def chats(service: Service) -> Iterator["Chats"]:
    with ExitStack() as stack:
        yield Chats(service, stack)


class Chats:
    """Connections that are closed when the test ends."""

    def __init__(self, service: Service, stack: ExitStack) -> None:
        self._url, self._stack = f"ws://127.0.0.1:{service.port}/api/v1/moderation/live", stack

    def connected(self) -> ClientConnection:
        return self._stack.enter_context(connect(self._url, additional_headers=KEY))

    def opened(self, **opening: Any) -> ClientConnection:
        """An open session."""
        chat = self.connected()
        chat.send(json.dumps({"type": "open", "deadline_ms": 5000, **opening}))
        assert json.loads(chat.recv(30))["type"] == "opened"
        return chat


def say(chat: ClientConnection, *numbers: int) -> None:
    for n in numbers:
        text = f"{WORDS[n % len(WORDS)]} {n}"
        chat.send(json.dumps({"type": "message", "id": f"m{n}", "author": f"a{n}", "text": text}))


def heard(chat: ClientConnection) -> tuple[list[str], int, str]:
    """Ids of the messages that a decision came for until the end, and the close code with its reason."""
    ids = []
    try:
        while True:
            said = json.loads(chat.recv(30))
            if said["type"] == "decision":
                ids.append(said["id"])
    except ConnectionClosed:
        frame = chat.protocol.close_rcvd
    assert frame is not None, "the connection broke without a closing frame"
    return ids, frame.code, frame.reason


def test_open_chats_are_answered_and_told(service: Service, chats: Chats) -> None:
    busy, quiet, keeping = chats.opened(), chats.opened(), chats.opened(store=True)
    say(busy, *range(40))
    say(keeping, 1)
    first = json.loads(busy.recv(30))
    assert (first["type"], first["id"]) == ("decision", "m0")
    assert json.loads(keeping.recv(30))["id"] == "m1"
    silent = chats.connected()  # whose session is not open yet
    service.terminate()
    ids, code, reason = heard(busy)
    assert ids == [f"m{n}" for n in range(1, len(ids) + 1)]  # in order, none left out between two that were answered
    assert (code, "shutting down" in reason) == (RESTART, True)
    for chat in (quiet, keeping, silent):
        assert heard(chat) == ([], RESTART, reason)
    assert service.process.wait(60) == 0, service.output()
    assert "Traceback" not in service.output()
    with pytest.raises((OSError, InvalidStatus)):
        chats.opened()
