"""Sound: loudness, peaks, clipping, silence, and how far speech stands above noise.

What is heard is one channel at 16 kHz, so what differs between channels, and what lies above 8 kHz, is not judged:
`missing` names `sound:channels` where there were several, and `sound:treble` where there was more to hear.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np

from socialflow.kit.findings import Finding
from socialflow.video.metering import STEP, LoudnessMeter, PeakMeter, decibels
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import SOUND_RATE, Samples, VideoInfo
from socialflow.video.stretches import Stretches

SILENCE = -60.0
"""Decibels of full scale below which a tenth of a second is silent."""
SILENCE_SECONDS = 1.0
BOTH_SIDES = 10 * np.log10(2)
"""LU by which sound of two equal channels is louder than one of them."""
_GATHERED = SOUND_RATE
_FRAME = SOUND_RATE // 50
_FLOOR, _BINS = -100, 200
"""Levels of frames are counted from here up, in halves of a decibel."""


class LoudnessObserver(Observer):
    """Loudness as ITU-R BS.1770 has it, and what is wrong with the sound."""

    name: ClassVar[str] = "loudness"
    needs: ClassVar[Needs] = Needs(sound=True)

    def __init__(self) -> None:
        self._loudness, self._peaks = LoudnessMeter(), PeakMeter()
        self._silence = Stretches(SILENCE_SECONDS)
        self._clipping = Stretches(0.0)
        self._levels = np.zeros(_BINS, np.int64)
        self._waiting: list[Samples] = []
        self._gathered = 0
        self._heard, self._clipped, self._sum = 0, 0, 0.0
        self._channels, self._rate, self._damaged = 1, SOUND_RATE, False

    def begin(self, info: VideoInfo) -> None:
        """Learn how many channels the one that is heard was made from."""
        self._channels, self._rate = info.audio_channels, info.audio_rate

    def sound(self, seconds: float, samples: Samples) -> None:  # noqa: ARG002 (none is left out)
        """Gather samples until a second of them is worth a look."""
        self._waiting.append(samples.copy())
        self._gathered += len(samples)
        if self._gathered >= _GATHERED:
            self._look()

    def end(self) -> Finding:
        """Everything; nothing but `seconds` 0 where nothing was heard."""
        self._look()
        rest = self._joined()
        if len(rest):
            self._count(rest)
        if not self._heard:
            return Finding({"seconds": 0.0}, missing=("sound",))
        body = {**self._told(), "loudness": self._loud(), "range": self._loudness.loudness_range()}
        return Finding(body, missing=tuple(self._missing(body)))

    def _told(self) -> Mapping[str, Any]:
        seconds = self._heard / SOUND_RATE
        return {
            "seconds": seconds,
            "momentary": _lifted(self._loudness.loudest(), self._lift),
            "peak": decibels(self._peaks.sample),
            "true_peak": decibels(self._peaks.true),
            "clipped": self._clipped / self._heard,
            "clipping": [asdict(stretch) for stretch in self._clipping.end(seconds)],
            "silence": [asdict(stretch) for stretch in self._silence.end(seconds)],
            "silence_seconds": self._silence.seconds,
            "offset": self._sum / self._heard,
            "speech_to_noise": speech_to_noise(self._levels),
        }

    @property
    def _lift(self) -> float:
        return float(BOTH_SIDES) if self._channels > 1 else 0.0

    def _loud(self) -> float | None:
        return _lifted(self._loudness.integrated(), self._lift)

    def _missing(self, body: Mapping[str, Any]) -> list[str]:
        named = {
            "sound:channels": self._channels > 1,
            "sound:treble": self._rate > SOUND_RATE,
            "sound:damaged": self._damaged,
            "loudness": body["loudness"] is None,
            "loudness:range": body["range"] is None,
        }
        return [name for name, lacks in named.items() if lacks]

    def _look(self) -> None:
        """Measure whole tenths of a second of what was gathered, keep the rest."""
        samples = self._joined()
        whole = len(samples) // STEP * STEP
        if whole:
            self._measure(samples[:whole])
        if len(samples) > whole:
            self._waiting, self._gathered = [samples[whole:]], len(samples) - whole

    def _joined(self) -> Samples:
        """What was gathered, which is gathered no more; damaged samples become silence."""
        if not self._waiting:
            return np.zeros(0, np.float32)
        samples: Samples = np.concatenate(self._waiting)
        self._waiting, self._gathered = [], 0
        if not np.isfinite(samples).all():
            self._damaged = True
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        return np.clip(samples, -8.0, 8.0)

    def _measure(self, samples: Samples) -> None:
        begun = self._heard / SOUND_RATE
        self._loudness.take(samples)
        tenths = samples.reshape(-1, STEP)
        loud = np.sqrt(np.square(tenths, dtype=np.float64).mean(axis=1))
        clipped = clipped_samples(tenths)
        for place, (level, over) in enumerate(zip(loud.tolist(), clipped.tolist(), strict=True)):
            at = begun + place / 10
            self._silence.take(at, decibels(level) < SILENCE)
            self._clipping.take(at, over > 0)
        self._clipped += int(clipped.sum())
        self._count(samples)

    def _count(self, samples: Samples) -> None:
        self._peaks.take(samples)
        self._heard += len(samples)
        self._sum += float(samples.sum(dtype=np.float64))
        frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
        levels = 10 * np.log10(np.maximum(np.square(frames, dtype=np.float64).mean(axis=1), 1e-12))
        places = np.clip(2 * (levels - _FLOOR), 0, _BINS - 1).astype(np.int64)
        self._levels += np.bincount(places, minlength=_BINS)


def clipped_samples(tenths: Samples) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Samples of each window (windows, samples) that were cut off at its top; 0 where it was not cut.

    A wave that was cut stays near its peak: of a sine, 1.2 times as many samples lie within 3 % of the peak as in the
    7 % below; where a decibel is cut off, over 4 times.
    """
    level = np.abs(tenths)
    peak = level.max(axis=1, keepdims=True)
    top = (level >= 0.97 * peak).sum(axis=1)
    below = (level >= 0.90 * peak).sum(axis=1) - top
    cut = (peak[:, 0] >= 0.89) & (top >= 8) & (top > 3 * below)
    clipped: np.ndarray[tuple[int], np.dtype[np.int64]] = np.where(cut, top, (level > 1.0).sum(axis=1))
    return clipped


def speech_to_noise(levels: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float | None:
    """Decibels by which the louder frames of 20 ms stand above the quietest tenth, from a histogram of their levels.

    Of speech that pauses, this is its ratio to the noise behind it; of music it says little. Frames without any sound
    are left out. None: nothing was heard, or all is as loud.
    """
    energies = 10 ** ((np.arange(_BINS) / 2 + 0.25 + _FLOOR) / 10)
    counts = levels.copy()
    counts[0] = 0
    total = int(counts.sum())
    if not total:
        return None
    quiet = int(np.searchsorted(np.cumsum(counts), 0.1 * total))
    noise = energies[quiet]
    active = counts[quiet + 12 :]
    if not active.sum():
        return None
    speech = float((active * energies[quiet + 12 :]).sum() / active.sum()) - noise
    return round(float(10 * np.log10(speech / noise)), 2)


def _lifted(loudness: float | None, by: float) -> float | None:
    return None if loudness is None else loudness + by
