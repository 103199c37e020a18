"""Keeping a process alive: small real ones, which say in a file that they were there."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import structlog
from tests.storage.work import until

from socialflow.broker import supervisor as module
from socialflow.broker.supervisor import Supervisor

BEGUN = "import os, signal, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()} ')\n"
PATIENT = BEGUN + "time.sleep(600)"
BRIEF = BEGUN + "sys.exit(3)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PATIENT


class Place:
    def __init__(self, folder: Path) -> None:
        self.told = folder / "told"
        self.lock = folder / "home" / "worker.lock"

    def supervisor(self, script: str, grace: float = 60.0) -> Supervisor:
        return Supervisor([sys.executable, "-c", script, str(self.told)], dict(os.environ), self.lock, grace=grace)

    def begun(self) -> list[int]:
        """Process ids of those that began, in order."""
        return [int(pid) for pid in self.told.read_text().split()] if self.told.exists() else []

    def have_begun(self, number: int) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            return len(self.begun()) >= number

        return look


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.005)
    monkeypatch.setattr(module, "_LOCK_EVERY", 0.001)
    return Place(tmp_path)


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class TestKeepingAlive:
    async def test_begins_the_worker_again_whenever_it_ends(self, place: Place) -> None:
        running = asyncio.create_task(place.supervisor(BRIEF).run())
        await until(place.have_begun(3))
        await end(running)
        assert len(set(place.begun())) == len(place.begun())

    async def test_begins_a_killed_worker_again(self, place: Place) -> None:
        running = asyncio.create_task(place.supervisor(PATIENT).run())
        await until(place.have_begun(1))
        os.kill(place.begun()[0], 9)
        await until(place.have_begun(2))
        await end(running)

    async def test_waits_longer_after_each_early_end_but_not_for_ever(self, place: Place) -> None:
        with structlog.testing.capture_logs() as lines:
            running = asyncio.create_task(place.supervisor(BRIEF).run())
            await until(place.have_begun(5))
            await end(running)
        told = [(line["exit_code"], line["again_in"]) for line in lines if line["event"] == "worker_ended"]
        assert told[:4] == [(3, 0.002), (3, 0.004), (3, 0.005), (3, 0.005)]

    async def test_waits_shortly_for_one_that_had_proven_itself(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "PROVEN", 0.0)
        with structlog.testing.capture_logs() as lines:
            running = asyncio.create_task(place.supervisor(BRIEF).run())
            await until(place.have_begun(4))
            await end(running)
        assert {line["again_in"] for line in lines} == {0.001}

    async def test_gives_the_worker_its_environment(self, place: Place) -> None:
        script = "import os, sys; open(sys.argv[1], 'a').write(os.environ['ANSWER'] + ' ')"
        command = [sys.executable, "-c", script, str(place.told)]
        running = asyncio.create_task(Supervisor(command, {"ANSWER": "42"}, place.lock, grace=60.0).run())
        await until(place.have_begun(1))
        await end(running)
        assert place.begun()[0] == 42


class TestEnding:
    async def test_ends_the_worker(self, place: Place) -> None:
        running = asyncio.create_task(place.supervisor(PATIENT).run())
        await until(place.have_begun(1))
        await end(running)
        assert is_gone(place.begun()[0])

    async def test_kills_a_worker_that_does_not_end_in_time(self, place: Place) -> None:
        running = asyncio.create_task(place.supervisor(DEAF, grace=0.01).run())
        await until(place.have_begun(1))
        await end(running)
        assert is_gone(place.begun()[0])

    async def test_between_two_lives_ends_at_once(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "LONGEST_PAUSE", 3600.0)
        monkeypatch.setattr(module, "FIRST_PAUSE", 3600.0)
        with structlog.testing.capture_logs() as lines:
            running = asyncio.create_task(place.supervisor(BRIEF).run())

            async def paused() -> bool:
                return bool(lines)

            await until(paused)
            await end(running)


class TestTwoOnOneFolder:
    async def test_share_one_worker_and_the_second_takes_over(self, place: Place) -> None:
        first = asyncio.create_task(place.supervisor(PATIENT).run())
        await until(place.have_begun(1))
        second = asyncio.create_task(place.supervisor(PATIENT).run())
        for _ in range(20):
            await asyncio.sleep(0.002)  # many looks at the lock
        assert len(place.begun()) == 1
        await end(first)
        await until(place.have_begun(2))
        await end(second)
        assert all(is_gone(pid) for pid in place.begun())

    async def test_the_one_that_waits_ends_at_once(self, place: Place) -> None:
        first = asyncio.create_task(place.supervisor(PATIENT).run())
        await until(place.have_begun(1))
        second = asyncio.create_task(place.supervisor(PATIENT).run())
        await asyncio.sleep(0)
        await end(second)
        await end(first)
        assert len(place.begun()) == 1

    async def test_the_lock_of_a_killed_one_is_free(self, place: Place) -> None:
        hold = (
            "import fcntl, os, signal, sys\n"
            "file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); os.kill(os.getpid(), signal.SIGKILL)"
        )
        place.lock.parent.mkdir()
        holder = await asyncio.create_subprocess_exec(sys.executable, "-c", hold, str(place.lock))
        await holder.wait()
        running = asyncio.create_task(place.supervisor(PATIENT).run())
        await until(place.have_begun(1))
        await end(running)
