"""What is known of a picture; what is kept of one to find it again, and its form in bytes."""

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.image.geometry import Features
from socialflow.image.pdq import HASH_BYTES, LONGEST, SIDE, VARIANTS, Pdq
from socialflow.image.regions import CONTENT, COUNT, Box

Colours = npt.NDArray[np.uint8]
"""Red, green, blue (height, width, 3)."""
ByteArray = npt.NDArray[np.uint8]
ShortArray = npt.NDArray[np.int16]

MOST_FEATURES = 400
"""Local features kept of a picture at most, the strongest."""
_MAGIC, _VERSION = b"SFIP", 1
_HEAD = struct.Struct("<4sBBHHH")
"""Magic, version, parts, height, width, features; then the arrays in the order of their fields, and a CRC-32."""
_WIDTHS = (len(VARIANTS) * HASH_BYTES, 1, 8)


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What the header says. `width` and `height` are as shown, `turned` tells that the file says to turn or mirror it;
    of several `frames` (an animation) the first is the picture."""

    format: str
    width: int
    height: int
    frames: int
    transparent: bool
    turned: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture; `damaged` where its end could not be read, which is grey then."""

    info: ImageInfo
    colours: Colours
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class ImageBounds:
    """What is refused before anything is decoded. Pictures are decoded to at most `side` pixels along the longer side,
    0: as they are."""

    pixels: int = 100_000_000
    frames: int = 10_000
    side: int = 0


class MatchKind(StrEnum):
    """What was done to a picture that was found again."""

    SAME = "same"
    """Compressed, scaled or marked: the whole is there, where it was."""
    TURNED = "turned"
    """The same, mirrored or turned by quarters."""
    EDITED = "edited"
    """Cut, framed or turned by some degrees, mirrored or not."""


@dataclass(frozen=True, slots=True)
class Match:
    """A picture found again.

    Attributes:
        distance: bits by which the nearest hashes of parts of both differ, 0 to 256.
        inliers: local features that lie alike in both; 0 where hashes alone decided.
        likeness: share of what both show whose luma goes up and down together, 0 to 1.
        transform: six numbers a, b, c, d, e, f that take a point (x, y) of the query, of its width and height 1, to
            (a x + b y + c, d x + e y + f) of the reference.
    """

    kind: MatchKind
    distance: int
    inliers: int
    likeness: float
    transform: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ImageFingerprint:
    """A picture as it is remembered, about 57 kB; pixels are those of the picture at 512 pixels or fewer.

    Attributes:
        height, width: pixels.
        variants: hashes (parts, 8, 32) uint8 of the parts of the picture (`socialflow.image.regions`), each turned and
            mirrored in the order of `pdq.VARIANTS`.
        qualities: PDQ qualities (parts,) uint8.
        boxes: where the parts are, (parts, 4) int16: top, bottom, left, right.
        samples: luma (64, 64) uint8 of the whole.
        features: local features.
    """

    height: int
    width: int
    variants: ByteArray
    qualities: ByteArray
    boxes: ShortArray
    samples: ByteArray
    features: Features

    @property
    def pdq(self) -> Pdq:
        """The hash of the whole picture."""
        return Pdq(self.variants[0, 0].tobytes(), self.quality)

    @property
    def quality(self) -> int:
        """How much there is to see, 0 to 100."""
        return int(self.qualities[0])

    def box(self, part: int) -> Box:
        """Where a part is."""
        return Box(*map(int, self.boxes[part]))

    @property
    def content(self) -> Box:
        """What lies within borders of one colour."""
        return self.box(CONTENT)

    def to_bytes(self) -> bytes:
        """The fingerprint as bytes, little-endian, the same on every machine."""
        count = len(self.features.places)
        arrays = (self.variants, self.qualities, self.boxes, self.samples, *_arrays(self.features))
        body = b"".join(
            (
                _HEAD.pack(_MAGIC, _VERSION, len(self.boxes), self.height, self.width, count),
                *(one.astype(one.dtype.newbyteorder("<"), copy=False).tobytes() for one in arrays),
            )
        )
        return body + zlib.crc32(body).to_bytes(4, "little")

    @classmethod
    def from_bytes(cls, value: bytes) -> "ImageFingerprint":
        """The fingerprint that `to_bytes` wrote.

        Raises:
            ArtefactError: it wrote no such thing: another version, or damaged.
        """
        parts, height, width, count = _head(value)
        ends = np.cumsum([_HEAD.size, *(parts * width for width in _WIDTHS), SIDE * SIDE, count * 8, count * 128])
        if len(value) != ends[-1] + 4 or zlib.crc32(value[:-4]).to_bytes(4, "little") != value[-4:]:
            raise ArtefactError(f"a fingerprint of a picture is damaged: {len(value)} bytes that do not add up")
        pieces = [value[start:end] for start, end in pairwise(ends)]
        variants, qualities, boxes, samples, places, descriptors = pieces
        made = cls(
            height,
            width,
            np.frombuffer(variants, np.uint8).reshape(parts, len(VARIANTS), HASH_BYTES),
            np.frombuffer(qualities, np.uint8),
            np.frombuffer(boxes, "<i2").astype(np.int16).reshape(parts, 4),
            np.frombuffer(samples, np.uint8).reshape(SIDE, SIDE),
            Features(
                np.frombuffer(places, "<i2").astype(np.int16).reshape(count, 4),
                np.frombuffer(descriptors, np.uint8).reshape(count, 128),
            ),
        )
        _check(made)
        return made


def _arrays(features: Features) -> tuple[ShortArray, ByteArray]:
    return features.places, features.descriptors


def _head(value: bytes) -> tuple[int, int, int, int]:
    """Parts, height, width and number of features."""
    if len(value) < _HEAD.size or not value.startswith(_MAGIC):
        raise ArtefactError(f"a fingerprint of a picture begins with {_MAGIC!r}, not {bytes(value[:4])!r}")
    _, version, parts, height, width, count = _HEAD.unpack_from(value)
    if version != _VERSION or parts != COUNT:
        raise ArtefactError(
            f"a fingerprint of a picture of version {version} with {parts} parts cannot be read, only version "
            f"{_VERSION} with {COUNT}; make it again from the picture"
        )
    return parts, height, width, count


def _check(made: ImageFingerprint) -> None:
    top, bottom, left, right = made.boxes.T
    inside = (top >= 0) & (top < bottom) & (bottom <= made.height) & (left >= 0) & (left < right)
    sound = inside & (right <= made.width) & (made.qualities <= 100)
    if not (sound.all() and 1 <= made.height <= LONGEST and 1 <= made.width <= LONGEST):
        raise ArtefactError("a fingerprint of a picture is damaged: its parts lie outside of it")
    if len(made.features.places) > MOST_FEATURES:
        raise ArtefactError(f"a fingerprint of a picture has {MOST_FEATURES} features at most")
