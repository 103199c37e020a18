"""The standard edits of films by which it is measured whether copies are found; films are written again for that.

Decodes here, in this process: for films of whoever measures, not for those of strangers.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
from av.video.stream import VideoStream

from socialflow.image.cv import shrunk
from socialflow.image.edits import SHAPES, Edit, mirrored
from socialflow.image.pictures import at_most
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.stream import watch

SIDE = 480
"""Pixels of the longer side of what is written, frames aside that an edit makes larger."""
RATE = 15
"""Frames a second that are written."""
EXCERPT, AROUND = 5.0, 3.0
"""Seconds of an excerpt, and of what is put before and behind it."""
LONGEST = 60.0
"""Seconds of a film that are edited."""


def small(shown: Colours) -> Colours:
    """A quarter as many pixels, compressed hard."""
    return shrunk(np.ascontiguousarray(shown), max(16, shown.shape[0] // 2), max(16, shown.shape[1] // 2))


FILM_EDITS: Mapping[str, Edit] = {"half size": small, **SHAPES}
"""By name; films that are put through them have no sound."""
PART, DUB = "excerpt", "sound alone"
"""Five seconds, mirrored, between other material and without sound; and the sound with other pictures."""


@dataclass(frozen=True, slots=True)
class Edited:
    """An edited film: by which edit, and by how much later its part is in the original, seconds."""

    edit: str
    path: Path
    offset: float = 0.0


class _Source(Observer):
    """Hands on frames and sound of a film to those who write."""

    name: ClassVar[str] = "source"
    needs: ClassVar[Needs] = Needs(sampled=float(RATE), sound=True)

    def __init__(self, writers: "_Writers") -> None:
        self._writers, self._sounds = writers, list[Samples]()

    def frame(self, frame: Frame) -> None:
        """Write one."""
        if frame.seconds < LONGEST:
            self._writers.frame(frame.seconds, frame.colours(SIDE))

    def sound(self, seconds: float, samples: Samples) -> None:
        """Keep it."""
        if seconds < LONGEST:
            self._sounds.append(samples.copy())

    def end(self) -> Finding:
        """Nothing is found."""
        heard = np.concatenate(self._sounds) if self._sounds else np.zeros(0, np.float32)
        return Finding({}, (heard,))


def edited(film: Path, folder: Path, seconds: float) -> Iterator[Edited]:
    """Write the edits of a film that lasts `seconds` into a folder, from one decode; which are there afterwards.

    An excerpt is made of films that last seven seconds, and other pictures are put to those with sound.
    """
    start = (seconds - EXCERPT) / 2 if seconds >= EXCERPT + 2 else None
    with ExitStack() as stack:
        writers = _Writers(stack, folder, start)
        sound = watch(film, [_Source(writers)]).findings["source"].arrays[0]
        writers.finish()
    for name in writers.begun:
        yield Edited(name, writers.path(name), (start or 0.0) - AROUND if name == PART else 0.0)
    if np.abs(sound).max(initial=0.0) > 1e-3:
        path = folder / "sound.mp4"
        _dub(path, sound)
        yield Edited(DUB, path)


class _Writers:
    """Films that are written from the same frames."""

    def __init__(self, stack: ExitStack, folder: Path, start: float | None) -> None:
        self._stack, self._folder, self._start = stack, folder, start
        self._films: dict[str, _Film] = {}
        self._last = np.zeros((0, 0, 3), np.uint8)

    @property
    def begun(self) -> list[str]:
        """Edits of which something was written."""
        return list(self._films)

    def path(self, name: str) -> Path:
        """Where an edit is written."""
        return self._folder / f"{name.replace('%', '').replace('/', '').strip().replace(' ', '-')}.mp4"

    def frame(self, seconds: float, shown: Colours) -> None:
        """Put a frame through all edits."""
        for name, edit in FILM_EDITS.items():
            self._film(name).write(seconds, edit(shown))
        if self._start is not None and self._start <= seconds < self._start + EXCERPT:
            if PART not in self._films:
                self._other(shown, 0.0)
            self._film(PART).write(seconds - self._start + AROUND, mirrored(shown))
            self._last = shown

    def finish(self) -> None:
        """Put other material behind the excerpt."""
        if PART in self._films:
            self._other(self._last, AROUND + EXCERPT)

    def _other(self, like: Colours, begin: float) -> None:
        for number, shown in enumerate(others(int(AROUND * RATE), like.shape[0], like.shape[1], seed=int(begin))):
            self._film(PART).write(begin + number / RATE, shown)

    def _film(self, name: str) -> "_Film":
        if name not in self._films:
            self._films[name] = _Film(self._stack, self.path(name))
        return self._films[name]


class _Film:
    """One film that is written."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._container = stack.enter_context(av.open(str(path), "w"))
        self._stream: VideoStream | None = None
        self._last = -1
        stack.callback(self._flush)

    def write(self, seconds: float, shown: Colours) -> None:
        """A frame; one that comes too early after the one before is left out."""
        if self._stream is None:
            self._stream = self._container.add_stream("mpeg4", rate=RATE)
            self._stream.height, self._stream.width = (side // 2 * 2 for side in shown.shape[:2])
            self._stream.pix_fmt = "yuv420p"
            self._stream.bit_rate = 1_000_000
        number = round(seconds * RATE)
        if number <= self._last:
            return
        self._last = number
        even = shown[: self._stream.height, : self._stream.width]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        self._container.mux(self._stream.encode(frame))

    def _flush(self) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode())


def others(count: int, height: int, width: int, seed: int = 0) -> Iterator[Colours]:
    """Frames of other material: patches of colour that drift."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (height // 16 + 9, width // 16 + 9, 3), dtype=np.uint8)
    whole = np.kron(patches, np.ones((16, 16, 1), np.uint8))
    steps = np.cumsum(rng.integers(0, 4, (count, 2)), axis=0) % 128
    for top, left in steps:
        yield whole[top : top + height, left : left + width]


def _dub(path: Path, sound: Samples) -> None:
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=RATE)
        pictures.height, pictures.width, pictures.pix_fmt = 144, 256, "yuv420p"
        sounds = container.add_stream("aac", rate=SOUND_RATE)
        sounds.codec_context.layout = "mono"
        sounds.bit_rate = 48_000
        shown = others(int(len(sound) / SOUND_RATE * RATE) + 1, 144, 256, seed=7)
        made = (av.VideoFrame.from_ndarray(np.ascontiguousarray(one), format="rgb24") for one in shown)
        container.mux(list(chain.from_iterable(pictures.encode(frame) for frame in (*made, None))))
        for start in range(0, len(sound), 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None, start : start + 1024]), "fltp", "mono")
            frame.sample_rate, frame.pts = SOUND_RATE, start
            container.mux(sounds.encode(frame))
        container.mux(sounds.encode())


def edited_picture(shown: Colours, edit: Edit) -> Colours:
    """A picture of 1,024 pixels at most, edited."""
    return np.ascontiguousarray(edit(at_most(np.ascontiguousarray(shown), 1024)))
