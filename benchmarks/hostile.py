"""Whether files that are made to break it leave a server answering.

`python -m benchmarks hostile [--inputs 5000]`

A server of this machine is sent every file of `hostile_media`, two at a time. Every answer must be an answer or a
refusal with a code; none may be an internal error, a closed connection, or silence. Before, after every hundred, and at
the end, a whole file must be answered as it was at first. What it takes of memory is told at the end.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil

from benchmarks.hostile_media import Hostile, hostile, whole_files
from benchmarks.results_file import write

PORT, AT_ONCE, SILENCE = 8931, 2, 200.0
"""Files at a time, and seconds after which no answer counts as silence."""
_ROUTES = {False: "/api/v1/video/analyze/upload?analyses=scene", True: "/api/v1/image/analyze/upload"}


@dataclass
class Outcome:
    """What came of the files so far."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_file: str = ""

    def note(self, file: Hostile, seconds: float, status: int | None, said: Mapping[str, Any]) -> None:
        """Take one answer in; a `status` of None is none."""
        if seconds > self.slowest:
            self.slowest, self.slowest_file = seconds, f"{file.kind}: {file.name}"
        if status == 200:
            self.answers[f"{file.kind}: {said.get('status')}"] += 1
        elif status is not None and 400 <= status < 500 and said.get("code"):
            self.answers[f"{file.kind}: {said['code']}"] += 1
        else:
            self.wrong.append(f"{file.kind}: {file.name}: {status} {said.get('code', '')}")


class Door:
    """A running server's uploads."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, content: bytes, *, picture: bool) -> tuple[int | None, Mapping[str, Any]]:
        """Status and JSON of the answer; None where there is none, or none that is JSON."""
        try:
            answer = await self._client.post(_ROUTES[picture], content=content)
            said = answer.json()
        except (httpx.TransportError, json.JSONDecodeError) as problem:
            return None, {"code": type(problem).__name__}
        return answer.status_code, said if isinstance(said, dict) else {}

    async def whole(self, files: Mapping[str, bytes]) -> list[object]:
        """What the server says of whole files."""
        video = await self.send(files["mp4"], picture=False)
        picture = await self.send(files["JPEG"], picture=True)
        return [video, picture]


async def attack(door: Door, files: Sequence[Hostile], every: int = 100) -> Outcome:
    """Send all files, and look every so many whether whole ones are answered as they were."""
    whole = whole_files()
    outcome, first = Outcome(), await door.whole(whole)
    if [status for status, _ in first] != [200, 200]:  # type: ignore[misc]
        raise RuntimeError(f"the server does not answer whole files: {first}")
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(file: Hostile) -> None:
        async with gate:
            begun = time.perf_counter()
            status, said = await door.send(file.content, picture=file.picture)
            outcome.note(file, time.perf_counter() - begun, status, said)

    for start in range(0, len(files), every):
        await asyncio.gather(*map(one, files[start : start + every]))
        if await door.whole(whole) != first:
            outcome.wrong.append(f"after {start + every} files whole ones are answered otherwise")
    return outcome


@asynccontextmanager
async def server(home: Path) -> AsyncIterator[tuple[Door, psutil.Process]]:
    """A server of its own, until it is no longer needed."""
    from benchmarks.jobs import CLI, KEY, running

    with running([CLI, "serve", "--port", str(PORT)], {"SOCIALFLOW_HOME": str(home)}) as process:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{PORT}", headers={"X-API-Key": KEY}, timeout=SILENCE
        ) as client:
            for _ in range(600):
                try:
                    if (await client.get("/health")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            yield Door(client), process


async def _measured(inputs: int) -> dict[str, object]:
    with TemporaryDirectory(prefix="socialflow-", ignore_cleanup_errors=True) as home:
        async with server(Path(home)) as (door, process):
            begun = time.perf_counter()
            outcome = await attack(door, list(hostile(inputs)))
            seconds = time.perf_counter() - begun
            memory = process.memory_info().rss >> 20
    return {
        "inputs": inputs,
        "answers": dict(sorted(outcome.answers.items())),
        "wrong": outcome.wrong,
        "slowest_s": round(outcome.slowest, 2),
        "slowest": outcome.slowest_file,
        "server_memory_mb": memory,
        "inputs_per_second": round(inputs / seconds, 1),
    }


def run(inputs: int) -> Path:
    """Measure and write `results/hostile.json`."""
    path = write("hostile", f"python -m benchmarks hostile --inputs {inputs}", asyncio.run(_measured(inputs)))
    print(path.read_text(encoding="utf-8"))
    return path
