"""What is known of a video, and what a pass over it hands on. Seconds count from the first frame, numbers from 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from socialflow.kit.findings import Finding

Luma = npt.NDArray[np.uint8]
"""Brightness (height, width)."""
Samples = npt.NDArray[np.float32]
"""Sound, one channel, -1 to 1."""

SOUND_RATE = 16_000
"""Samples a second that observers hear."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What the header says. `width` and `height` are as shown: turned by `rotation` (0, 90, 180 or 270 degrees
    clockwise). `frame_rate` is the mean, frames a second; `duration` in seconds and `bit_rate` in bits a second are
    None where nothing tells. Without pictures (sound alone) the sizes are 0 and `codec` is None. Luma goes from 16
    (black) to 235 (white), or from 0 to 255 where `full_range`.
    """

    container: str
    codec: str | None
    width: int
    height: int
    rotation: int
    frame_rate: float
    duration: float | None
    bit_rate: int | None
    pixel_format: str | None
    audio_codec: str | None
    audio_rate: int
    audio_channels: int
    full_range: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """How far a pass came: frames and seconds of pictures and of sound. `lacking` says what could not be read.
    `picture_bytes` is what the pictures take in the file, as far as it was read.
    """

    frames: int
    seconds: float
    sound_seconds: float
    lacking: tuple[str, ...]
    picture_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """Everything that one pass told."""

    info: VideoInfo
    read: Read
    findings: Mapping[str, Finding]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is refused before anything is decoded, and where decoding ends."""

    pixels: int = 8192 * 4608
    frames: int = 1_000_000
    seconds: float = 6 * 3600.0
    streams: int = 32


def as_rate(fraction: Fraction | None) -> float:
    """Frames a second; 0 where it is not known.

    >>> as_rate(Fraction(30000, 1001)), as_rate(None)
    (29.97002997002997, 0.0)
    """
    return float(fraction) if fraction else 0.0
