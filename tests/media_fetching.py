"""Fetching from the server of `tests.media_server`: names that lead to it, and what it takes to be allowed."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from socialflow.kit.fetching import Fetched, Fetcher, Limits, Reach
from tests.media_server import MediaServer, Says, serving

HOST = "media.example.org"
LIMITS = Limits()
HEAD = b"HTTP/1.1 200 OK\r\n"


class Names:
    """A resolver that gives the answers of a name in turn, the last again and again; keeps what it was asked."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        given = self.answers.get(host, [("127.0.0.1",)])
        return given.pop(0) if len(given) > 1 else given[0]


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def public(*answers: Sequence[str]) -> Names:
    return Names(media_example_org=answers)


def fetcher(
    server: MediaServer,
    limits: Limits = LIMITS,
    names: Names | None = None,
    *,
    hosts: Sequence[str] = (HOST,),
    tls: ssl.SSLContext | None = None,
) -> Fetcher:
    """One that may fetch from this server."""
    allowed = frozenset(f"{host}:{server.port}" for host in hosts)
    return Fetcher(limits, Reach(allowed_hosts=allowed), resolver=names or Names(), tls=tls or bare())


def bare() -> ssl.SSLContext:
    """Trusts nobody, and costs nothing to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def fetched(tmp_path: Path, *script: Says, limits: Limits = LIMITS) -> tuple[Fetched, MediaServer]:
    async with serving(*script) as server:
        return await fetcher(server, limits).fetch(f"http://{HOST}:{server.port}/clip.mp4", into=tmp_path), server
