"""How much pictures differ, on means of their blocks: plainly, where things moved a little, where the camera moved."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from socialflow.video.records import Luma

ROWS, COLUMNS = 18, 32
"""Blocks of a thumbnail."""
FLAT = 3.0
"""A thumbnail whose standard deviation is below has nothing in it: plain black, white or grey."""

Thumbs = npt.NDArray[np.uint8]
"""Thumbnails (n, `ROWS`, `COLUMNS`)."""
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
"""Places of thumbnails in an array of them."""
Bools = npt.NDArray[np.bool_]


def thumbnail(luma: Luma) -> Thumbs:
    """Means of blocks of a picture (`ROWS`, `COLUMNS`); a rest that fills no block is left out.

    >>> thumbnail(np.full((144, 256), 90, np.uint8)).shape
    (18, 32)
    """
    high, wide = luma.shape[0] // ROWS, luma.shape[1] // COLUMNS
    if not high or not wide:
        return _sampled(luma)
    part = luma[: high * ROWS, : wide * COLUMNS]
    lines = part.reshape(ROWS, high, -1).sum(1, dtype=np.uint32)
    sums = lines.reshape(ROWS, COLUMNS, wide).sum(2, dtype=np.uint32)
    made: Thumbs = (sums // (high * wide)).astype(np.uint8)
    return made


def _sampled(luma: Luma) -> Thumbs:
    """A picture with fewer pixels than blocks."""
    rows = np.arange(ROWS) * luma.shape[0] // ROWS
    columns = np.arange(COLUMNS) * luma.shape[1] // COLUMNS
    made: Thumbs = luma[rows[:, None], columns]
    return made


def contrast(thumbs: Thumbs) -> Floats:
    """Standard deviation of each thumbnail (n,)."""
    found: Floats = _flat(thumbs).std(1, dtype=np.float32)
    return found


def unlike(one: Thumbs, other: Thumbs) -> Floats:
    """Mean difference of pairs (n,) that nothing in the picture explains by moving one block."""
    differs: Floats = _outside(one, other).mean(1, dtype=np.float32) + _outside(other, one).mean(1, dtype=np.float32)
    return differs * np.float32(0.5)


def changed(one: Thumbs, other: Thumbs, by: int = 3) -> Floats:
    """Share of the blocks of pairs (n,) that differ by more than `by` levels, small movements left out."""
    found: Floats = ((_outside(one, other) > by) | (_outside(other, one) > by)).mean(1, dtype=np.float32)
    return found


def _outside(one: Thumbs, other: Thumbs) -> Thumbs:
    """How far each block is outside the range of the blocks around it in the other picture (n, blocks)."""
    low, high = _around(np.minimum, other), _around(np.maximum, other)
    over = one - np.minimum(one, high)  # of unsigned numbers, so never below 0
    return _flat(np.maximum(over, np.maximum(one, low) - one))


def _around(of: np.ufunc, thumbs: Thumbs) -> Thumbs:
    """Least or greatest of each block and the eight around it."""
    found = thumbs.copy()
    of(found[:, 1:], thumbs[:, :-1], out=found[:, 1:])
    of(found[:, :-1], thumbs[:, 1:], out=found[:, :-1])
    lines = found.copy()
    of(found[:, :, 1:], lines[:, :, :-1], out=found[:, :, 1:])
    of(found[:, :, :-1], lines[:, :, 1:], out=found[:, :, :-1])
    return found


def moved(one: Thumbs, other: Thumbs, reach: tuple[int, int] = (4, 6)) -> Floats:
    """Mean difference of pairs (n,) after the best move of the whole picture, of at most `reach` rows and columns."""
    first, second = one.astype(np.int16), other.astype(np.int16)
    rows, columns = one.shape[1:]
    best = np.full(len(one), np.inf, np.float32)
    for down in range(-reach[0], reach[0] + 1):
        for right in range(-reach[1], reach[1] + 1):
            here = first[:, max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)]
            there = second[:, max(-down, 0) : rows + min(-down, 0), max(-right, 0) : columns + min(-right, 0)]
            best = np.minimum(best, np.abs(here - there).mean((1, 2), dtype=np.float32))
    return best


def correlation(one: Thumbs, other: Thumbs) -> Floats:
    """Of pairs (n,), -1 to 1: what a change of brightness or contrast leaves at 1. Of a plain picture: 0."""
    first, second = _centred(one), _centred(other)
    above = np.einsum("ij,ij->i", first, second)
    squares = np.einsum("ij,ij->i", first, first) * np.einsum("ij,ij->i", second, second)
    found: Floats = np.divide(above, np.sqrt(squares), out=np.zeros_like(above), where=squares > 1.0)
    return found


def _centred(thumbs: Thumbs) -> Floats:
    values: Floats = _flat(thumbs).astype(np.float32)
    values -= values.mean(1, keepdims=True)
    return values


def halved(thumbs: Thumbs) -> Floats:
    """Means of two by two blocks, flat (n, `ROWS` x `COLUMNS` / 4)."""
    values = thumbs.astype(np.float32)
    lines = values[:, ::2] + values[:, 1::2]
    made: Floats = (lines[:, :, ::2] + lines[:, :, 1::2]).reshape(len(thumbs), -1) * np.float32(0.25)
    return made


def _flat(thumbs: Thumbs) -> Thumbs:
    return thumbs.reshape(len(thumbs), thumbs.shape[1] * thumbs.shape[2])


def stretches(marks: Bools | Sequence[bool]) -> list[tuple[int, int]]:
    """First and last places of every run of true values.

    >>> stretches([False, True, True, False, True])
    [(1, 2), (4, 4)]
    """
    padded = np.concatenate([[False], np.asarray(marks, bool), [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [(int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True)]
