"""Words and runs of characters of a text as hashed features: no vocabulary, no tokeniser, the same for all languages.

A stretch of characters c_i .. c_j is known by ``(S_j - S_i) B^-i mod 2^64``, where ``S_j = sum_{k<j} c_k B^k``, so that
every stretch of a text, whatever its length, costs one subtraction and one product; the figure is then mixed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from socialflow.text.normalise import normalise

Hashes = npt.NDArray[np.uint64]
FloatArray = npt.NDArray[np.float32]

PIECE = 600
"""Characters of a piece of a long text at most."""
MOST_PIECES = 32
"""Pieces read of one text, the first ones: about 19,000 characters."""

_BASE = 0x9E3779B97F4A7C15
_WORD = 2**64


@dataclass(frozen=True, slots=True)
class Shape:
    """Which stretches are features: runs of `shortest` to `longest` characters, and of 1 to `words` words."""

    shortest: int = 2
    longest: int = 5
    words: int = 2


@dataclass(frozen=True, slots=True)
class Features:
    """k features of a text: 64-bit `hashes` (k,) and their `values` (k,), a vector of length 1.

    ``value ~ 1 + log(count)``. Each stretch is there twice: as itself, for what languages share, and as its language's.
    """

    hashes: Hashes
    values: FloatArray

    def buckets(self, bits: int) -> npt.NDArray[np.int64]:
        """Rows (k,) of a table of ``2^bits``."""
        return (self.hashes >> np.uint64(64 - bits)).astype(np.int64)


def pieces(text: str) -> tuple[list[str], float, bool]:
    """A text normalised and cut at spaces into pieces; the share of it that they hold, and whether more was left out.

    >>> pieces("One   small text")
    (['One small text'], 1.0, False)
    """
    rest = normalise(text).text
    whole, found = len(rest), list[str]()
    while rest and len(found) < MOST_PIECES:
        space = rest.rfind(" ", 1, PIECE + 1) if len(rest) > PIECE else -1
        end = space if space > 0 else PIECE
        found.append(rest[:end].strip())
        rest = rest[end:].strip()
    return found, (whole - len(rest)) / whole if whole else 1.0, bool(rest)


def features(piece: str, language: str, shape: Shape) -> Features:
    """Features of a normalised text of at most `PIECE` characters, in lower case."""
    codes = np.frombuffer(f" {piece.lower()} ".encode("utf-32-le"), "<u4").astype(np.uint64)
    powers, inverses = _powers(len(codes))
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(codes * powers)))
    starts, ends = (np.concatenate(part) for part in zip(*_stretches(codes, shape), strict=True))
    distinct, counts = np.unique((sums[ends] - sums[starts]) * inverses[starts], return_counts=True)
    values = 1.0 + np.log(np.concatenate((counts, counts)))
    hashes = np.concatenate((_mixed(distinct), _mixed(distinct ^ _salt(language))))
    return Features(hashes, (values / np.linalg.norm(values)).astype(np.float32))


def _stretches(codes: Hashes, shape: Shape) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Starts and ends of each kind of stretch; of words with the spaces around them."""
    for length in range(shape.shortest, shape.longest + 1):
        starts = np.arange(max(len(codes) - length + 1, 0))
        yield starts, starts + length
    spaces = np.flatnonzero(codes == ord(" "))
    for count in range(1, shape.words + 1):
        yield spaces[:-count], spaces[count:] + 1


def _powers(count: int) -> tuple[Hashes, Hashes]:
    powers, inverses = _tables(1 << (count - 1).bit_length())
    return powers[:count], inverses[:count]


@lru_cache(16)
def _tables(count: int) -> tuple[Hashes, Hashes]:
    """``B^i`` and ``B^-i mod 2^64``, i from 0."""
    tables = np.ones((2, count), np.uint64)
    tables[:, 1:] = np.array([[_BASE], [pow(_BASE, -1, _WORD)]], np.uint64)
    powers, inverses = np.cumprod(tables, axis=1)
    return powers, inverses


@lru_cache(256)
def _salt(language: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(language.encode(), digest_size=8).digest()))


def _mixed(hashes: Hashes) -> Hashes:
    """Every bit of the result depends on every bit given (the finaliser of MurmurHash3)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
    mixed: Hashes = hashes ^ (hashes >> np.uint64(33))
    return mixed
