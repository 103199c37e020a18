"""Videos and sounds that are known: what is kept of one, and an index that names candidates among many.

Frames (vPDQ: PDQ hashes within 31 bits) and landmarks of sound name candidates; `socialflow.video.matching` decides
them, and tells which stretches are the same. A copy so changed that no frame of it comes within 31 bits, and whose
sound is another, is not found here, though `matches` may tell it from its original.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from scipy.sparse import csr_array

from socialflow.errors import InvalidInput
from socialflow.image.hamming import distances
from socialflow.image.pdq import HASH_BYTES, LOW_QUALITY, MATCH, mirrored
from socialflow.image.regions import CONTENT, COUNT
from socialflow.moderation.banks.records import DIGEST_BYTES, BankKind, ByteArray, Longs, Print, Shared, Stretch
from socialflow.video.audio_prints import landmarks
from socialflow.video.copies import DEFAULT_LIMITS, Medium, Span
from socialflow.video.matching import matches
from socialflow.video.print_index import PrintIndex
from socialflow.video.prints import FrameHash, VideoFingerprint
from socialflow.video.spans import covered

MOST_CANDIDATES = 8
"""Films that are compared in full."""
_LEAST_FRAMES = 2
_ALIKE = 6
"""Bits by which frames one after the other may differ that are kept as one."""
_AT_ONCE = 256
"""Frames that are looked for together: each may be in very many films."""
_COMMON = 1_000
"""Places at which the index has a landmark, beyond which it says nothing."""
_STILL = replace(DEFAULT_LIMITS, close=MATCH)
"""Limits where how a picture moves is not known, as of plain vPDQ: its hashes alone decide, by vPDQ's own distance."""


def print_of(film: VideoFingerprint, *, sound_only: bool = False) -> Print:
    """What is kept of a video, or of its sound alone.

    Raises InvalidInput where there is nothing to compare.
    """
    kept = heard(film) if sound_only else film
    good = kept.qualities[:, 0] >= LOW_QUALITY
    if not good.any() and not len(kept.peaks):
        raise InvalidInput("there is nothing in this print that could be compared", field="fingerprint")
    payload = kept.to_bytes()
    quality = int(np.median(kept.qualities[:, 0])) if len(kept.qualities) else 100
    kind = BankKind.AUDIO if sound_only else BankKind.VIDEO
    return Print(kind, blake2b(payload, digest_size=DIGEST_BYTES).digest(), quality, payload)


def heard(film: VideoFingerprint) -> VideoFingerprint:
    """The sound of a film."""
    return replace(
        film,
        seconds=0.0,
        numbers=film.numbers[:0],
        times=film.times[:0],
        hashes=film.hashes[:0],
        qualities=film.qualities[:0],
        pace=film.pace[:0],
    )


def of_frames(frames: Sequence[FrameHash]) -> VideoFingerprint:
    """A film of which only vPDQ is known. Raises InvalidInput unless its times go forward."""
    times = np.array([frame.seconds for frame in frames], np.float64)
    if not len(times) or times[0] < 0 or (np.diff(times) < 0).any() or not np.isfinite(times).all():
        raise InvalidInput("vPDQ is a list of frames in the order of their times, one at least", field="frames")
    hashes = np.zeros((len(frames), COUNT, HASH_BYTES), np.uint8)
    qualities = np.zeros((len(frames), COUNT), np.uint8)
    hashes[:, 0] = [frame.pdq.bits for frame in frames]
    qualities[:, 0] = [frame.pdq.quality for frame in frames]
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    return VideoFingerprint(
        round(float(times[-1]) + step, 3),
        0.0,
        np.array([frame.frame for frame in frames], np.int64),
        np.rint(1000 * times) / 1000,
        hashes,
        qualities,
        np.zeros(0, np.uint8),
        np.zeros(0, np.int32),
    )


@dataclass(frozen=True, slots=True)
class Common:
    """What two films share: stretches, shares of both, and the certainty of the surest stretch."""

    spans: tuple[Shared, ...]
    of_query: float
    of_reference: float
    confidence: float

    @property
    def seconds(self) -> float:
        """Of the query that are the same."""
        return covered((span.start, span.end) for span in self.spans)


def compared(query: VideoFingerprint, payload: bytes, owned: Stretch | None) -> Common | None:
    """What a film shares with a kept one, of which the stretch `owned` counts; None: nothing. Raises TooLarge."""
    reference = VideoFingerprint.from_bytes(payload)
    still = not len(query.pace) or not len(reference.pace)
    found = matches(query, reference, _STILL if still else DEFAULT_LIMITS)
    if found is None:
        return None
    spans = tuple(shared for span in found.spans if (shared := _owned(span, owned)) is not None)
    if not spans:
        return None
    if owned is None:
        return Common(spans, found.of_query, found.of_reference, found.confidence)
    lengths = max(query.seconds, query.sound_seconds), owned.end - owned.start
    mine = max(covered((one.start, one.end) for one in spans if one.medium == medium) for medium in Medium)
    its = max(covered((one.reference_start, one.reference_end) for one in spans if one.medium == m) for m in Medium)
    shares = (min(1.0, mine / max(lengths[0], 1e-3)), min(1.0, its / lengths[1]))
    return Common(spans, round(shares[0], 4), round(shares[1], 4), found.confidence)


def _owned(span: Span, owned: Stretch | None) -> Shared | None:
    """A stretch as far as it lies in what is owned."""
    start, end = span.start + span.offset, span.end + span.offset
    if owned is not None:
        start, end = max(start, owned.start), min(end, owned.end)
    if end <= start:
        return None
    first, last = round(start - span.offset, 3), round(end - span.offset, 3)
    return Shared(span.medium, first, last, round(start, 3), round(end, 3), span.mirrored)


class FilmIndex:
    """Films by number, 0, 1, ...; none ever goes. Not safe to change while another thread asks."""

    def __init__(self) -> None:
        self._frames = PrintIndex()
        self._sounds = _Sounds()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, payloads: Sequence[bytes]) -> None:
        """Take in films, numbered on."""
        for payload in payloads:
            film = VideoFingerprint.from_bytes(payload)
            good = film.qualities >= LOW_QUALITY
            frames = np.concatenate([_leaders(film.hashes[good[:, part], part])[0] for part in range(COUNT)])
            self._frames.add(self._count, frames, np.zeros(len(frames)))
            marks = landmarks(film.peaks)
            self._sounds.extend(marks.keys, np.full(len(marks.keys), self._count), marks.frames)
            self._count += 1

    def settle(self) -> None:
        """Make the tables anew, of all that is there."""
        self._frames.settle()

    def candidates(self, query: VideoFingerprint, allowed: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[int]:
        """Films, of those `allowed` (by number), that share frames or landmarks with one, the likeliest first."""
        seen, heard_of = self._seen(query), self._sounds.votes(query, self._count)
        likely = np.where(seen >= _LEAST_FRAMES, seen, 0) / max(1, len(query.times))
        likely = likely + np.where(heard_of >= DEFAULT_LIMITS.sound, heard_of, 0) / max(1.0, query.sound_seconds)
        likely[~allowed] = 0
        order = np.argsort(-likely, kind="stable")[:MOST_CANDIDATES]
        return [int(row) for row in order if likely[row] > 0]

    def _seen(self, query: VideoFingerprint) -> Longs:
        """Frames (films,) of the query that each film has."""
        due = np.unique(np.searchsorted(query.times, np.arange(0.0, query.seconds + 1.0)))
        asked, whose = _asked(query, due[due < len(query.times)])
        each, which = _leaders(asked)
        film_has, frame_has = [np.zeros((2, 0), np.int64)], _pairs(which, whose)
        for first in range(0, len(each), _AT_ONCE):
            hits = self._frames.search(each[first : first + _AT_ONCE])
            film_has.append(_pairs(hits.owners, hits.queries + first))
        of_films = _table(np.concatenate(film_has, axis=1), (self._count, len(each)))
        of_frames = _table(frame_has, (len(each), len(query.times)))
        return np.diff((of_films @ of_frames).indptr).astype(np.int64)


def _leaders(hashes: ByteArray) -> tuple[ByteArray, Longs]:
    """Of hashes (q, 32) in a row those (n, 32) that differ from the one kept before them, and which one (q,) stands for
    each: what stands still for an hour is a few, which need not be held against each other thousands of times."""
    first = np.ones(len(hashes), bool)
    still = np.flatnonzero(np.bitwise_count(hashes[1:] ^ hashes[:-1]).sum(axis=1) <= _ALIKE)
    place = 0
    while place < len(still):
        row = int(still[place])
        departed = _departs(hashes, row)
        first[row + 1 : departed] = False
        place = int(np.searchsorted(still, departed))
    return hashes[first], np.cumsum(first) - 1


def _departs(hashes: ByteArray, row: int) -> int:
    """The next row that differs from this one."""
    first, length = row + 1, 4
    while first < len(hashes):
        others = np.flatnonzero(distances(hashes[row], hashes[first : first + length]) > _ALIKE)
        if len(others):
            return first + int(others[0])
        first, length = first + length, 4 * length
    return len(hashes)


def _pairs(ones: Longs, others: Longs) -> Longs:
    """Pairs (2, p), each once."""
    return np.unique(np.stack((ones, others)), axis=1)


def _table(pairs: Longs, shape: tuple[int, int]) -> "csr_array[np.bool_]":
    """Pairs (2, p) as a sparse table of true."""
    return csr_array((np.ones(pairs.shape[1], np.bool_), (pairs[0], pairs[1])), shape)


def _asked(query: VideoFingerprint, frames: Longs) -> tuple[ByteArray, Longs]:
    """Hashes (q, 32) of frames and of what lies within their borders, as they are and mirrored, and whose each is."""
    hashes, whose = [np.zeros((0, HASH_BYTES), np.uint8)], [np.zeros(0, np.int64)]
    for part in (0, CONTENT):
        good = frames[query.qualities[frames, part] >= LOW_QUALITY]
        if part == CONTENT:
            good = good[(query.hashes[good, 0] != query.hashes[good, CONTENT]).any(axis=1)]
        for rows in (query.hashes[good, part], mirrored(query.hashes[good, part])):
            hashes.append(rows)
            whose.append(good.astype(np.int64))
    return np.ascontiguousarray(np.concatenate(hashes)), np.concatenate(whose)


class _Sounds:
    """Landmarks of many sounds in sorted pieces, a piece joined with those before it that are no longer."""

    def __init__(self) -> None:
        self._pieces: list[tuple[Longs, Longs, Longs]] = []

    def extend(self, keys: Longs, owners: Longs, frames: Longs) -> None:
        """Take in landmarks (n,) with their owners and frames."""
        if not len(keys):
            return
        piece = keys, owners, frames
        while self._pieces and len(self._pieces[-1][0]) <= len(piece[0]):
            before = self._pieces.pop()
            piece = (
                np.concatenate((before[0], piece[0])),
                np.concatenate((before[1], piece[1])),
                np.concatenate((before[2], piece[2])),
            )
        order = np.argsort(piece[0], kind="stable")
        self._pieces.append((piece[0][order], piece[1][order], piece[2][order]))

    def votes(self, query: VideoFingerprint, count: int) -> Longs:
        """Landmarks (films,) that agree at the one shift of each film at which most do."""
        best = np.zeros(count, np.int64)
        marks = landmarks(query.peaks)
        found = [self._hits(marks.keys + later, marks.frames) for later in (-1, 0, 1)] if len(marks.keys) else []
        owners = np.concatenate([np.zeros(0, np.int64), *(owners for owners, _ in found)])
        shifts = np.concatenate([np.zeros(0, np.int64), *(shifts for _, shifts in found)])
        if not len(owners):
            return best
        lowest, width = int(shifts.min()), int(np.ptp(shifts)) + 3
        places, counts = np.unique(owners * width + (shifts - lowest), return_counts=True)
        beside = np.zeros(len(places), np.int64)
        follows = np.flatnonzero(np.diff(places) == 1)
        beside[follows] += counts[follows + 1]
        np.maximum.at(best, places // width, counts + beside)
        return best

    def _hits(self, keys: Longs, frames: Longs) -> tuple[Longs, Longs]:
        """Owners, and by how many frames later a landmark is there."""
        owners, shifts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for sorted_keys, whose, when in self._pieces:
            first = np.searchsorted(sorted_keys, keys, "left")
            counts = np.searchsorted(sorted_keys, keys, "right") - first
            counts[counts > _COMMON] = 0
            rows = np.repeat(np.arange(len(counts)), counts)
            places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + first[rows]
            owners.append(whose[places])
            shifts.append(when[places] - frames[rows])
        return np.concatenate(owners), np.concatenate(shifts)
