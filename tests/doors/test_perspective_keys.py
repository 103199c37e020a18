"""A key in an address is in no log, not even the server's own."""

import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from fastapi import FastAPI

from socialflow.doors.rest.perspective_route import take_key
from tests.doors.fakes import STATIC_KEY
from tests.doors.test_perspective_routes import ANALYZE, DISCOVERY, SUGGEST, asked


class TestKeysInAddresses:
    @pytest.mark.parametrize(
        ("query", "key", "left"),
        [
            (b"key=a%2Bb&alt=json", "a+b", b"alt=json"),
            (b"alt=json", None, b"alt=json"),
            (b"", None, b""),
            (b"key=", None, b""),
            (b"key=a&x=&key=b", "a", b"x="),
            (b"KEY=a", None, b"KEY=a"),
        ],
    )
    def test_are_taken_out(self, query: bytes, key: str | None, left: bytes) -> None:
        scope = {"type": "http", "query_string": query}
        assert take_key(scope) == key
        assert scope["query_string"] == left

    @pytest.mark.parametrize("path", [ANALYZE, SUGGEST, DISCOVERY])
    def test_reach_no_log_not_even_the_servers_own(self, served: str, lines: list[str], path: str) -> None:
        method = "GET" if path == DISCOVERY else "POST"
        for body in (asked(), {"comment": 1}):
            httpx.request(method, served + path, params={"key": STATIC_KEY, "alt": "json"}, json=body)
        told = "\n".join(lines)
        assert path in told or path.replace("$", "%24") in told, "the server's access log was not read"
        assert STATIC_KEY not in told


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Everything that any logger of the process writes, and the records of structlog."""
    written: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(("httpx", "httpcore")):
                written.append(record.getMessage())

    def keep(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
        written.append(str(event))
        raise structlog.DropEvent

    handler, names = Kept(), ("", "uvicorn", "uvicorn.access", "uvicorn.error", "asyncio")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(1)
    before = structlog.get_config()
    structlog.configure(processors=[keep])
    yield written
    structlog.configure(**before)
    for name, level in levels.items():
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def served(app: FastAPI) -> Iterator[str]:
    """The address of a server with an access log of its own."""
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            ready.set()

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=True, lifespan="off")
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(30)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
