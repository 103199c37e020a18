"""Pictures made by rule, so that tests need no data: clouds of many sizes with shapes on them."""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter


@lru_cache(64)
def picture(seed: int, height: int = 300, width: int = 420) -> np.ndarray:
    """A picture (h, w, 3) of 8 bits with detail of every size, another one for each seed; it cannot be written to."""
    rng = np.random.default_rng(seed)
    made = np.zeros((height, width, 3))
    for size in (60, 20, 7, 2):
        noise = gaussian_filter(rng.standard_normal((height, width, 3)), (size, size, 0), truncate=2.5)
        made += noise / noise.std() * size**0.5
    for _ in range(25):
        top, left = rng.integers(0, height - 20), rng.integers(0, width - 20)
        tall, wide = rng.integers(8, 70, 2)
        made[top : top + tall, left : left + wide] += rng.normal(0, 6, 3)
    low, high = np.percentile(made, (1, 99))
    shown = (np.clip((made - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    shown.setflags(write=False)
    return shown
