"""Small videos and sounds made on the spot."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av", reason="needs the media extra")

RATE = 25


def plain(shade: int, width: int = 64, height: int = 48) -> np.ndarray:
    """A frame of one grey."""
    return np.full((height, width, 3), shade, np.uint8)


def noise(seed: int, width: int = 64, height: int = 48) -> np.ndarray:
    """A frame that is like no other: coarse patches of colour."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.kron(patches, np.ones((8, 8, 1), np.uint8))[:height, :width]


def film(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    rate: int = RATE,
    sound: np.ndarray | None = None,
    codec: str = "mpeg4",
    times: Sequence[int] | None = None,
    late: int = 0,
) -> Path:
    """A video of RGB frames (height, width, 3), with `sound` (-1 to 1, 16 kHz) where given, `late` samples after them.

    `times` are presentation times of the frames in milliseconds, for a rate that varies.
    """
    with av.open(str(path), "w") as container:
        stream, heard = None, None
        for number, frame in enumerate(frames):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.bit_rate = 4_000_000
                if times is not None:
                    stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
                if sound is not None:
                    heard = container.add_stream("aac", rate=16_000)
                    heard.codec_context.layout = "mono"
            made = av.VideoFrame.from_ndarray(frame, format="rgb24")
            if times is not None:
                made.pts, made.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(made))
        if stream is not None:
            container.mux(stream.encode())
        if sound is not None and heard is not None:
            for start in range(0, len(sound), 1024):
                part = np.ascontiguousarray(sound[None, start : start + 1024], np.float32)
                made = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
                made.sample_rate, made.pts = 16_000, start + late
                container.mux(heard.encode(made))
            container.mux(heard.encode())
    return path
