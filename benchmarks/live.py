"""What a live chat costs: messages a second and latencies at 1, 10 and 50 sessions, beside the measuring alone.

`python -m benchmarks live`; the server runs on a thread of the process that talks to it, so the clients' own work is in
the figures. Each session keeps a few messages unanswered; half of the messages are read a second time together with
what their author said before.
"""

import asyncio
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import uvicorn
from websockets.asyncio.client import connect

from benchmarks.results_file import write
from socialflow.doors.cli.serving import MAX_FRAME_BYTES
from socialflow.doors.rest.app import create_app
from socialflow.moderation.gather.records import Content
from socialflow.moderation.records import ContentKind
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import assemble

KEY = "a-key-for-this-benchmark"
SESSIONS, SECONDS, AHEAD, AUTHORS, ALONE = (1, 10, 50), 8.0, 4, 200, 640
LATER = 0.1
"""Seconds after which more is sent where too much waits."""
SAID = (
    "what a goal",
    "anyone else has no sound?",
    "first time here, hello from Lyon",
    "that was never a foul",
    "lol",
    "he plays so well tonight",
    "you are all idiots",
    "can somebody post the link of the last game",
    "gg",
    "this commentator knows nothing about it",
)


def text(draw: random.Random) -> str:
    """Something that is said in a chat."""
    return f"{draw.choice(SAID)} {draw.randrange(1000)}"


async def talk(url: str, number: int, until: float) -> list[dict[str, object]]:
    """One session, a few messages ahead of the answers; its answers."""
    draw, said = random.Random(number), list[dict[str, object]]()
    async with connect(url, additional_headers={"X-API-Key": KEY}, compression=None) as chat:
        await chat.send(json.dumps({"type": "open"}))
        json.loads(await chat.recv())
        sent, heard = 0, 0
        while heard < sent or time.perf_counter() < until:
            while sent - heard < AHEAD and time.perf_counter() < until:
                author = f"{number}-{draw.randrange(AUTHORS)}"
                row = {"type": "message", "id": str(sent), "author": author, "text": text(draw)}
                await chat.send(json.dumps(row))
                sent += 1
            if heard == sent:
                break
            answer = json.loads(await chat.recv())
            if answer["type"] in {"decision", "overloaded"}:
                heard += 1
                if answer["type"] == "overloaded":
                    await asyncio.sleep(LATER)
                said.append(answer)
    return said


async def rooms(url: str, sessions: int) -> dict[str, object]:
    """So many sessions at once."""
    began = time.perf_counter()
    told = await asyncio.gather(*(talk(url, number, began + SECONDS) for number in range(sessions)))
    seconds = time.perf_counter() - began
    answers = [one for rows in told for one in rows]
    judged = [one for one in answers if one["type"] == "decision" and one["missing"] != ["time"]]
    cuts = quantiles([float(str(one["latency_ms"])) for one in judged], n=100)
    return {
        "sessions": sessions,
        "judged_per_second": round(len(judged) / seconds, 1),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "too_late": sum(one.get("missing") == ["time"] for one in answers),
        "overloaded": sum(one["type"] == "overloaded" for one in answers),
    }


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The whole platform on its embedded store; its address."""
    settings = load_settings({"socialflow_home": home, "api_key": KEY, "socialflow_embedded_worker": False})
    upgrade(settings.store_url)
    config = uvicorn.Config(
        create_app(lambda: assemble(settings)),
        port=0,
        log_config=None,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api/v1/moderation/live"
    server.should_exit = True
    thread.join()


async def alone(home: Path) -> dict[str, object]:
    """The text model, and all signals, 32 texts at a time."""
    platform = assemble(load_settings({"socialflow_home": home}))
    draw = random.Random(1)
    contents = [Content(ContentKind.CHAT, text=text(draw)) for _ in range(ALONE)]
    await platform.moderation.signals.look(contents[:32])
    took = list[float]()
    for start in range(0, ALONE, 32):
        began = time.perf_counter()
        await platform.moderation.signals.look(contents[start : start + 32])
        took.append(time.perf_counter() - began)
    await platform.close()
    return {"texts_per_second": round(32 / median(took), 1), "batch": 32}


def run() -> Path:
    """Measure, and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with serving(home) as url:
            asyncio.run(rooms(url, 1))
            found = [asyncio.run(rooms(url, sessions)) for sessions in SESSIONS]
        measured = asyncio.run(alone(home))
    for row in found:
        print(row)
    print(measured)
    return write("live", "python -m benchmarks live", {"chats": found, "signals_alone": measured, "ahead": AHEAD})
