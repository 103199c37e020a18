"""Text on screen: subtitles, titles, signs, with the seconds between which each line was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.image.detections import overlaps
from socialflow.image.ocr import LIBRARY, Line, TextReader, reader
from socialflow.image.pictures import luma
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.records import VideoInfo

EVERY = 2.0
"""Seconds between frames that are looked at; subtitles stay longer."""
FRAMES = 120
"""Frames looked at on the whole; longer films are looked at less often."""
SIDE = 640
"""Pixels of the longer side at which frames are read: subtitles and titles are larger than letters on a page."""
CELLS, CHANGED = 8, 10.0
"""Pixels of a cell's side in a frame of 160 pixels, and levels by which one cell's brightness differs in a frame that
shows something else."""
ALIKE, OVERLAP = 0.8, 0.2
"""Share of letters in common, and of area, of two sightings of one line."""

Cells = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Caption:
    """A line as it was seen from `start` to `end`, seconds, in its clearest sighting."""

    line: Line
    start: float
    end: float

    def told(self) -> dict[str, Any]:
        """The line as JSON: text, score, box, start, end."""
        return {**self.line.told(), "start": self.start, "end": self.end}


class TextObserver(Observer):
    """Reads a frame every two seconds where it differs from the one read before.

    The finding: `lines` [{text, score, box, start, end}] by start, `every` in seconds, and how many frames were `read`.
    """

    name: ClassVar[str] = "text"
    needs: ClassVar[Needs] = Needs(sampled=1 / EVERY)

    def __init__(self) -> None:
        self._reader: TextReader | None = reader(SIDE)
        self._every, self._due, self._read = EVERY, 0.0, 0
        self._cells: Cells | None = None
        self._now: list[Line] = []
        self._open: list[Caption] = []
        self._closed: list[Caption] = []

    def begin(self, info: VideoInfo) -> None:
        """Space the frames by the length of the film."""
        if info.duration:
            self._every = max(EVERY, info.duration / FRAMES)

    def frame(self, frame: Frame) -> None:
        """Read a frame that is due, if it shows something new."""
        if self._reader is None or frame.seconds < self._due - 1e-6:
            return
        self._due = frame.seconds + self._every
        cells = cells_of(frame.colours(160))
        if self._cells is None or cells.shape != self._cells.shape or np.abs(cells - self._cells).max() > CHANGED:
            self._now = self._reader.read(frame.colours(SIDE))
            self._read += 1
            self._cells = cells
        kept, gone = carried(self._open, self._now, frame.seconds, patience=1.5 * self._every)
        self._open = kept
        self._closed += gone

    def end(self) -> Finding:
        """All lines."""
        lines = sorted([*self._closed, *self._open], key=lambda one: (one.start, one.line.box.top, one.line.box.left))
        body = {"lines": [line.told() for line in lines], "every": round(self._every, 3), "read": self._read}
        missing = (LIBRARY,) if self._reader is None else () if self._read else ("pictures",)
        return Finding(body, missing=missing)


def carried(
    before: Sequence[Caption], lines: Sequence[Line], seconds: float, *, patience: float
) -> tuple[list[Caption], list[Caption]]:
    """Lines seen now taken for those seen before where they are alike, and those that were not seen for `patience`
    seconds.

    >>> from socialflow.image.detections import Box
    >>> seen, _ = carried([], [Line("Hello", 0.9, Box(0, 0, 1, 1))], 2.0, patience=3.0)
    >>> seen, _ = carried(seen, [Line("Hello!", 0.95, Box(0, 0, 1, 1))], 4.0, patience=3.0)
    >>> [(one.line.text, one.start, one.end) for one in seen]
    [('Hello!', 2.0, 4.0)]
    """
    free = list(before)
    now: list[Caption] = []
    for line in lines:
        same = next((one for one in free if _same(one.line, line)), None)
        if same is None:
            now.append(Caption(line, round(seconds, 3), round(seconds, 3)))
            continue
        free.remove(same)
        clearer = line if line.score > same.line.score else same.line
        now.append(replace(same, line=clearer, end=round(seconds, 3)))
    waiting = [one for one in free if seconds - one.end <= patience]
    return [*now, *waiting], [one for one in free if seconds - one.end > patience]


def _same(one: Line, line: Line) -> bool:
    if overlaps(np.array([one.box]), np.array([line.box]))[0, 0] < OVERLAP:
        return False
    return SequenceMatcher(None, _plain(one.text), _plain(line.text), autojunk=False).ratio() >= ALIKE


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def cells_of(colours: Colours) -> Cells:
    """Mean brightness of cells of a small frame (rows, columns)."""
    values = luma(colours).astype(np.float32)
    height, width = (max(1, side // CELLS) for side in values.shape)
    tall, wide = values.shape[0] // height, values.shape[1] // width
    cells: Cells = values[: height * tall, : width * wide].reshape(height, tall, width, wide).mean((1, 3))
    return cells
