"""An exact index of frames in memory, and stretches of videos that show what is asked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from socialflow.video.search.chance import Levels, far, levels, limit, surely
from socialflow.video.search.pictures import PictureSpace
from socialflow.video.search.records import Floats, Frames
from socialflow.video.search.scoring import Ints

Halves = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A stretch of a video that shows what was asked: `spreads` is how far from chance its best frame is, `score` how
    surely it is none, 0 to 1."""

    id: str
    start: float
    end: float
    spreads: float
    score: float


@dataclass(frozen=True, slots=True)
class _Flat:
    """All frames of one space: `owners` (n,) are places among the ids, `places` (n,) those among a clip's frames."""

    space: str
    ids: Sequence[str]
    rows: Floats
    owners: Ints
    places: Ints
    levels: Levels


class FrameIndex:
    """Frames by the id of their video. Not for use from several threads at once."""

    def __init__(self) -> None:
        self._frames: dict[str, Frames] = {}
        self._rows: dict[str, Halves] = {}
        self._levels: dict[str, Levels] = {}
        self._flat: _Flat | None = None

    def add(self, id: str, frames: Frames, vectors: Floats | None) -> None:  # noqa: A002
        """Take in the frames of a video in place of those it had; without vectors they are only known to be there."""
        self.remove(id)
        if not frames.spans:
            return
        self._frames[id] = frames
        if vectors is not None:
            self._rows[id] = vectors.astype(np.float16)

    def remove(self, id: str) -> None:  # noqa: A002
        """Take a video's out, if they are there."""
        if self._frames.pop(id, None) is not None:
            self._rows.pop(id, None)
            self._levels.pop(id, None)
            self._flat = None

    def vectors(self, id: str) -> Floats | None:  # noqa: A002
        """Those of a video (frames, width)."""
        rows = self._rows.get(id)
        return None if rows is None else rows.astype(np.float32)

    def spaces(self, ids: Collection[str] | None) -> Collection[str]:
        """Of the frames of these videos, or of all."""
        among = self._frames if ids is None else self._frames.keys() & set(ids)
        return {self._frames[one].space for one in among}

    def search(self, space: PictureSpace, vector: Floats, ids: Collection[str] | None) -> list[Sighting]:
        """Stretches that show what a vector (width,) stands for, the farthest from chance first.

        Frames of other spaces are left out. Neighbours in one shot are one stretch.
        """
        flat = self._together(space)
        rows: Ints = np.arange(len(flat.rows))
        if ids is not None:
            rows = np.flatnonzero(np.array([one in ids for one in flat.ids], np.bool_)[flat.owners])
        if not len(rows):
            return []
        told = Levels(*(values[rows] for values in (flat.levels.middle, flat.levels.spread, flat.levels.nothing)))
        spreads = far(flat.rows[rows] @ vector, told)
        near = spreads >= limit(len(rows))
        found = dict(zip(rows[near].tolist(), spreads[near].tolist(), strict=True))
        return sorted(self._joined(flat, found, len(rows)), key=lambda one: (-one.spreads, one.id, one.start))

    def _together(self, space: PictureSpace) -> _Flat:
        if self._flat is None or self._flat.space != space.name:
            self._flat = self._made(space)
        return self._flat

    def _made(self, space: PictureSpace) -> _Flat:
        ids = [one for one in self._rows if self._frames[one].space == space.name]
        rows = [self._rows[one].astype(np.float32) for one in ids]
        for one, own in zip(ids, rows, strict=True):
            if one not in self._levels:
                self._levels[one] = levels(own, space.neutral())
        told = [self._levels[one] for one in ids]
        return _Flat(
            space.name,
            ids,
            np.concatenate(rows) if rows else np.zeros((0, 0), np.float32),
            np.repeat(np.arange(len(ids)), [len(own) for own in rows]),
            np.concatenate([np.arange(len(own)) for own in rows]) if rows else np.zeros(0, np.int64),
            Levels(*(_joined([getattr(one, part) for one in told]) for part in ("middle", "spread", "nothing"))),
        )

    def _joined(self, flat: _Flat, found: Mapping[int, float], count: int) -> Iterator[Sighting]:
        """Neighbours among the frames that were found, in one shot, as one."""
        for run in _runs(list(found), flat, self._frames):
            first, last = run[0], run[-1]
            name = flat.ids[int(flat.owners[first])]
            spans = self._frames[name].spans
            best = max(found[row] for row in run)
            start, end = spans[int(flat.places[first])].start, spans[int(flat.places[last])].end
            yield Sighting(name, start, end, best, round(surely(best, count), 4))


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _runs(rows: Sequence[int], flat: _Flat, frames: Mapping[str, Frames]) -> Iterator[list[int]]:
    """Rows in order, those together that follow each other in one video without a shot's begin between them."""
    number = 0
    numbers: list[int] = []
    for place, row in enumerate(rows):
        span = frames[flat.ids[int(flat.owners[row])]].spans[int(flat.places[row])]
        follows = place > 0 and rows[place - 1] == row - 1 and flat.owners[row] == flat.owners[row - 1]
        number += 0 if follows and not span.begins else 1
        numbers.append(number)
    for _, run in groupby(zip(numbers, rows, strict=True), key=lambda one: one[0]):
        yield [row for _, row in run]
