"""Whether two videos show or play the same, and which stretches of them.

Pictures: the hashes of frames and of their parts name pairs of frames that may be one picture; pairs that lie at one
shift vote for it, and a stretch in which most frames agree stands if both also move alike (`socialflow.video.pace`).
Another recording of the same place has hashes as near as an edited copy has, but it moves otherwise, and other moments
of it are as near. Where nothing moves there is only the picture: it has to agree more closely then. Sound: see
`socialflow.video.audio_prints`. Copies that were made faster or slower are not looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from socialflow.errors import TooLarge
from socialflow.image.hamming import distances_of_all
from socialflow.image.pdq import mirrored
from socialflow.image.regions import CONTENT, COUNT
from socialflow.video.audio_prints import sound_spans
from socialflow.video.copies import DEFAULT_LIMITS, Limits, MatchKind, Medium, Span, VideoMatch
from socialflow.video.pace import Alike, alike
from socialflow.video.prints import VideoFingerprint
from socialflow.video.spans import covered

Table = npt.NDArray[np.uint16]
"""Bits (n, m) by which frames of two videos differ where they are nearest."""
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_WHOLE = (0, CONTENT)
"""Parts that are compared with all parts of the other video: a copy shows a part of the original, or is a part."""
MOST_PAIRS = 1 << 25
"""Frames of the one times frames of the other that are compared."""
_BLOCK = 256
_STEP, _WINDOW = 0.5, 2.0
"""Seconds by which a stretch grows, and of which both move alike then."""
_BESIDE, _AROUND, _CLEARLY = 0.4, 4.0, 4
"""Seconds from a moment of the reference within which it is the same, and within which there are others; bits by which
another one is nearer."""
_GROWS = 0.85
"""Their correlation."""


def matches(query: VideoFingerprint, reference: VideoFingerprint, limits: Limits = DEFAULT_LIMITS) -> VideoMatch | None:
    """What of the query is in the reference; None where nothing is found. Raises TooLarge for films so long that it
    would take minutes to compare them; an index (`socialflow.video.print_index`) tells which parts are worth it."""
    if len(query.times) * len(reference.times) > MOST_PAIRS:
        raise TooLarge("the two together are too long to be compared: half an hour with an hour is possible")
    spans = [*picture_spans(query, reference, limits), *_sounds(query, reference, limits)]
    if not spans:
        return None
    shares = [_shares(query, reference, [span for span in spans if span.medium is medium]) for medium in Medium]
    mine, other = max(shares, key=sum)
    kinds = {
        (True, True): MatchKind.SAME,
        (True, False): MatchKind.EXCERPT,
        (False, True): MatchKind.CONTAINS,
        (False, False): MatchKind.PARTIAL,
    }
    ordered = sorted(spans, key=lambda span: (span.start, span.medium))
    return VideoMatch(kinds[mine >= 0.9, other >= 0.9], tuple(ordered), round(mine, 4), round(other, 4))


def picture_spans(query: VideoFingerprint, reference: VideoFingerprint, limits: Limits = DEFAULT_LIMITS) -> list[Span]:
    """Stretches whose pictures are the same, as they are or mirrored."""
    found: list[Span] = []
    for swapped in (False, True):
        table = frame_distances(query, reference, limits.quality, swapped=swapped)
        found += _Pictures(query, reference, table, limits, swapped).spans()
    return _surest(found)


def frame_distances(
    query: VideoFingerprint, reference: VideoFingerprint, quality: int, *, swapped: bool = False
) -> Table:
    """Bits (n, m) by which the nearest parts of frames differ; 256 where parts have too little in them."""
    hashes = mirrored(query.hashes) if swapped else query.hashes
    made = np.full((len(query.times), len(reference.times)), 256, np.uint16)
    for first in range(0, len(made), _BLOCK):
        rows = slice(first, first + _BLOCK)
        for mine in range(COUNT):
            for other in range(COUNT) if mine in _WHOLE else _WHOLE:
                apart = distances_of_all(_part(hashes[rows], mine), _part(reference.hashes, other))
                apart[query.qualities[rows, mine] < quality] = 256
                apart[:, reference.qualities[:, other] < quality] = 256
                np.minimum(made[rows], apart, out=made[rows])
    return made


def _part(hashes: npt.NDArray[np.uint8], part: int) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(hashes[:, part])


@dataclass(frozen=True, slots=True)
class _Contrast:
    """Share of frames to which no other moment is clearly nearer, and by how many bits others are farther."""

    nearest: float
    bits: float
    frames: int

    def stands_out(self, distance: int, limits: Limits) -> bool:
        """Whether this alone tells that frames show the same, whatever moves."""
        near = self.nearest >= limits.always and distance <= limits.near - 24
        return near and self.bits >= limits.standing_out and self.frames >= limits.several


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Two videos and the distances of their frames."""

    query: VideoFingerprint
    reference: VideoFingerprint
    table: Table
    limits: Limits
    swapped: bool

    def spans(self) -> list[Span]:
        """Stretches that agree, the shift with most votes first; none of a frame twice."""
        free = np.ones(len(self.query.times), bool)
        found: list[Span] = []
        tried: set[int] = set()
        for _ in range(64):
            shift = self._voted(free, tried)
            if shift is None:
                break
            tried.add(shift)
            for rows in self._runs(shift / 2, free):
                span = self._judged(rows, shift / 2)
                if span is not None:
                    found.append(span)
                    free[rows[0] : rows[-1] + 1] = False
        return found

    def _voted(self, free: Mask, tried: set[int]) -> int | None:
        """The shift, in half seconds, for which most frames vote that are not explained yet; None where two do not."""
        rows, columns = np.nonzero((self.table <= self.limits.near) & free[:, None])
        if not len(rows):
            return None
        shifts = np.rint(2 * (self.reference.times[columns] - self.query.times[rows])).astype(np.int64)
        weights = (self.limits.near + 8 - self.table[rows, columns].astype(np.float64)) / self.limits.near
        lowest = int(shifts.min()) - 1
        votes = np.bincount(shifts - lowest, weights, int(shifts.max()) - lowest + 2)
        near = np.convolve(votes, (0.5, 1, 0.5), "same")
        for shift in tried:
            if 0 <= shift - lowest < len(near):
                near[shift - lowest] = 0
        best = int(near.argmax())
        return best + lowest if near[best] >= 1 else None

    def _runs(self, offset: float, free: Mask) -> list[npt.NDArray[np.intp]]:
        """Stretches of frames that agree at a shift without a gap of more than two seconds."""
        distances = self._at(offset)
        rows = np.flatnonzero((distances <= self.limits.agreeing) & free)
        parts = np.split(rows, np.flatnonzero(np.diff(self.query.times[rows]) > 2.0) + 1)
        times = self.query.times
        return [
            part
            for part in parts
            if len(part) >= self.limits.frames and times[part[-1]] - times[part[0]] >= self.limits.seconds
        ]

    def _at(self, offset: float) -> npt.NDArray[np.uint16]:
        """Bits (n,) by which each frame differs from the nearest of those within 0.4 seconds of the shift."""
        wanted = self.query.times + offset
        times = self.reference.times
        found = np.full(len(wanted), 256, np.uint16)
        first = np.searchsorted(times, wanted - 0.4)
        for step in range(3):
            places = first + step
            there = places < len(times)
            there[there] = times[places[there]] <= wanted[there] + 0.4
            rows = np.flatnonzero(there)
            found[rows] = np.minimum(found[rows], self.table[rows, places[rows]])
        return found

    def _judged(self, rows: npt.NDArray[np.intp], offset: float) -> Span | None:
        """A stretch that stands, at the shift at which both move alike."""
        limits, times = self.limits, self.query.times
        start, end = float(times[rows[0]]), float(times[rows[-1]])
        moves = alike(self.query.pace, self.reference.pace, (start, end), offset)
        if moves.correlation < limits.alike:
            moves = replace(moves, offset=offset)
        distances = self._at(moves.offset)[rows]
        middle = int(np.median(distances))
        contrast = self._contrast(rows, distances, moves.offset)
        if (distances <= limits.near).sum() < 2 or not _stands(moves, middle, contrast, limits):
            return None
        if moves.telling:
            start, end = self._grown(start, end, moves.offset)
        end = min(end + 0.5, self.query.seconds)
        confidence = _confidence(moves, middle, len(rows))
        return Span(
            Medium.PICTURE,
            round(start, 3),
            round(end, 3),
            round(moves.offset, 3),
            self.swapped,
            len(rows),
            middle,
            confidence,
        )

    def _contrast(self, rows: npt.NDArray[np.intp], distances: npt.NDArray[np.uint16], offset: float) -> _Contrast:
        """How much nearer frames are than other moments of the reference, half a second to some seconds off."""
        apart = np.abs(self.reference.times - (self.query.times[rows] + offset)[:, None])
        others = np.where((apart <= _AROUND) & (apart > _BESIDE), self.table[rows], 256).min(axis=1).astype(np.int64)
        there = others < 256
        if not there.any():
            return _Contrast(1.0, 0.0, 0)
        nearer = others[there] - distances[there]
        return _Contrast(float((nearer >= -_CLEARLY).mean()), float(np.median(nearer)), len(nearer))

    def _grown(self, start: float, end: float, offset: float) -> tuple[float, float]:
        """The stretch with what is before and behind it as long as both move alike, where hashes are too far apart
        because the picture moves fast."""
        mine, other = self.query, self.reference
        first, last = max(0.0, -offset), min(mine.seconds, other.seconds - offset) - 0.5
        while start > first and self._alike(max(first, start - _STEP), offset, first, last):
            start = max(first, start - _STEP)
        while end < last and self._alike(min(last, end + _STEP) - _WINDOW, offset, first, last):
            end = min(last, end + _STEP)
        return start, end

    def _alike(self, start: float, offset: float, first: float, last: float) -> bool:
        begin = max(first, start)
        span = begin, min(last, begin + _WINDOW)
        moves = alike(self.query.pace, self.reference.pace, span, offset, reach=0.0)
        return moves.telling and moves.correlation >= _GROWS


def _stands(moves: Alike, distance: int, contrast: _Contrast, limits: Limits) -> bool:
    """Whether how both move, or that no other moment is as near, bears out what the hashes say."""
    sure = moves.telling and moves.correlation >= limits.surely
    if (sure and moves.certainty >= limits.beyond_doubt) or contrast.stands_out(distance, limits):
        return True
    if contrast.nearest < limits.nearest:
        return False
    if distance <= limits.close:
        return not moves.telling or moves.correlation >= limits.loosely
    if not moves.telling or moves.certainty < limits.certainty:
        return False
    if distance > limits.far:
        return sure and moves.certainty >= limits.closely
    apart = contrast.bits >= limits.nearer or contrast.nearest >= limits.always
    least = limits.alike if apart else limits.moving
    return moves.correlation >= least and contrast.bits >= 0


def _confidence(moves: Alike, distance: int, frames: int) -> float:
    """More for nearer pictures, for more of them, and for pictures that move alike."""
    near = max(0.0, 1 - distance / 128)
    moving = moves.correlation if moves.telling else 0.6
    return round(float((1 - (1 - near) * (1 - max(0.0, moving))) * (1 - 0.5 ** (frames / 2))), 4)


def _surest(spans: list[Span]) -> list[Span]:
    """Of stretches of the query that overlap by more than half of one, the surer one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (-one.confidence * (one.end - one.start), one.start)):
        shared = (min(span.end, other.end) - max(span.start, other.start) for other in kept)
        if max(shared, default=0.0) <= 0.5 * (span.end - span.start):
            kept.append(span)
    return kept


def _sounds(query: VideoFingerprint, reference: VideoFingerprint, limits: Limits) -> list[Span]:
    return [
        Span(
            Medium.SOUND,
            found.start,
            min(found.end, query.sound_seconds),
            found.offset,
            mirrored=False,
            agreeing=found.agreeing,
            distance=None,
            confidence=round(1 - 0.5 ** (found.agreeing / limits.sound), 4),
        )
        for found in sound_spans(query.peaks, reference.peaks, limits.sound)
    ]


def _shares(query: VideoFingerprint, reference: VideoFingerprint, spans: Sequence[Span]) -> tuple[float, float]:
    """Shares of the query and of the reference that stretches of one medium cover."""
    if not spans:
        return 0.0, 0.0
    sound = spans[0].medium is Medium.SOUND
    lengths = [one.sound_seconds if sound else one.seconds for one in (query, reference)]
    mine = covered([(one.start, one.end) for one in spans])
    other = covered([(one.start + one.offset, one.end + one.offset) for one in spans])
    return min(1.0, mine / max(lengths[0], 1e-3)), min(1.0, other / max(lengths[1], 1e-3))
