"""Children that end with what they work for."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from socialflow.kit.child import Ended, run_child


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until_dead(pid: int) -> None:
    async with asyncio.timeout(20):
        while alive(pid):  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.01)


class TestAChild:
    async def test_tells_how_it_ended(self) -> None:
        ended = await run_child(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
        assert ended == Ended(3, "out\n", ("err",))

    async def test_is_heard_line_by_line(self) -> None:
        heard: list[str] = []

        def take(line: str) -> bool:
            heard.append(line)
            return line.startswith("{")

        ended = await run_child(python("import sys; print('{}\\nplain', file=sys.stderr)"), on_line=take)
        assert heard == ["{}", "plain"]
        assert ended.errors == ("plain",)

    async def test_that_dies_by_a_signal_says_which(self) -> None:
        ended = await run_child(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
        assert ended.code == -signal.SIGKILL

    async def test_has_the_environment_it_is_given(self) -> None:
        env = {**os.environ, "COLOUR": "blue"}
        assert (await run_child(python("import os; print(os.environ['COLOUR'])"), env=env)).output == "blue\n"


class TestCancelling:
    async def test_kills_the_child_and_its_children(self) -> None:
        code = (
            "import subprocess, sys, time\n"
            "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
            "print(inner.pid, file=sys.stderr, flush=True)\n"
            "time.sleep(600)"
        )
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(run_child(python(code), on_line=lambda line: bool(started.set_result(int(line)))))
        grandchild = await started
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until_dead(grandchild)


class TestADeadParent:
    async def test_closes_the_childs_standard_input(self, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        child = (
            f"import os, sys; open({str(note)!r}, 'w').write(str(os.getpid())); sys.stderr.close(); sys.stdin.read()"
        )
        parent = (
            "import asyncio, os, signal, pathlib, sys\n"
            "from socialflow.kit.child import run_child\n"
            "async def main():\n"
            f"    task = asyncio.create_task(run_child([sys.executable, '-c', {child!r}]))\n"
            f"    while not (note := pathlib.Path({str(note)!r})).exists() or not note.read_text():\n"
            "        await asyncio.sleep(0.01)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "asyncio.run(main())"
        )
        await asyncio.to_thread(subprocess.run, python(parent), check=False)
        await until_dead(int(note.read_text()))
