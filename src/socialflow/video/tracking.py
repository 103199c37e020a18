"""Things followed from sample to sample: each keeps its number while it is seen, and through short occlusion.

In the spirit of SORT (Bewley et al., ICIP 2016) and ByteTrack (Zhang et al., ECCV 2022): a Kalman filter of constant
velocity says where each is now; what was found surely is assigned first, what was found with less certainty goes on
with tracks that found nothing else. What comes back from behind something is known by its colours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from socialflow.image.detections import overlaps

Floats = npt.NDArray[np.float64]

SURE = 0.3
"""Score from which something begins a track; half of it goes on with one."""
OVERLAP, FAINT_OVERLAP = 0.2, 0.5
"""Share in common with where a track is expected from which something sure, or faint, belongs to it."""
OTHER_LABEL = 0.5
"""What another label costs, as a share in common: models call one thing by several names."""
COAST = 2.0
"""Seconds for which a track waits for what is hidden."""
ALIKE = 0.7
"""Common share of colours from which what comes back is the same."""
DEVIATIONS, REACH, SIZES = 3.0, 3.0, 2.0
"""What comes back lies within so many standard deviations of where it is expected, or so many of its own sizes a second
from where it was seen last (it may have turned), and is at most so much larger or smaller."""
TWICE, ONCE = 2, 0.6
"""A track is told from so many sightings on, or one of this score."""
NOISE, SPEED, PUSH = 0.05, 1.0, 1.0
"""Of a thing's size: error of a box, speed a second before any is known, change of speed a second a second."""
_KEPT = 0.8
"""How much of the colours seen before stays at each sighting."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """Something in one sample: box (4,) of left, top, right, bottom as fractions, scores by label (one box may have
    several names), and a histogram of its colours that sums to 1."""

    box: Floats
    votes: dict[str, float]
    colours: Floats

    @property
    def score(self) -> float:
        """That of its likeliest name."""
        return max(self.votes.values())


class Motion:
    """A Kalman filter of constant velocity over centre and size, each coordinate by itself."""

    def __init__(self, box: Floats) -> None:
        self.state = np.stack((_centred(box), np.zeros(4)), axis=1)
        size = self._size()
        self.spread = np.zeros((4, 2, 2))
        self.spread[:, 0, 0], self.spread[:, 1, 1] = (NOISE * size) ** 2, (SPEED * size) ** 2

    def ahead(self, seconds: float) -> None:
        """Go on for some time."""
        step = np.array([[1.0, seconds], [0.0, 1.0]])
        self.state = self.state @ step.T
        self.state[2:, 0] = self.state[2:, 0].clip(min=1e-4)
        push = np.array([[seconds**4 / 4, seconds**3 / 2], [seconds**3 / 2, seconds**2]])
        self.spread = step @ self.spread @ step.T + (PUSH * self._size())[:, None, None] ** 2 * push

    def seen(self, box: Floats) -> None:
        """Take a box into account."""
        error = _centred(box) - self.state[:, 0]
        certainty = self.spread[:, 0, 0] + (NOISE * self._size()) ** 2
        gain = self.spread[:, :, 0] / certainty[:, None]
        self.state = self.state + gain * error[:, None]
        self.state[2:, 0] = self.state[2:, 0].clip(min=1e-4)
        self.spread = self.spread - gain[:, :, None] * self.spread[:, 0, None, :]

    def box(self) -> Floats:
        """Where it is expected."""
        middle, half = self.state[:2, 0], self.state[2:, 0] / 2
        return np.concatenate((middle - half, middle + half))

    def off(self, box: Floats) -> float:
        """Standard deviations by which a centre is off, along the worse of both axes."""
        certainty = self.spread[:2, 0, 0] + (NOISE * self._size()[:2]) ** 2
        return float((np.abs(_centred(box)[:2] - self.state[:2, 0]) / np.sqrt(certainty)).max())

    def _size(self) -> Floats:
        """Width and height, once for the centre and once for themselves."""
        return np.tile(self.state[2:, 0], 2)


@dataclass(slots=True, eq=False)
class Track:
    """One thing over time: when and where it was seen, and by what names."""

    number: int
    motion: Motion
    colours: Floats
    votes: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)
    best: float = 0.0

    @property
    def label(self) -> str:
        """The name that most speaks for, over all sightings."""
        return max(self.votes, key=lambda name: self.votes[name])

    @property
    def score(self) -> float:
        """How sure the sightings are of its label, on the whole."""
        return self.votes[self.label] / len(self.seconds)

    @property
    def told(self) -> bool:
        """Whether it was seen often or surely enough to be told."""
        return len(self.seconds) >= TWICE or self.best >= ONCE

    def see(self, seconds: float, sighting: Sighting) -> None:
        """Take a sighting into account."""
        if self.boxes:
            self.motion.seen(sighting.box)
        self.colours = _KEPT * self.colours + (1 - _KEPT) * sighting.colours
        for name, score in sighting.votes.items():
            self.votes[name] = self.votes.get(name, 0.0) + score
        self.seconds.append(seconds)
        self.boxes.append(sighting.box)
        self.best = max(self.best, sighting.score)


Cost = Callable[[Sequence[Track], Sequence[Sighting]], Floats]


class Tracker:
    """Follows things through samples in order of time."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._live: list[Track] = []
        self._at: float | None = None

    @property
    def seen(self) -> list[Track]:
        """Those that the latest sample showed."""
        return [track for track in self._live if track.seconds[-1] == self._at]

    def cut(self) -> None:
        """The picture is another one now: whatever was followed ends."""
        self._live = []

    def take(self, seconds: float, sightings: Sequence[Sighting]) -> None:
        """One sample."""
        since = 0.0 if self._at is None else seconds - self._at
        before, self._at = self._at, seconds
        self._live = [track for track in self._live if seconds - track.seconds[-1] <= COAST]
        for track in self._live:
            track.motion.ahead(since)
        sure = [one for one in sightings if one.score >= SURE]
        faint = [one for one in sightings if SURE / 2 <= one.score < SURE]
        lost, fresh = self._assign(seconds, self._live, sure, _near(OVERLAP))
        recent = [track for track in lost if track.seconds[-1] == before]
        self._assign(seconds, recent, faint, _near(FAINT_OVERLAP))
        lost = [track for track in lost if track.seconds[-1] != seconds]
        _, fresh = self._assign(seconds, lost, fresh, _back(seconds))
        for sighting in fresh:
            self._begin(seconds, sighting)

    def _begin(self, seconds: float, sighting: Sighting) -> None:
        track = Track(len(self.tracks), Motion(sighting.box), sighting.colours)
        track.see(seconds, sighting)
        self.tracks.append(track)
        self._live.append(track)

    def _assign(
        self, seconds: float, tracks: Sequence[Track], sightings: Sequence[Sighting], cost: Cost
    ) -> tuple[list[Track], list[Sighting]]:
        """Give tracks their sightings at the least cost together; what is left of both."""
        if not tracks or not sightings:
            return list(tracks), list(sightings)
        costs = cost(tracks, sightings)
        rows, columns = linear_sum_assignment(np.where(np.isfinite(costs), costs, 1e6))
        matched = zip(rows.tolist(), columns.tolist(), strict=True)
        pairs = [(row, column) for row, column in matched if np.isfinite(costs[row, column])]
        for row, column in pairs:
            tracks[row].see(seconds, sightings[column])
        given, taken = {row for row, _ in pairs}, {column for _, column in pairs}
        left = [track for row, track in enumerate(tracks) if row not in given]
        return left, [one for column, one in enumerate(sightings) if column not in taken]


def _near(least: float) -> Cost:
    """Costs (tracks, sightings) of going on where it is expected; infinite below a share in common."""

    def cost(tracks: Sequence[Track], sightings: Sequence[Sighting]) -> Floats:
        expected = np.array([track.motion.box() for track in tracks])
        shares = overlaps(expected, np.array([one.box for one in sightings]))
        other = np.array([[not (set(one.votes) & set(track.votes)) for one in sightings] for track in tracks])
        return np.where(shares >= least, 1 - shares + OTHER_LABEL * other, np.inf)

    return cost


def _back(seconds: float) -> Cost:
    """Costs (tracks, sightings) of being back at some time: by colours, where name, size and place allow it."""

    def cost(tracks: Sequence[Track], sightings: Sequence[Sighting]) -> Floats:
        return np.array([[_back_one(track, one, seconds) for one in sightings] for track in tracks], np.float64)

    return cost


def _back_one(track: Track, sighting: Sighting, seconds: float) -> float:
    alike = float(np.minimum(track.colours, sighting.colours).sum())
    sizes = _centred(sighting.box)[2:] / _centred(track.boxes[-1])[2:].clip(min=1e-6)
    same = track.label in sighting.votes and alike >= ALIKE
    fits = bool((sizes <= SIZES).all() and (sizes >= 1 / SIZES).all())
    return 1 - alike if same and fits and _within_reach(track, sighting, seconds) else np.inf


def _within_reach(track: Track, sighting: Sighting, seconds: float) -> bool:
    last, now = _centred(track.boxes[-1]), _centred(sighting.box)
    sizes = float((np.abs(now - last)[:2] / last[2:].clip(min=1e-6)).max())
    near = sizes <= REACH * (seconds - track.seconds[-1])
    return near or track.motion.off(sighting.box) <= DEVIATIONS


def _centred(box: Floats) -> Floats:
    """Left, top, right, bottom as centre and size."""
    return np.concatenate(((box[:2] + box[2:]) / 2, box[2:] - box[:2]))
