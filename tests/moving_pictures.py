"""Made films that move like a hand-held camera, and made sounds, each like no other."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from tests.unit.image.generated_pictures import picture

SHOWN = (120, 160)
RATE = 10


def walk(seed: int, seconds: float, start: float = 0.0, rate: int = RATE) -> Iterator[np.ndarray]:
    """Frames (120, 160, 3) of a camera that wanders over a picture; those of one seed from `start` seconds on."""
    whole, places = picture(seed, 360, 480), _places(seed)
    for number in range(round(seconds * rate)):
        at = places[round((start + number / rate) * 100)]
        top, left = (int(value) for value in at)
        yield whole[top : top + SHOWN[0], left : left + SHOWN[1]]


@lru_cache(32)
def _places(seed: int) -> np.ndarray:
    """Upper left corners (n, 2), a hundred a second for 40 seconds, with pauses and jerks."""
    rng = np.random.default_rng(seed)
    steps = np.repeat(rng.normal(0, 1, (200, 2)) * rng.gamma(0.7, 1.5, (200, 1)), 20, axis=0)
    wander = np.cumsum(steps, axis=0)
    low, high = wander.min(axis=0), wander.max(axis=0)
    return (wander - low) / (high - low) * (360 - SHOWN[0] - 1, 480 - SHOWN[1] - 1)


def melody(seed: int, seconds: float, start: float = 0.0) -> np.ndarray:
    """Notes (n,) at 16 kHz with overtones that fade; those of one seed from `start` seconds on."""
    rng = np.random.default_rng(1000 + seed)
    made = np.zeros(round((start + seconds) * 16_000) + 16_000, np.float32)
    at = 0.0
    while at < start + seconds:
        pitch, lasts = 150 * 2 ** rng.uniform(0, 3.5), rng.uniform(0.08, 0.4)
        times = np.arange(round(16_000 * 0.5)) / 16_000
        note = sum(np.sin(2 * np.pi * pitch * k * times) / k for k in (1, 2, 3)) * np.exp(-times / lasts)
        first = round(at * 16_000)
        made[first : first + len(note)] += 0.15 * note[: len(made) - first]
        at += rng.uniform(0.08, 0.3)
    part = made[round(start * 16_000) :][: round(seconds * 16_000)]
    return part + rng.normal(0, 0.003, len(part)).astype(np.float32)
