"""Batch work rests beside a busy neighbour, and only where it steps back at all."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from socialflow.kit.courtesy import LONGEST_REST, REST, politely


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Wall time, processor time, niceness and the rests that were taken."""
    state = {"wall": 100.0, "processor": 5.0, "nice": 19.0, "rested": 0.0}

    async def sleep(seconds: float) -> None:
        state["rested"] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: state["wall"])
    monkeypatch.setattr(time, "process_time", lambda: state["processor"])
    monkeypatch.setattr(os, "nice", lambda _: int(state["nice"]))
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return state


def portion(clocks: dict[str, float], wall: float, processor: float):
    async def work() -> str:
        clocks["wall"] += wall
        clocks["processor"] += processor
        return "done"

    return work


async def test_a_portion_that_waited_for_the_processor_is_followed_by_a_rest(clocks: dict[str, float]) -> None:
    assert await politely(portion(clocks, wall=0.1, processor=0.05)) == "done"
    assert clocks["rested"] == pytest.approx(REST * 0.1)


async def test_no_rest_is_longer_than_the_longest(clocks: dict[str, float]) -> None:
    await politely(portion(clocks, wall=60.0, processor=1.0))
    assert clocks["rested"] == LONGEST_REST


async def test_with_a_processor_to_itself_it_goes_on_at_once(clocks: dict[str, float]) -> None:
    await politely(portion(clocks, wall=0.1, processor=0.095))
    assert clocks["rested"] == 0.0


async def test_a_process_of_full_rank_never_rests(clocks: dict[str, float]) -> None:
    clocks["nice"] = 0
    await politely(portion(clocks, wall=0.1, processor=0.01))
    assert clocks["rested"] == 0.0


async def test_a_failure_is_passed_on(clocks: dict[str, float]) -> None:
    async def failing() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await politely(failing)


CHILD = """
import asyncio, os, sys
from socialflow.kit.child import run_child
os.nice(7)
look = "import time; time.sleep(0.5); print(open('/proc/self/autogroup').read())"
print(asyncio.run(run_child([sys.executable, "-c", look])).output)
"""


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="needs a kernel that groups sessions")
def test_a_child_with_a_session_of_its_own_steps_back_too() -> None:
    told = subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True).stdout
    assert told.strip().endswith("nice 7")
