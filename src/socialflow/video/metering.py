"""How loud sound is: ITU-R BS.1770-5 with its gates, EBU Tech 3342 loudness range, and peaks."""

import math
from array import array

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly, sosfilt

from socialflow.video.records import SOUND_RATE, Samples

Energies = npt.NDArray[np.float64]

STEP = SOUND_RATE // 10
"""Samples of a tenth of a second, by which all windows move."""
ABSOLUTE_GATE = -70.0
"""LUFS."""
RELATIVE_GATE = -10.0
RANGE_GATE = -20.0
"""LU below the ungated loudness."""
_SHORT, _LONG = 4, 30
"""Tenths of a second of a momentary and of a short-term window."""
_OFFSET = -0.691
"""So that the filters' gain at 997 Hz counts for nothing (BS.1770, formula 2)."""
_OVERSAMPLED = 4


def k_weighting(rate: int) -> npt.NDArray[np.float64]:
    """The two filters of BS.1770 for a rate of samples, as second-order sections (2, 6).

    Made from the analogue filters that become the standard's coefficients at 48 kHz by the bilinear transform.
    """
    shelf, high_gain = _analogue(1681.974450955533, 0.7071752369554196, rate), 10 ** (3.999843853973347 / 20)
    middle_gain = high_gain**0.4996667741545416
    tangent, quality, norm = shelf
    first = [
        (high_gain + middle_gain * tangent / quality + tangent**2) / norm,
        2 * (tangent**2 - high_gain) / norm,
        (high_gain - middle_gain * tangent / quality + tangent**2) / norm,
    ]
    second = [1.0, -2.0, 1.0]
    passing = _analogue(38.13547087602444, 0.5003270373238773, rate)
    return np.array([[*first, *_poles(*shelf)], [*second, *_poles(*passing)]])


def _analogue(frequency: float, quality: float, rate: int) -> tuple[float, float, float]:
    tangent = math.tan(math.pi * frequency / rate)
    return tangent, quality, 1 + tangent / quality + tangent**2


def _poles(tangent: float, quality: float, norm: float) -> list[float]:
    return [1.0, 2 * (tangent**2 - 1) / norm, (1 - tangent / quality + tangent**2) / norm]


class LoudnessMeter:
    """Hears one channel of `SOUND_RATE` samples a second, in whole steps, and keeps eight bytes of each."""

    def __init__(self) -> None:
        self._filters = k_weighting(SOUND_RATE)
        self._state = np.zeros((2, 2))
        self._energies = array("d")

    def take(self, samples: Samples) -> None:
        """The next samples: a multiple of `STEP`."""
        weighted, self._state = sosfilt(self._filters, samples.astype(np.float64), zi=self._state)
        self._energies.extend(np.square(weighted).reshape(-1, STEP).mean(axis=1).tolist())

    def integrated(self) -> float | None:
        """Gated loudness of the whole, LUFS; None: shorter than 0.4 seconds, or all below the gate."""
        energies = self._windows(_SHORT)
        heard = energies[_loudness(energies) >= ABSOLUTE_GATE]
        if not len(heard):
            return None
        gate = _loudness(heard.mean()) + RELATIVE_GATE
        return float(_loudness(heard[_loudness(heard) >= gate].mean()))

    def loudness_range(self) -> float | None:
        """Between the 10th and the 95th percentile of short-term loudness, LU; None: shorter than 3 seconds, or all
        below the gate.
        """
        energies = self._windows(_LONG)
        heard = energies[_loudness(energies) >= ABSOLUTE_GATE]
        if not len(heard):
            return None
        levels = _loudness(heard)
        low, high = np.percentile(levels[levels >= _loudness(heard.mean()) + RANGE_GATE], (10, 95))
        return float(high - low)

    def loudest(self, tenths: int = _SHORT) -> float | None:
        """The loudest window, LUFS: momentary (4 tenths of a second) or short-term (30); None: below the gate."""
        energies = self._windows(tenths)
        loudest = float(_loudness(energies.max())) if len(energies) else ABSOLUTE_GATE - 1
        return loudest if loudest >= ABSOLUTE_GATE else None

    def _windows(self, tenths: int) -> Energies:
        """Mean energies of all windows of so many tenths."""
        steps = np.frombuffer(self._energies)
        if len(steps) < tenths:
            return np.zeros(0)
        means: Energies = np.lib.stride_tricks.sliding_window_view(steps, tenths).mean(axis=1)
        return means


def _loudness(energies: Energies) -> Energies:
    """LUFS of mean energies of one channel."""
    loudness: Energies = _OFFSET + 10 * np.log10(np.maximum(energies, 1e-20))
    return loudness


class PeakMeter:
    """The highest sample, and the highest peak between samples (BS.1770-5 annex 2, four times oversampled).

    Between samples it looks beside the highest samples of what it takes at once, where a higher peak may be.
    """

    _REACH = 1.5
    """A peak between samples that stands higher above those beside it is not looked for: music and speech have none."""
    _WINDOW, _ROUND, _LOOKED = 80, 24, 4
    """Samples that are looked at together, those beside them on each side, and windows that are looked at."""

    def __init__(self) -> None:
        self.sample, self.true = 0.0, 0.0
        self._length = self._WINDOW + 2 * self._ROUND
        self._before: Samples = np.zeros(self._length, np.float32)
        oversampled = resample_poly(np.eye(self._length), _OVERSAMPLED, 1, axis=0)
        inner = slice(self._ROUND * _OVERSAMPLED, -self._ROUND * _OVERSAMPLED)
        self._between = oversampled[inner].T.astype(np.float32)

    def take(self, samples: Samples) -> None:
        """The next samples, any number."""
        joined = np.concatenate((self._before, samples))
        self._before = joined[-self._length :]
        starts = np.append(np.arange(0, len(joined) - self._length, self._WINDOW), len(joined) - self._length)
        windows = np.lib.stride_tricks.sliding_window_view(joined, self._length)[starts]
        peaks = np.abs(windows).max(axis=1)
        highest = np.argsort(peaks)[-self._LOOKED :]
        self.sample = max(self.sample, float(peaks[highest[-1]]))
        self.true = max(self.true, self.sample)
        near = windows[highest[peaks[highest] * self._REACH > self.true]]
        if len(near):
            self.true = max(self.true, float(np.abs(near @ self._between).max()))


def decibels(amplitude: float, least: float = -120.0) -> float:
    """Of an amplitude, 1 being full scale.

    >>> decibels(1.0), decibels(0.0)
    (0.0, -120.0)
    """
    return max(least, 20 * math.log10(amplitude)) if amplitude > 0 else least
