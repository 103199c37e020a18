"""How many bits a second a video needs, by its size, rate, codec and content.

The curve: 3 Mbit/s for H.264 at 1920 x 1080 and 30 frames a second of usual content; with the 0.75th power of pixels,
as larger pictures have more that is alike; 1.5 times for twice the frames; times what other codecs need for the same
look. The powers of detail, motion and pixels are those that x264 at CRF 23 takes for 28 clips of 40 to 900 thousand
pixels (deviation 26 %); the curve gives half as much again.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

REFERENCE_BITS, REFERENCE_PIXELS, REFERENCE_RATE = 3_000_000, 1920 * 1080, 30.0
PIXELS_POWER, RATE_POWER = 0.75, 0.585
CODECS = {
    "h264": 1.0,
    "hevc": 0.6,
    "vp9": 0.65,
    "av1": 0.5,
    "vp8": 1.2,
    "mpeg4": 1.6,
    "mpeg2video": 2.0,
    "mpeg1video": 2.4,
    "flv1": 1.8,
    "mjpeg": 6.0,
    "gif": 12.0,
}
"""Bits for the same look, H.264 being 1."""
LEAST, MOST = 0.35, 2.5
"""Complexity, at least and at most."""
FEW, MANY = 0.35, 4.0
"""Shares of the optimum from which bits are too few, and more than can be seen."""

Verdict = Literal["low", "good", "high", "unknown"]


@dataclass(frozen=True, slots=True)
class BitRate:
    """Bits a second of the pictures: what they have (None: not known), what is best for them, `low` and `high` around
    it; `bits_per_pixel` and frame; how complex the content is, 1 being usual; and why.
    """

    bits: int | None
    optimum: int
    low: int
    high: int
    bits_per_pixel: float | None
    complexity: float
    verdict: Verdict
    reasons: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """Of the optimum."""
        return None if self.bits is None else self.bits / self.optimum


def complexity(detail: float, motion: float) -> float:
    """How many times the bits of usual content, from the differences of neighbours and of frames in levels of 255."""
    return float(np.clip(((detail + 0.3) / 3.3) ** 0.22 * ((motion + 0.3) / 2.3) ** 0.4, LEAST, MOST))


def bit_rate(codec: str, pixels: int, rate: float, content: float, bits: int | None) -> BitRate:
    """Judge the bits of a video whose frames have so many pixels, at so many frames a second.

    >>> bit_rate("h264", 1920 * 1080, 30.0, 1.0, 3_000_000).verdict
    'good'
    >>> bit_rate("av1", 1280 * 720, 60.0, 1.0, None).optimum
    1220000
    """
    frames = min(max(rate, 1.0), 240.0)
    by_size = REFERENCE_BITS * (max(1, pixels) / REFERENCE_PIXELS) ** PIXELS_POWER
    by_rate = (frames / REFERENCE_RATE) ** RATE_POWER
    by_codec = CODECS.get(codec, 1.0)
    optimum = max(10_000, round(by_size * by_rate * by_codec * content, -4))
    reasons = (
        f"{by_size / 1e6:.2f} Mbit/s for H.264 of this size at 30 frames a second",
        f"times {by_rate:.2f} for {frames:.2f} frames a second",
        f"times {by_codec:.2f} for {codec}" + ("" if codec in CODECS else ", taken to need as much as H.264"),
        f"times {content:.2f} for how much detail and motion it has",
    )
    per_pixel = None if bits is None else bits / (max(1, pixels) * frames)
    return BitRate(
        bits,
        int(optimum),
        round(FEW * optimum),
        round(MANY * optimum),
        per_pixel,
        content,
        _verdict(bits, optimum),
        reasons,
    )


def _verdict(bits: int | None, optimum: float) -> Verdict:
    if bits is None:
        return "unknown"
    if bits < FEW * optimum:
        return "low"
    return "high" if bits > MANY * optimum else "good"
