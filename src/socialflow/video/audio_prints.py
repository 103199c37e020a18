"""Landmarks of sound: pairs of peaks of a spectrogram, which noise, compression and loudness leave where they are.

Wang, "An industrial-strength audio search algorithm", ISMIR 2003. Two peaks make a key of both frequencies and the time
between them; recordings that are the same have many keys in common at one and the same shift. Peaks alone are kept,
keys are made of them when they are needed. Peaks move by one frame when a copy begins between two frames, so that one
side is asked with times between peaks that are a frame shorter and longer too.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter

from socialflow.video.records import SOUND_RATE, Samples

Peaks = npt.NDArray[np.int32]
"""Peaks (n,) in order: frame of the spectrogram times `BINS`, plus frequency."""
Longs = npt.NDArray[np.int64]

HOP, WINDOW = 512, 1024
"""Samples from frame to frame of the spectrogram, and of one frame."""
BINS = WINDOW // 2
FRAME_SECONDS = HOP / SOUND_RATE
_LOWEST, _HIGHEST = 8, 400
"""Bins of 15.6 Hz that are listened to."""
_BEFORE, _ASIDE = 6, 14
"""Frames and bins on each side than which a peak is louder."""
_QUIET, _ABOVE = -80.0, 6.0
"""Decibels of full scale below which nothing is a peak, and by which a peak is above the median of its surroundings."""
_CHUNK = 320
"""Frames that are looked at once."""
_FAN, _REACH, _NEXT = 5, 63, 14
"""Partners of a peak, frames and peaks within which they are looked for."""
_APART = 127
"""Bins between partners at most."""
_COMMON = 40
"""Places at which one recording has a key, beyond which it says nothing."""
_GAP = 4.0
"""Seconds without an agreeing landmark that one span may have."""
_SHARE = 0.2
"""Of the query's landmarks in a stretch that agree at least: decoders fill the same gaps with the same noise."""
_WINDOW = np.hanning(WINDOW).astype(np.float32)


class Listener:
    """Takes sound as it comes and keeps its peaks."""

    def __init__(self) -> None:
        self._samples = np.zeros(0, np.float32)
        self._levels = np.zeros((0, BINS), np.float32)
        self._base = self._done = 0
        """Numbers of the first frame of `_levels`, and of the first whose peaks are not noted."""
        self._found: list[Peaks] = []

    def take(self, samples: Samples) -> None:
        """The next stretch."""
        self._samples = np.concatenate((self._samples, samples))
        if len(self._samples) >= HOP * 64:
            self._listen()

    def peaks(self) -> Peaks:
        """Those of everything that was taken."""
        self._listen()
        self._pick(len(self._levels))
        return np.concatenate(self._found) if self._found else np.zeros(0, np.int32)

    def _listen(self) -> None:
        count = (len(self._samples) - WINDOW) // HOP + 1
        if count < 1:
            return
        self._levels = np.concatenate((self._levels, levels(self._samples[: (count - 1) * HOP + WINDOW])))
        self._samples = self._samples[count * HOP :].copy()
        if len(self._levels) >= _CHUNK:
            self._pick(len(self._levels) - _BEFORE)

    def _pick(self, until: int) -> None:
        """Note peaks of the levels before `until` that were not noted yet; keep what those after need."""
        frames, bins = np.divmod(peaks_of(self._levels).astype(np.int64), BINS)
        new = (frames >= self._done - self._base) & (frames < until)
        self._found.append(((frames[new] + self._base) * BINS + bins[new]).astype(np.int32))
        self._done = self._base + until
        kept = max(0, until - _BEFORE)
        self._base += kept
        self._levels = self._levels[kept:].copy()


def levels(samples: Samples) -> Samples:
    """Loudness (n, `BINS`) of the frames of a sound, decibels of full scale."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)[:, :BINS]) / (WINDOW / 4)
    made: Samples = (20 * np.log10(np.maximum(power, 1e-8))).astype(np.float32)
    return made


def peaks_of(loud: Samples) -> Peaks:
    """Peaks of a spectrogram (n, `BINS`): the loudest around, and clearly above what is around."""
    if not len(loud):
        return np.zeros(0, np.int32)
    highest = maximum_filter(loud, (2 * _BEFORE + 1, 2 * _ASIDE + 1), mode="constant", cval=-200.0)
    floor = np.maximum(_QUIET, np.median(loud, axis=1, keepdims=True) + _ABOVE)
    marks = (loud >= highest) & (loud > floor)
    marks[:, :_LOWEST] = marks[:, _HIGHEST:] = False
    return np.flatnonzero(marks).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Pairs of peaks: `keys` (n,), and the frames of their first peaks."""

    keys: Longs
    frames: Longs


def landmarks(peaks: Peaks) -> Landmarks:
    """Pairs of each peak with the next few that are not far away."""
    frames, bins = np.divmod(peaks.astype(np.int64), BINS)
    taken = np.zeros(len(peaks), np.int64)
    keys, begun = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for step in range(1, min(_NEXT, len(peaks) - 1) + 1):
        later, apart = frames[step:] - frames[:-step], bins[step:] - bins[:-step]
        good = (later >= 2) & (later <= _REACH) & (np.abs(apart) <= _APART) & (taken[:-step] < _FAN)
        taken[:-step] += good
        keys.append(((bins[:-step] << 15) | ((apart + _APART + 1) << 7) | later)[good])
        begun.append(frames[:-step][good])
    return Landmarks(np.concatenate(keys), np.concatenate(begun))


@dataclass(frozen=True, slots=True)
class SoundSpan:
    """Where sounds are the same: seconds of the query, by how much later it is in the reference, and how many
    landmarks agree."""

    start: float
    end: float
    offset: float
    agreeing: int


def sound_spans(query: Peaks, reference: Peaks, least: int = 12) -> list[SoundSpan]:
    """Stretches of the query whose landmarks are in the reference at one shift, the one with most of them first.

    `least` landmarks, each at another time, agree in every one of them, and a part of those that the query has there.
    """
    marks = landmarks(query)
    mine, shifts = _agreeing(marks, landmarks(reference))
    there = np.unique(marks.frames)
    found = []
    for _ in range(32):
        if len(shifts) < least:
            break
        counts = np.bincount(shifts - shifts.min(), minlength=3)
        near = np.convolve(counts, (1, 1, 1), "same")
        best = int(near.argmax())
        if near[best] < least:
            break
        shift = best + int(shifts.min())
        here = np.abs(shifts - shift) <= 1
        found += _stretches(np.unique(mine[here]), there, shift, least)
        mine, shifts = mine[~here], shifts[~here]
    return found


def _agreeing(query: Landmarks, reference: Landmarks) -> tuple[Longs, Longs]:
    """Frames of the query's landmarks that the reference has, and by how many frames later they are there."""
    order = np.argsort(reference.keys, kind="stable")
    keys, frames = reference.keys[order], reference.frames[order]
    mine, shifts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for later in (-1, 0, 1):
        first = np.searchsorted(keys, query.keys + later, "left")
        counts = np.searchsorted(keys, query.keys + later, "right") - first
        counts[counts > _COMMON] = 0
        rows = np.repeat(np.arange(len(counts)), counts)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + first[rows]
        mine.append(query.frames[rows])
        shifts.append(frames[places] - query.frames[rows])
    pairs = np.unique(np.stack((np.concatenate(mine), np.concatenate(shifts)), axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _stretches(frames: Longs, there: Longs, shift: int, least: int) -> list[SoundSpan]:
    """Spans of agreeing frames without a long gap, those with enough of them."""
    parts = np.split(frames, np.flatnonzero(np.diff(frames) > _GAP / FRAME_SECONDS) + 1)
    return [
        SoundSpan(
            round(float(part[0] * FRAME_SECONDS), 3),
            round(float((part[-1] + 2) * FRAME_SECONDS), 3),
            round(shift * FRAME_SECONDS, 3),
            len(part),
        )
        for part in parts
        if len(part) >= max(least, _SHARE * np.count_nonzero((there >= part[0]) & (there <= part[-1])))
    ]
