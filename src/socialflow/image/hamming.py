"""Distances between hashes: how many of their bits differ.

Hashes are rows of bytes, (n, b) uint8 with b a multiple of 8; they are compared 64 bits at a time.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput

ByteArray = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.uint16]

_AT_ONCE = 1 << 18
"""Words of 64 bits compared at once: 2 MiB, which stays in the caches of a processor."""


def distances(one: ByteArray, many: ByteArray) -> Counts:
    """Bits (n,) by which a hash (b,) differs from each of many (n, b).

    >>> distances(np.zeros(8, np.uint8), np.eye(2, 8, dtype=np.uint8) * 3)
    array([2, 2], dtype=uint16)
    """
    found: Counts = distances_of_all(one[None], many)[0]
    return found


def distances_of_all(these: ByteArray, those: ByteArray) -> Counts:
    """Bits (n, m) by which hashes (n, b) differ from hashes (m, b).

    Raises:
        InvalidInput: the hashes are not of one length, or of no whole number of 64-bit words.
    """
    left, right = _words(these, those)
    found = np.empty((len(left), len(right)), np.uint16)
    for first, last in _blocks(len(left), right.size):
        np.bitwise_count(left[first:last, None] ^ right).sum(axis=2, dtype=np.uint16, out=found[first:last])
    return found


def within(these: ByteArray, those: ByteArray, most: int) -> npt.NDArray[np.int64]:
    """Pairs (p, 2) of rows of hashes (n, b) and (m, b) that differ by `most` bits or fewer, in order.

    Needs memory for the pairs found and for a block of the comparisons, not for all of them.
    """
    left, right = _words(these, those)
    found = [np.zeros((0, 2), np.int64)]
    for first, last in _blocks(len(left), right.size):
        counts = np.bitwise_count(left[first:last, None] ^ right).sum(axis=2, dtype=np.uint16)
        found.append(np.argwhere(counts <= most) + np.array([[first, 0]]))
    return np.concatenate(found)


def _words(these: ByteArray, those: ByteArray) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    if these.ndim != 2 or those.ndim != 2 or these.shape[1] != those.shape[1] or not these.shape[1]:
        raise InvalidInput(f"hashes to compare are rows of equal length, not {these.shape} and {those.shape}")
    if these.shape[1] % 8 or these.dtype != np.uint8 or those.dtype != np.uint8:
        raise InvalidInput(f"hashes are rows of 8, 16, ... bytes (uint8), not {these.shape[1]} of {these.dtype}")
    left, right = np.ascontiguousarray(these), np.ascontiguousarray(those)
    return left.view(np.uint64), right.view(np.uint64)


def _blocks(rows: int, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows that are compared at once."""
    step = max(1, _AT_ONCE // max(width, 1))
    for first in range(0, rows, step):
        yield first, min(first + step, rows)
