"""Child processes that end with what they work for."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from socialflow.kit.courtesy import follow

_LINE = 1 << 20
"""Longest line a child may write on standard error, in bytes."""
_KEPT_LINES = 50


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code (negative: the signal that killed it), what it wrote on standard output, and the
    last lines on standard error that nobody took."""

    code: int
    output: str
    errors: tuple[str, ...]


async def run_child(
    command: Sequence[str],
    *,
    on_line: Callable[[str], bool] = lambda line: False,  # noqa: ARG005
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command to its end.

    A cancelled call kills the child and every process it started before it returns. The child's standard input is a
    pipe that closes when this process dies, however it dies; a child that watches it does not outlive its parent. It
    steps back as this process did (`kit.courtesy`).

    Args:
        on_line: hears each line of standard error as it comes; True: it took the line.
        env: the child's whole environment; None: this process's.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env,
        start_new_session=True,
        limit=_LINE,
    )
    follow(process.pid)
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    try:
        output, _ = await asyncio.gather(_read(process.stdout), _listen(process.stderr, on_line, kept))
        code = await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
    return Ended(code, output.decode(errors="replace"), tuple(kept))


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()


async def _listen(stream: asyncio.StreamReader | None, on_line: Callable[[str], bool], kept: deque[str]) -> None:
    while stream is not None and (raw := await stream.readline()):
        line = raw.decode(errors="replace").rstrip()
        if not on_line(line):
            kept.append(line)
