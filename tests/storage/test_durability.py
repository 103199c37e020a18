"""What was acknowledged survives kill -9, once."""

import subprocess
import sys
from pathlib import Path

from socialflow.content.log import LogCursor
from socialflow.storage.maintenance import check
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import act, populate, statuses

WRITER = """
import asyncio, sys
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import act

async def main() -> None:
    store = Store(sys.argv[1])
    for batch in range(10_000):
        rows = [act(f"{batch}-{n}", "u0", "i0") for n in range(20)]
        async with store.write() as unit:
            await unit.interactions.add(rows)
        print(batch, flush=True)  # acknowledged: after the unit ended

asyncio.run(main())
"""


async def test_acknowledged_rows_survive_kill_9(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    await populate(store, users=1, items=1)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WRITER, sqlite_url]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as writer:  # noqa: ASYNC220
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(30)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout.read().split()]

    async with store.read() as unit:
        stored = len((await unit.interactions.poll(LogCursor())).block)
    # The batch in flight may be there or not, but never in part.
    assert stored in {20 * len(acknowledged), 20 * (len(acknowledged) + 1)}
    async with store.write() as unit:  # what a client sends again after the crash
        again = [act(f"{batch}-{n}", "u0", "i0") for batch in acknowledged for n in range(20)]
        assert set(statuses(await unit.interactions.add(again))) == {"duplicate"}
        assert await unit.interactions.count() == stored
    await store.close()
    assert check(sqlite_url).ok
