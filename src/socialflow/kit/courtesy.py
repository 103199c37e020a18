"""Giving way: batch work in a process that steps back rests where others need the processor."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LAST = 19
"""The greatest niceness there is."""
CROWDED = 0.8
"""Share of its time below which a portion of arithmetic did not have a processor to itself."""
REST = 3.0
"""How many times as long as such a portion took is rested after it."""
LONGEST_REST = 1.0


def step_back(niceness: int) -> None:
    """Raise this process's niceness; at 19 it also runs only where nobody else wants the processor (Linux).

    A thread that a request waits for is otherwise let in when the slice of a nice neighbour ends, milliseconds later
    and many times in one request; a neighbour of the idle class gives way at once. What is started later inherits it.
    """
    os.nice(niceness)
    if niceness == LAST and hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def follow(pid: int) -> None:
    """Let a child that leads a session of its own step back as far as this process did.

    Where Linux shares the processor between sessions (autogroups), niceness counts inside a session only.
    """
    niceness = os.nice(0)
    if niceness > 0:
        with suppress(OSError):  # the kernel has no such groups, or the child is gone
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")


async def politely(portion: Callable[[], Awaitable[T]]) -> T:
    """Do a portion of arithmetic; in a niced process that had to wait for the processor, rest afterwards.

    Niceness alone shares the processors, not their caches and pipelines: beside a busy neighbour even an idle sibling
    slows it down. On a machine with time to spare this costs nothing.
    """
    began, used = time.monotonic(), time.process_time()
    done = await portion()
    took = time.monotonic() - began
    if os.nice(0) > 0 and time.process_time() - used < CROWDED * took:
        await asyncio.sleep(min(REST * took, LONGEST_REST))
    return done
