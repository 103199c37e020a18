"""A lean HTTP/1.1 load client: open-loop arrivals over keep-alive connections, so that the client costs little.

Latency is measured from the moment a request was *due*, not from when a connection was free (no coordinated omission).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


class Connection:
    """One keep-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Send one request and read its whole answer: (status, body)."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=1 << 24)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        length = next(int(row.split(":", 1)[1]) for row in head if row.lower().startswith("content-length:"))
        return int(head[0].split(" ", 2)[1]), await reader.readexactly(length)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


@dataclass
class Outcome:
    """Latencies in milliseconds and statuses of one stream of requests."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def add(self, milliseconds: float, status: int) -> None:
        self.latencies.append(milliseconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def figures(self) -> dict[str, object]:
        p50, p90, p99 = np.percentile(self.latencies, [50, 90, 99]).round(2).tolist()
        return {
            "requests": len(self.latencies),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "p50_ms": p50,
            "p90_ms": p90,
            "p99_ms": p99,
            "max_ms": round(max(self.latencies), 2),
        }


Ask = Callable[[int], tuple[str, str, dict[str, str], bytes]]
"""The n-th request of a stream: method, path, headers, body."""


async def open_loop(
    address: tuple[str, int], rate: float, seconds: float, ask: Ask, *, connections: int = 16
) -> Outcome:
    """Send `rate` requests a second for `seconds`, each when it is due, over a pool of connections."""
    outcome = Outcome()
    pool: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        pool.put_nowait(Connection(*address))

    async def one(number: int, due: float) -> None:
        connection = await pool.get()
        try:
            status, _ = await connection.request(*ask(number))
            outcome.add((time.perf_counter() - due) * 1000, status)
        finally:
            pool.put_nowait(connection)

    start = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    while not pool.empty():
        pool.get_nowait().close()
    return outcome
