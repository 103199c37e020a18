"""An outside API on this machine that misbehaves as told: every answer is scripted, every question is kept."""

import asyncio
import gzip
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

Pages: TypeAlias = Callable[[int, int], object]
"""(page, page size) -> the body of the answer, or an `Answer`."""
TOKEN = "s3cret-flic-token"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """`body` is sent as JSON unless it is bytes; `cut` closes the connection after so many bytes of it.

    `silent` sends the head and then nothing; `endless` sends the body again and again.
    """

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False
    endless: bool = False


@dataclass(frozen=True)
class Asked:
    """One question."""

    path: str
    page: int
    page_size: int
    headers: dict[str, str]
    query: dict[str, list[str]]


class OutsideServer:
    """Answers `GET path?page=&page_size=`: what was scripted for once goes before what always holds."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.heard = asyncio.Event()
        self.url = ""
        self._once: dict[str, deque[Answer]] = defaultdict(deque)
        self._always: dict[str, Pages] = {}

    def once(self, path: str, *answers: Answer) -> None:
        """The next answers of a path."""
        self._once[path].extend(answers)

    def always(self, path: str, pages: Pages) -> None:
        """Every other answer of a path."""
        self._always[path] = pages

    def serve(self, path: str, name: str, rows: Sequence[object]) -> None:
        """All rows of a path, page by page, under one name of the answer."""
        self.always(path, lambda page, size: {"status": True, name: rows[(page - 1) * size : page * size]})

    def pages(self, path: str) -> list[int]:
        """The pages that were asked for, in order."""
        return [one.page for one in self.asked if one.path == path]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            url = urlsplit(request.split()[1])
            query = parse_qs(url.query)
            asked = Asked(url.path, int(query["page"][0]), int(query["page_size"][0]), headers, query)
            self.asked.append(asked)
            self.heard.set()
            await _send(self._answer(asked), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, asked: Asked) -> Answer:
        if self._once[asked.path]:
            return self._once[asked.path].popleft()
        if asked.path not in self._always:
            return Answer({"detail": "no such path"}, 404)
        said = self._always[asked.path](asked.page, asked.page_size)
        return said if isinstance(said, Answer) else Answer(said)


async def _send(answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = {"Content-Type": "application/json", "Connection": "close", **answer.headers}
    if not answer.endless:
        headers["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {answer.status} Said\r\n{head}\r\n".encode("latin-1"))
    if answer.silent:
        await reader.read()  # until the other side gives up
        return
    writer.write(body[: answer.cut])
    await writer.drain()
    while answer.endless:
        writer.write(body)
        await writer.drain()


def packed(body: object) -> Answer:
    """An answer that is compressed on its way."""
    return Answer(gzip.compress(json.dumps(body).encode()), headers={"Content-Encoding": "gzip"})


@asynccontextmanager
async def outside_server() -> AsyncIterator[OutsideServer]:
    """A running server."""
    server = OutsideServer()
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listening.close()


def user(number: int, **changes: Any) -> dict[str, Any]:
    """A row of /users/get_all."""
    return {
        "id": number,
        "username": f"name{number}",
        "first_name": "First",
        "last_name": f"Last{number}",
        "email": f"{number}@example.org",
        "profile_url": f"https://cdn.example.org/{number}.png",
        "bio": "",
        "follower_count": 3,
    } | changes


def post(number: int, **changes: Any) -> dict[str, Any]:
    """A row of /posts/summary/get."""
    return {
        "id": number,
        "title": f"Title {number}",
        "username": f"name{number % 3}",
        "first_name": "First",
        "last_name": "Last",
        "category": {"id": 5, "name": "Motivation"},
        "topic": {"id": 9, "name": "Focus", "project_code": "flic"},
        "tags": ["calm", "rain"],
        "video_link": f"https://cdn.example.org/{number}.mp4",
        "thumbnail_url": f"https://cdn.example.org/{number}.jpg",
        "created_at": 1_767_225_600_000 + number,
        "view_count": 10 * number,
        "upvote_count": number,
        "comment_count": 1,
        "share_count": 0,
    } | changes


def view(number: int, **changes: Any) -> dict[str, Any]:
    """A row of /posts/view: the person `number % 7` saw the post `number % 5`."""
    return {
        "id": number,
        "post_id": number % 5,
        "user_id": number % 7,
        "viewed_at": f"2026-02-01 12:00:{number % 60:02d}.{number // 60:03d}",
    } | changes
