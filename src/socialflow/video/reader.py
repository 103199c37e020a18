"""One pass over a file in a bounded child, for whoever has questions about it."""

import asyncio
import atexit
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from socialflow.errors import MediaUnreadable, ModelUnavailable
from socialflow.kit.bounded import BoundedPool, Given, Limits
from socialflow.kit.findings import heard
from socialflow.kit.wire import BrokenMessage, Message
from socialflow.video.records import Bounds, Pass, Read, VideoInfo

T = TypeVar("T")

JOB = "socialflow.video.work:analyse"


class Watching(Given):
    """Hears how much of a video is behind, and can give it up."""

    def __init__(self, progress: Callable[[float], None] = lambda share: None) -> None:  # noqa: ARG005
        super().__init__()
        self._progress = progress

    def report(self, body: Mapping[str, Any]) -> None:
        """A share from 0 to 1."""
        self._progress(float(body["share"]))


class VideoReader:
    """Watches files, each once, in at most `size` children. Safe to use from many threads."""

    def __init__(self, *, size: int = 1, limits: Limits | None = None, bounds: Bounds | None = None) -> None:
        self._pool = BoundedPool(JOB, size=size, limits=limits)
        self._bounds = bounds or Bounds()

    def watch(self, path: Path, observers: Mapping[str, Mapping[str, Any]], watching: Watching | None = None) -> Pass:
        """One pass for some observers, by name with their options.

        Raises:
            MediaUnreadable: it is of no kind that is decoded, damaged from the start, or its decoder broke down.
            TooLarge: more pixels, seconds or memory than one request may take.
            InvalidInput: no such observer or option.
            ModelUnavailable: the decoder is not installed.
            Overloaded: too many wait.
            Cancelled: it was given up.
        """
        if find_spec("av") is None:
            raise ModelUnavailable('video is decoded with PyAV: pip install "socialflow[media]"')
        if not path.is_file():
            raise MediaUnreadable("there is no such file", field="path")
        body = {"path": str(path.resolve()), "observers": observers, "bounds": asdict(self._bounds)}
        return passed(self._pool.run(Message(body), watching))

    def close(self) -> None:
        """End the children."""
        self._pool.close()


async def aside(call: Callable[[Watching], T], watching: Watching | None = None) -> T:
    """Watch a file in another thread; cancelling this ends the decoding."""
    watching = watching or Watching()
    try:
        return await asyncio.to_thread(call, watching)
    except asyncio.CancelledError:
        watching.give_up()
        raise


@cache
def shared_reader() -> VideoReader:
    """The reader of whoever is given none, one a process."""
    reader = VideoReader()
    atexit.register(reader.close)
    return reader


def passed(answer: Message) -> Pass:
    """What a child found, from its message. Raises MediaUnreadable where it is not what a child of ours says."""
    try:
        body = answer.body
        findings = heard(body["findings"], answer.arrays)
        read = Read(**{**body["read"], "lacking": tuple(body["read"]["lacking"])})
        return Pass(VideoInfo(**body["info"]), read, findings)
    except (BrokenMessage, KeyError, TypeError) as problem:
        raise MediaUnreadable("it cannot be decoded: the decoder's answer makes no sense") from problem
