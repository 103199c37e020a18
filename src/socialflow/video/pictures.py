"""What single pictures tell at full size: blur, noise, banding and combing. Classical measures; no model.

Levels are those of 8-bit luma. A large picture is looked at in twelve patches on a regular grid.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.video.records import Luma

Levels = npt.NDArray[np.int16]
"""Patches (patches, height, width)."""

_SMALLEST, _LARGEST = 64, 96
"""Pixels of a side of patches."""
_WHOLE = 60_000
"""A picture of so many pixels is looked at as a whole."""
_MANY, _FEW = 4, 3
"""Patches along the longer and the shorter side."""
_TILE = 64
_BLUR = 9
"""Pixels over which Crete et al. blur again."""
_BLOCK = 16
_CUT_OFF = 0.05
"""Share of a block's pixels near black or white from which its noise may be cut off."""
_BANDED = 16
_COMB = 15
_FEW_COMBED = 0.002
"""A share of pixels that is not worth a closer look."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one picture.

    `blur` from 0 (sharp) to 1, None where nothing in it has contrast enough; `noise` is the deviation of white noise in
    levels; `banding` the share of smooth gradients that go in visible steps; `combing` the share of pixels that stand
    out of their field; `detail` the mean difference of neighbours in levels.
    """

    blur: float | None
    noise: float
    banding: float
    combing: float
    detail: float


def measured(luma: Luma) -> Measures:
    """Of a picture of any size."""
    levels = patches(luma)
    sigma = noise(levels)
    sharpness = blur(levels, 2 + round(4 * max(0.0, sigma - 0.5)))
    across = np.abs(np.diff(levels[:, ::4], axis=2))
    detail = float(across.mean()) if across.size else 0.0
    return Measures(sharpness, sigma, banding(levels), combing(levels[::2]), detail)


def patches(luma: Luma) -> Levels:
    """The whole of a small picture as one, else a grid of patches that begin at multiples of 16 pixels."""
    height, width = luma.shape
    if luma.size <= _WHOLE:
        return luma.astype(np.int16)[None]
    size = min(_LARGEST, max(_SMALLEST, min(height, width) // 6 // 16 * 16), height, width)
    down, along = (_FEW, _MANY) if width >= height else (_MANY, _FEW)
    return np.stack(
        [
            luma[top : top + size, left : left + size].astype(np.int16)
            for top in _starts(height, size, down)
            for left in _starts(width, size, along)
        ]
    )


def _starts(side: int, size: int, number: int) -> list[int]:
    return [int(start) // 16 * 16 for start in np.linspace(0, side - size, number)]


def noise(levels: Levels) -> float:
    """Deviation of white noise: J. Immerkaer, "Fast noise variance estimation" (1996), of the calmest 5 % of blocks.

    Blocks with much black and white are left out where others are left: there noise is cut off. Of 16 x 16 pixels, the
    calmest of plain noise come out a tenth too low, which is made good.
    """
    if min(levels.shape[1:]) < 3:
        return 0.0
    across = levels[:, :, 2:] - 2 * levels[:, :, 1:-1] + levels[:, :, :-2]
    curved = np.abs(across[:, 2:] - 2 * across[:, 1:-1] + across[:, :-2])
    size = min(_BLOCK, *curved.shape[1:])
    amounts, cut = _means(curved, size), _means(_near_ends(levels[:, 1:-1, 1:-1]), size)
    usable = amounts[cut <= max(_CUT_OFF, float(np.percentile(cut, 10)))]
    return float(np.sqrt(np.pi / 2) / 6 * np.percentile(usable, 5) / 0.9)


def _near_ends(levels: Levels) -> Levels:
    """1 where a pixel is nearly black or white, else 0."""
    near: Levels = ((levels < 20) | (levels > 232)).astype(np.int16)
    return near


def blur(levels: Levels, least: int = 2) -> float | None:
    """How little is lost when the picture is blurred again: F. Crete et al., "The blur effect" (2007), by tiles.

    Differences of neighbours count by what they exceed `least`. The answer is that of the sharper quarter of tiles, so
    that a soft background does not count; None where no tile has contrast.
    """
    height, width = (side - _BLUR for side in levels.shape[1:])
    if min(height, width) < 2:
        return None
    middle = _BLUR // 2
    rows, columns = slice(middle, middle + height), slice(middle, middle + width)
    across = (levels[:, rows, middle : middle + width + 1], levels[:, rows, :width], levels[:, rows, _BLUR:])
    down = (levels[:, middle : middle + height + 1, columns], levels[:, :height, columns], levels[:, _BLUR:, columns])
    size = min(_TILE, height, width)
    sharp, lost = _lost(np.diff(across[0], axis=2), across[1], across[2], least)
    sharp_down, lost_down = _lost(np.diff(down[0], axis=1), down[1], down[2], least)
    all_sharp, all_lost = _means(sharp + sharp_down, size), _means(lost + lost_down, size)
    for contrast in (1.0, 0.2):
        if (usable := all_sharp > contrast).any():
            shares = 1 - all_lost[usable] / (_BLUR * all_sharp[usable])
            return float(np.clip(np.percentile(shares, 25), 0, 1))
    return None


def _lost(steps: Levels, first: Levels, last: Levels, least: int) -> tuple[Levels, Levels]:
    """Of steps between neighbours: what exceeds `least`, and by how much that is more than a blur of `_BLUR` pixels
    would leave, times `_BLUR`. Two windows of a blur differ by the pixel that one ends and the other begins with.
    """
    sharp: Levels = np.maximum(np.abs(steps) - np.int16(least), np.int16(0))
    lost: Levels = np.maximum(np.int16(_BLUR) * sharp - np.abs(last - first), np.int16(0))
    return sharp, lost


def banding(levels: Levels) -> float:
    """Share of gentle slopes, 16 pixels long, that are one step of two levels or more between flat ends.

    A step where blocks of eight meet is left out: that is blocking. 0 where hardly anything slopes gently.
    """
    slopes = banded = windows = 0
    for turned in (levels, levels.transpose(0, 2, 1)):
        rows = turned[:, ::8, : turned.shape[2] // _BANDED * _BANDED]
        if not rows.size:
            continue
        parts = np.ascontiguousarray(rows).reshape(-1, _BANDED)
        steps = np.abs(parts[:, 1:] - parts[:, :-1])
        total = steps.sum(axis=1, dtype=np.int16)
        gentle = (total >= 2) & (total <= 12) & (np.abs(parts[:, -1] - parts[:, 0]) == total)
        at_once = gentle & (steps.max(axis=1) == total) & (steps[:, 7] == 0)
        slopes, banded, windows = slopes + int(gentle.sum()), banded + int(at_once.sum()), windows + len(parts)
    if not slopes:
        return 0.0
    return banded / slopes * min(1.0, slopes / (0.1 * windows))


def combing(levels: Levels) -> float:
    """Share of pixels that differ from both lines beside them and are like those of their own field, less the share of
    those that do so across: 0.01 and more where two fields of something that moves stand in one picture.
    """
    return max(0.0, _combed(levels[:, :, ::2]) - 2 * _combed(levels[:, ::2].transpose(0, 2, 1)))


def _combed(levels: Levels) -> float:
    if levels.shape[1] < 5:
        return 0.0
    up, down = levels[:, 2:-2] - levels[:, 1:-3], levels[:, 2:-2] - levels[:, 3:-1]
    apart = (np.minimum(up, down) > _COMB) | (np.maximum(up, down) < -_COMB)
    if apart.mean() < _FEW_COMBED:
        return 0.0
    beside = np.abs(levels[:, 1:-3] - levels[:, 3:-1]) < _COMB
    own = np.abs(levels[:, 2:-2] - levels[:, 4:]) < _COMB
    return float((apart & beside & own).mean())


def _means(values: Levels, size: int) -> npt.NDArray[np.float32]:
    """Means of squares of `size`; what is left at the right and below is left out."""
    count, height, width = values.shape
    down, along = height // size, width // size
    rows = values[:, : down * size, : along * size].astype(np.float32).reshape(count * down, size, -1).sum(axis=1)
    means: npt.NDArray[np.float32] = rows.reshape(-1, size).sum(axis=1) / (size * size)
    return means
