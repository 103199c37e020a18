"""What the brightness of all frames tells: light, black and frozen stretches, flicker, flashes, the rate of frames.

Costs a tenth of a millisecond a frame; keeps eight bytes of each.
"""

from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.video.records import Luma
from socialflow.video.stretches import Stretch, Stretches

Levels = npt.NDArray[np.float64]

BLACK_LEVEL = 0.08
"""A pixel is black up to here, of a range from 0 to 1."""
BLACK_SHARE = 0.98
"""A frame is black where so many of its pixels are."""
BLACK_SECONDS = 0.3
FROZEN_SECONDS = 1.0
FROZEN_MEAN = 0.5
"""A frame is that before it while their mean difference is below this, in levels of 255, and ..."""
FROZEN_PART = 4.0
"""... no part of the picture differs by more."""
FLASH = 0.1
"""Change of relative luminance that may make a flash, and the luminance below which its darker side lies (WCAG 2.2)."""
FLASH_DARKER = 0.8
FLASHES = 3
"""More of them in a second are a danger to some viewers."""
_PART = 8
_TOGETHER = 24
"""Frames that are looked at at once."""
_COLUMNS, _LUMINANCE, _BLACK = 6, 2, 3
"""What is told of the light of a frame, and where."""
_SAMPLE = 12_000
"""Pixels of a frame that are enough: of more, every second line is looked at, and of its light every fourth pixel."""


class Brightness:
    """Watches the luma of every frame, stored in the range 16 to 235, or in 0 to 255 where `full_range`."""

    def __init__(self, *, full_range: bool = False) -> None:
        self._table = _table(full_range)
        self._waiting: list[Luma] = []
        self._times: list[float] = []
        self._sums = np.zeros(_COLUMNS)
        self._means = array("f")
        self._motion = _Motion()
        self._flashes = _Flashes()
        self._black = Stretches(BLACK_SECONDS)
        self._black_frames = 0
        self._rate = Rate()

    @property
    def frames(self) -> int:
        """Seen so far."""
        return len(self._means) + len(self._waiting)

    def take(self, seconds: float, luma: Luma) -> None:
        """The next frame. Frames are looked at some together, which is quicker."""
        small = (luma if luma.size <= _SAMPLE else luma[::2]).copy()
        if self._waiting and (len(self._waiting) == _TOGETHER or small.shape != self._waiting[0].shape):
            self._look()
        self._waiting.append(small)
        self._times.append(seconds)

    def _look(self) -> None:
        """Look at the frames that wait."""
        if not self._waiting:
            return
        frames, times = np.stack(self._waiting), self._times
        self._waiting, self._times = [], []
        light = self._light(frames)
        self._sums += light.sum(axis=0)
        self._means.extend(light[:, 0].tolist())
        differences = self._motion.differences(frames)
        black = light[:, _BLACK] >= BLACK_SHARE
        self._black_frames += int(black.sum())
        told = zip(times, frames, differences, black.tolist(), light[:, _LUMINANCE].tolist(), strict=True)
        for seconds, frame, difference, is_black, luminance in told:
            self._black.take(seconds, is_black)
            self._motion.take(seconds, frame, difference, is_black)
            self._flashes.take(seconds, luminance)
            self._rate.take(seconds)

    def told(self) -> Mapping[str, Any]:
        """Everything, as JSON. Raises ValueError where there was no frame."""
        self._look()
        until, frames = self._rate.until, self.frames
        if not frames:
            raise ValueError("no frame was seen")
        mean, contrast, _, _, dark, bright = (self._sums / frames).tolist()
        return {
            "frames": frames,
            "seconds": until,
            "rate": self._rate.told(),
            "brightness": mean,
            "contrast": contrast,
            "clipped_dark": dark,
            "clipped_bright": bright,
            "black_frames": self._black_frames,
            "black": _listed(self._black.end(until)),
            "black_seconds": self._black.seconds,
            "flicker": flicker(np.frombuffer(self._means, np.float32)),
            "flashing": _listed(self._flashes.end(until)),
            **self._motion.told(until),
        }

    def _light(self, frames: Luma) -> npt.NDArray[np.float64]:
        """Of each frame: mean, contrast, relative luminance, black, clipped dark and bright, shares from 0 to 1."""
        samples = frames[:, :, :: 1 if frames[0].size <= _SAMPLE else 4].reshape(len(frames), -1)
        apart = samples + (256 * np.arange(len(frames), dtype=np.int64))[:, None]
        counts = np.bincount(apart.ravel(), minlength=256 * len(frames)).reshape(len(frames), 256)
        light: npt.NDArray[np.float64] = counts @ self._table / samples.shape[1]
        light[:, 1] = np.sqrt(np.maximum(light[:, 1] - light[:, 0] ** 2, 0.0))
        return light


def flicker(means: npt.NDArray[np.float32]) -> float:
    """How much the brightness of frames leaves that between their neighbours', 0 to 1: the median, so that cuts do not
    count.

    >>> flicker(np.array([0.5, 0.6] * 20, np.float32)).__round__(2), flicker(np.linspace(0, 1, 40, dtype=np.float32))
    (0.1, 0.0)
    """
    if len(means) < 3:
        return 0.0
    between = (means[:-2] + means[2:]) / 2
    return round(float(np.median(np.abs(means[1:-1] - between))), 6)


class Rate:
    """When frames come: how many a second, and whether evenly."""

    OFF = 0.25
    """An interval is off where it differs from the median by more than this share of it and two milliseconds."""
    VARYING = 0.05
    """Share of intervals that are off from which the rate counts as varying."""

    def __init__(self) -> None:
        self._intervals = array("f")
        self._last = 0.0
        self._begun = False

    @property
    def until(self) -> float:
        """When the last frame ends: it is shown as long as the middle one of all."""
        return self._last + self._median() if self._begun else 0.0

    def take(self, seconds: float) -> None:
        """The next frame."""
        if self._begun:
            self._intervals.append(seconds - self._last)
        self._begun, self._last = True, seconds

    def told(self) -> Mapping[str, Any]:
        """`mean` frames a second, `varying`, the share of intervals that are `uneven`, and frames that were `dropped`:
        for which an interval is so many times too long.
        """
        intervals = np.frombuffer(self._intervals, np.float32)
        usual = self._median()
        if not usual:
            return {"mean": 0.0, "varying": False, "uneven": 0.0, "dropped": 0}
        uneven = float((np.abs(intervals - usual) > max(self.OFF * usual, 0.002)).mean())
        varying = uneven > self.VARYING
        times = np.round(intervals[intervals > 1.5 * usual] / usual) - 1
        return {
            "mean": len(intervals) / self._last,
            "varying": varying,
            "uneven": uneven,
            "dropped": 0 if varying else int(times.sum()),
        }

    def _median(self) -> float:
        return float(np.median(np.frombuffer(self._intervals, np.float32))) if self._intervals else 0.0


class _Motion:
    """How much frames differ, and where they do not."""

    def __init__(self) -> None:
        self._shown: Luma | None = None
        """The first of the frames that look the same."""
        self._stays = False
        """Whether the frame before looked the same as it."""
        self._last: Luma | None = None
        self._since = 0.0
        self._frozen = Stretches(FROZEN_SECONDS)
        self._sum, self._frames = 0.0, 0

    def differences(self, frames: Luma) -> list[tuple[float, float]]:
        """Of each frame to the one before it: the mean, and in the part that differs most."""
        if self._last is None or self._last.shape != frames[0].shape:
            first, before = [(255.0, 255.0)], frames[:-1]
        else:
            first, before = [], np.concatenate((self._last[None], frames[:-1]))
        self._last = frames[-1]
        means, parts = _differences(before, frames[len(first) :])
        return [*first, *zip(means.tolist(), parts.tolist(), strict=True)]

    def take(self, seconds: float, frame: Luma, difference: tuple[float, float], black: bool) -> None:
        """The next frame, and how it differs from the one before; a black one is not frozen."""
        if self._shown is not None and self._stays and self._shown.shape == frame.shape:
            (mean,), (part,) = _differences(self._shown[None], frame[None])
        else:
            mean, part = difference
        same = self._shown is not None and mean < FROZEN_MEAN and part < FROZEN_PART
        if self._shown is not None:
            self._sum += 0.0 if same else float(mean)
            self._frames += 1
        if not same or black:
            self._frozen.take(seconds, False)
            self._shown, self._since = frame, seconds
        if not black:
            self._frozen.take(self._since, True)
        self._stays = same and not black

    def told(self, until: float) -> Mapping[str, Any]:
        """`motion` is the mean difference of frames, in levels of 255."""
        return {
            "motion": self._sum / self._frames if self._frames else 0.0,
            "frozen": _listed(self._frozen.end(until)),
            "frozen_seconds": self._frozen.seconds,
        }


class _Flashes:
    """Pairs of opposing changes of the whole picture's light, as WCAG 2.2 counts them (2.3.1)."""

    def __init__(self) -> None:
        self._extreme: float | None = None
        self._rising = True
        self._changes: deque[float] = deque()
        self._found = Stretches(0.0)

    def take(self, seconds: float, luminance: float) -> None:
        """Relative luminance of the next frame, 0 to 1."""
        if self._extreme is None:
            self._extreme = luminance
        turned = self._turned(luminance, self._extreme)
        if turned:
            self._rising = not self._rising
            self._changes.append(seconds)
        if turned or (luminance > self._extreme) == self._rising:
            self._extreme = luminance
        while self._changes and self._changes[0] < seconds - 1.0:
            self._changes.popleft()
        many = len(self._changes) > 2 * FLASHES
        self._found.take(seconds, many, self._changes[0] if many else None)

    def end(self, seconds: float) -> list[Stretch]:
        """Where there are too many."""
        return self._found.end(seconds)

    def _turned(self, luminance: float, extreme: float) -> bool:
        change = extreme - luminance if self._rising else luminance - extreme
        return change >= FLASH and min(extreme, luminance) < FLASH_DARKER


def _differences(ones: Luma, others: Luma) -> tuple[Levels, Levels]:
    """Of frames (frames, height, width): the mean of all differences, and the mean in the part that differs most, in
    levels of 255.

    Parts are squares of eight; what is left at the right and below is left out.
    """
    apart = np.maximum(ones, others) - np.minimum(ones, others)
    count, tall, wide = len(apart), *(min(side, _PART) for side in apart.shape[1:])
    height, width = apart.shape[1] // tall * tall, apart.shape[2] // wide * wide
    rows = (
        apart[:, :height]
        .reshape(count, height // tall, tall, apart.shape[2])
        .sum(axis=2, dtype=np.uint16)[:, :, :width]
    )
    parts = rows.reshape(count, height // tall * (width // wide), wide).sum(axis=2, dtype=np.uint32) / (tall * wide)
    return parts.mean(axis=1), parts.max(axis=1)


def _table(full_range: bool) -> npt.NDArray[np.float64]:
    """What each of 256 levels adds to: the mean, the mean square, luminance, black, clipped dark, clipped bright."""
    lowest, highest = (0.0, 255.0) if full_range else (16.0, 235.0)
    level = np.arange(256.0)
    share = np.clip((level - lowest) / (highest - lowest), 0.0, 1.0)
    columns = (share, share**2, share**2.2, share <= BLACK_LEVEL, level <= lowest + 1, level >= highest - 1)
    return np.stack([column.astype(np.float64) for column in columns], axis=1)


def _listed(stretches: list[Stretch]) -> list[Mapping[str, float]]:
    return [asdict(stretch) for stretch in stretches]
