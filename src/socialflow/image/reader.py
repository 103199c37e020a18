"""One look at a file in a bounded child, for whoever has questions about it."""

import atexit
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from socialflow.errors import MediaUnreadable, ModelUnavailable
from socialflow.image.records import Colours, ImageBounds, ImageInfo
from socialflow.kit.bounded import BoundedPool, Limits
from socialflow.kit.findings import Finding, heard
from socialflow.kit.wire import BrokenMessage, Message

JOB = "socialflow.image.work:look"


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that one look told; `colours` where they were asked for. `damaged`: the end could not be read."""

    info: ImageInfo
    findings: Mapping[str, Finding]
    damaged: bool = False
    colours: Colours | None = None


class ImageReader:
    """Looks at files, each decoded once, in at most `size` children. Safe to use from many threads."""

    def __init__(self, *, size: int = 1, limits: Limits | None = None, bounds: ImageBounds | None = None) -> None:
        self._pool = BoundedPool(JOB, size=size, limits=limits or Limits(processor_seconds=60, seconds=120.0))
        self._bounds = bounds or ImageBounds()

    def look(self, path: Path, lookers: Mapping[str, Mapping[str, Any]], *, colours: bool = False) -> Seen:
        """One look for some lookers, by name with their options; with `colours` the pixels come along.

        Raises:
            MediaUnreadable: it is of no kind that is decoded, or nothing of it can be.
            TooLarge: more pixels or memory than one request may take.
            InvalidInput: no such looker or option.
            ModelUnavailable: the decoder is not installed.
            Overloaded: too many wait.
        """
        if find_spec("PIL") is None:
            raise ModelUnavailable('pictures are decoded with Pillow: pip install "socialflow[media]"')
        if not path.is_file():
            raise MediaUnreadable("there is no such file", field="path")
        body = {
            "path": str(path.resolve()),
            "lookers": lookers,
            "bounds": asdict(self._bounds),
            "colours": colours,
        }
        return seen(self._pool.run(Message(body)))

    def close(self) -> None:
        """End the children."""
        self._pool.close()


@cache
def shared_reader() -> ImageReader:
    """The reader of whoever is given none, one a process."""
    reader = ImageReader()
    atexit.register(reader.close)
    return reader


def seen(answer: Message) -> Seen:
    """What a child found, from its message. Raises MediaUnreadable where it is not what a child of ours says."""
    try:
        body, first = answer.body, int(answer.body["colours"])
        findings = heard(body["findings"], answer.arrays[first:])
        return Seen(ImageInfo(**body["info"]), findings, bool(body["damaged"]), answer.arrays[0] if first else None)
    except (BrokenMessage, KeyError, TypeError, IndexError) as problem:
        raise MediaUnreadable("it cannot be decoded: the decoder's answer makes no sense") from problem
