"""PDQ: a hash of 256 bits that changes little when a picture is compressed, scaled or marked.

Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019. Luma is blurred by two
passes of a running mean along both axes (together a tent), sampled at 64 x 64 places, and the 16 x 16 lowest
frequencies of its cosine transform, the mean and the two axes of frequency 0 left out, are compared with their median.

Blurring and sampling are linear, so for each axis they are one matrix T (64, n) of few entries, and the samples are
``T_h L T_w'``: nothing is computed that is not sampled.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from socialflow.errors import InvalidInput
from socialflow.image.pictures import at_most

ByteArray = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]

HASH_BYTES = 32
LONGEST = 512
"""Pixels of the longer side of what is hashed; larger pictures are made smaller first, as in the published hashes."""
MATCH = 31
"""Bits by which hashes of one picture differ at most, as the paper advises."""
LOW_QUALITY = 50
"""Below this quality a picture has too little in it for its hash to mean anything, as the paper advises."""
VARIANTS = (
    "original",
    "rotate90",
    "rotate180",
    "rotate270",
    "flip_x",
    "flip_y",
    "flip_plus1",
    "flip_minus1",
)
"""The eight ways to turn and mirror a picture, in the order of the published names.

Turns are counter-clockwise; `flip_x` turns the picture upside down by a mirror below it, `flip_y` mirrors left and
right, `flip_plus1` and `flip_minus1` mirror along the two diagonals.
"""
SIDE = 64
"""Samples along each axis."""
_BAND = 16
_MIRROR = np.uint8(0b01010101)
"""Bits of odd half waves across: the last frequency, an even one, comes first."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True)
class Pdq:
    """A hash: `value`, 32 bytes, the highest frequencies first; `quality`, 0 (nothing to see) to 100."""

    value: bytes
    quality: int

    def __post_init__(self) -> None:
        if len(self.value) != HASH_BYTES or not 0 <= self.quality <= 100:
            raise InvalidInput(
                f"a PDQ hash has 32 bytes and a quality of 0 to 100, not {len(self.value)} and {self.quality}"
            )

    @property
    def hex(self) -> str:
        """The hash as it is published: 64 hexadecimal digits."""
        return self.value.hex()

    @property
    def bits(self) -> ByteArray:
        """The hash as a row (32,) for `socialflow.image.hamming`."""
        return np.frombuffer(self.value, np.uint8)

    def distance(self, other: "Pdq") -> int:
        """Bits that differ, 0 to 256; those of unrelated pictures about 128."""
        return (int.from_bytes(self.value) ^ int.from_bytes(other.value)).bit_count()


def parse(text: str, quality: int = 100) -> Pdq:
    """The hash that `Pdq.hex` wrote.

    >>> parse("f8" * 32).distance(parse("78" * 32))
    32
    """
    try:
        value = bytes.fromhex(text)
    except ValueError as error:
        raise InvalidInput(f"a PDQ hash has 64 hexadecimal digits, not {text[:80]!r}") from error
    return Pdq(value, quality)


def pdq(picture: ByteArray) -> Pdq:
    """The hash of a picture.

    Args:
        picture: (h, w, 3) red, green, blue, or (h, w) luma, of 8 bits. Where a side is longer than 512 pixels it is
            made smaller first, which needs OpenCV.

    Raises:
        InvalidInput: it is no such picture.
        ModelUnavailable: it is large and OpenCV is not installed.
    """
    frequencies, quality = transformed(at_most(picture, LONGEST))
    return Pdq(_bits(frequencies), quality)


def pdq_variants(picture: ByteArray) -> tuple[Pdq, ...]:
    """The hashes of a picture turned and mirrored, in the order of `VARIANTS`, from one transform."""
    frequencies, quality = transformed(at_most(picture, LONGEST))
    return tuple(Pdq(row.tobytes(), quality) for row in variants_of(frequencies))


def transformed(picture: ByteArray) -> tuple[FloatArray, int]:
    """Frequencies (16, 16) of a picture as it is, rows vertical and 1 to 16 half waves, and the quality."""
    return transformed_samples(samples_of(picture))


def transformed_samples(samples: FloatArray) -> tuple[FloatArray, int]:
    """Frequencies (16, 16) and quality of a picture of which `samples_of` took samples."""
    wave = _waves()
    frequencies = (wave @ samples @ wave.T).astype(np.float32, copy=False)
    return frequencies, _quality(samples)


def hash_of(frequencies: FloatArray) -> ByteArray:
    """The hash (32,) of the picture with these frequencies (16, 16)."""
    return np.frombuffer(_bits(frequencies), np.uint8)


def mirrored(hashes: ByteArray) -> ByteArray:
    """Hashes (..., 32) of the pictures mirrored left and right, all but a few bits right.

    A mirror changes the sign of every other column of frequencies, and where their median is 0, as it nearly is, sets
    what was not set; where a picture is at hand, `variants_of` is exact.

    >>> int(mirrored(np.zeros(32, np.uint8))[0]), int(mirrored(mirrored(np.arange(32, dtype=np.uint8))).sum())
    (85, 496)
    """
    return hashes ^ _MIRROR


def variants_of(frequencies: FloatArray) -> ByteArray:
    """Hashes (8, 32) of the picture turned and mirrored.

    A mirror changes the sign of every other frequency along its axis, and a diagonal one swaps the axes.
    """
    odd = np.where(np.arange(_BAND) % 2 == 0, np.float32(-1), np.float32(1))
    sideways, upright = odd, odd[:, None]
    swapped = frequencies.T
    made = (
        frequencies,
        swapped * upright,
        frequencies * sideways * upright,
        swapped * sideways,
        frequencies * upright,
        frequencies * sideways,
        swapped,
        swapped * sideways * upright,
    )
    return np.stack([np.frombuffer(_bits(one), np.uint8) for one in made])


def samples_of(picture: ByteArray) -> FloatArray:
    """Luma (64, 64) after blurring, 0 to 255."""
    height, width = picture.shape[:2]
    rows: FloatArray = _tent(height) @ picture.reshape(height, -1).astype(np.float32)
    if picture.ndim == 3:
        rows = rows.reshape(SIDE, width, 3) @ _LUMA
    samples: FloatArray = (_tent(width) @ np.ascontiguousarray(rows.T)).T
    return samples


@lru_cache(64)
def _tent(length: int) -> "csr_array[np.float32]":
    """The matrix (64, n) that blurs and samples an axis of n pixels.

    A running mean of w = ceil(n / 128) pixels spans ``[x - w + h, x + h)``, where ``h = (w + 2) // 2``, and what of it
    lies in the picture; the matrix is the mean applied twice, of which the rows at ``(i + 1/2) n / 64`` are kept.
    """
    window = (length + 127) // 128
    ahead = (window + 2) // 2
    places = np.arange(length)
    firsts, lasts = np.maximum(places - window + ahead, 0), np.minimum(places + ahead, length)
    counts = lasts - firsts
    starts = np.concatenate(([0], np.cumsum(counts)))
    columns = np.arange(starts[-1]) - np.repeat(starts[:-1] - firsts, counts)
    mean = csr_array((np.repeat(1 / counts, counts), columns, starts), shape=(length, length))
    sampled = (2 * np.arange(SIDE) + 1) * length // (2 * SIDE)
    return csr_array((mean[sampled] @ mean).astype(np.float32))


@lru_cache(1)
def _waves() -> FloatArray:
    """Rows (16, 64) of the cosine transform (DCT-II, orthonormal) from one half wave on."""
    places = 2 * np.arange(SIDE) + 1
    waves = np.cos(np.pi / (2 * SIDE) * np.arange(1, _BAND + 1)[:, None] * places)
    scaled: FloatArray = (np.sqrt(2 / SIDE) * waves).astype(np.float32)
    return scaled


def _bits(frequencies: FloatArray) -> bytes:
    """One bit a frequency, set above the median (of two middle values the lower); the last frequency comes first."""
    flat = frequencies.ravel()
    middle = np.partition(flat, flat.size // 2 - 1)[flat.size // 2 - 1]
    return np.packbits((flat > middle)[::-1]).tobytes()


def _quality(samples: FloatArray) -> int:
    """How much there is to see, by steps between neighbours in whole hundredths of the range, 0 to 100."""
    steps = [np.trunc(np.diff(samples, axis=axis) * np.float32(100 / 255)) for axis in (0, 1)]
    return min(100, int(sum(float(np.abs(one).sum()) for one in steps) / 90))
