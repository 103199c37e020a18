"""Find a picture again after it was cut, framed, mirrored, turned, scaled, covered in part or compressed.

Two stages. Hashes (PDQ) of a few parts of each picture, turned and mirrored, name candidates: a Hamming search over
rows of bytes. Candidates are decided by what cannot agree by chance: many local features that lie in both pictures as
one affine map says, over a good part of what they share, and the luma of both, laid over each other by that map, going
up and down together. Only making a fingerprint needs OpenCV.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.image import pdq
from socialflow.image.cv import sift
from socialflow.image.geometry import ANGLE_UNIT, PLACE_UNIT, SIZE_UNIT, Features, Fit, fit
from socialflow.image.hamming import distances_of_all
from socialflow.image.overlay import Overlay, overlay, turned_onto
from socialflow.image.pictures import at_most, luma
from socialflow.image.records import MOST_FEATURES, ImageFingerprint, Match, MatchKind
from socialflow.image.regions import parts_of

ByteArray = npt.NDArray[np.uint8]
Affine = npt.NDArray[np.float64]

_UNITS = np.array([PLACE_UNIT, PLACE_UNIT, SIZE_UNIT, ANGLE_UNIT], np.float32)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a match needs; `inliers` and `likeness` were chosen on half of the pictures of `benchmarks copies_images`.

    Attributes:
        candidate: bits by which the nearest hashes of parts differ at most, for features to be looked at.
        part: the same, where hashes of parts and the luma decide without features.
        inliers: features that agree at least.
        likeness: share of what both show that is alike (`Overlay.likeness`) at least, where features agree.
        part_likeness: the same, where hashes of parts decide.
        shared: share of the reference or of the query that the other shows at least.
    """

    candidate: int = 96
    part: int = 56
    inliers: int = 10
    likeness: float = 0.7
    part_likeness: float = 0.8
    shared: float = 0.1


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Found:
    """A match with the number of the reference it is of."""

    row: int
    match: Match


def fingerprint(picture: ByteArray) -> ImageFingerprint:
    """What is kept of a picture (h, w, 3) of red, green and blue, or (h, w) luma, of 8 bits.

    Raises:
        InvalidInput: it is no such picture.
        ModelUnavailable: OpenCV is not installed.
    """
    small = at_most(picture, pdq.LONGEST)
    grey = luma(small)
    boxes = parts_of(grey)
    variants, qualities = [], []
    for box in boxes:
        part = small[box.top : box.bottom, box.left : box.right]
        frequencies, quality = pdq.transformed(part)
        variants.append(pdq.variants_of(frequencies))
        qualities.append(quality)
    points = sift(grey, MOST_FEATURES)
    return ImageFingerprint(
        grey.shape[0],
        grey.shape[1],
        np.stack(variants),
        np.array(qualities, np.uint8),
        np.array(boxes, np.int16),
        np.clip(np.rint(pdq.samples_of(small)), 0, 255).astype(np.uint8),
        Features(np.clip(np.rint(points.places * _UNITS), -32768, 32767).astype(np.int16), points.descriptors),
    )


def matches(query: ImageFingerprint, reference: ImageFingerprint, limits: Limits = DEFAULT_LIMITS) -> Match | None:
    """Whether the query shows what the reference shows; None where it does not, or has too little to tell."""
    table = distances_of_all(_rows(query.variants), reference.variants[:, 0])
    return _decided(query, reference, table, limits)


class Bank:
    """Pictures to find again: their fingerprints, and all their hashes side by side."""

    def __init__(self, references: Sequence[ImageFingerprint]) -> None:
        self._references = tuple(references)
        hashes = [one.variants[:, 0] for one in references]
        self._hashes = np.concatenate(hashes) if hashes else np.zeros((0, pdq.HASH_BYTES), np.uint8)

    def __len__(self) -> int:
        return len(self._references)

    def search(self, query: ImageFingerprint, limits: Limits = DEFAULT_LIMITS) -> list[Found]:
        """The references that the query shows, the best first."""
        if not self._references:
            return []
        table = distances_of_all(_rows(query.variants), self._hashes)
        tables = table.reshape(len(table), len(self), -1)
        found = []
        for row in np.flatnonzero(tables.min(axis=(0, 2)) <= limits.candidate):
            match = _decided(query, self._references[row], tables[:, row], limits)
            if match is not None:
                found.append(Found(int(row), match))
        return sorted(found, key=lambda one: (-one.match.inliers, one.match.distance, one.row))


def _rows(variants: ByteArray) -> ByteArray:
    return variants.reshape(-1, pdq.HASH_BYTES)


def _decided(
    query: ImageFingerprint, reference: ImageFingerprint, table: npt.NDArray[np.uint16], limits: Limits
) -> Match | None:
    """A match or none, by the distances (query's parts x 8, reference's parts) of hashes."""
    distance = int(table.min())
    if distance > limits.candidate:
        return None
    return _by_features(query, reference, distance, limits) or _by_parts(query, reference, table, limits)


def _by_features(query: ImageFingerprint, reference: ImageFingerprint, distance: int, limits: Limits) -> Match | None:
    straight = fit(query.features, reference.features)
    if straight is not None and straight.inliers >= limits.inliers:
        return _judged(query, reference, straight, distance, limits)
    mirrored = fit(query.features.mirrored(), reference.features)
    if mirrored is None or mirrored.inliers < limits.inliers:
        return None
    return _judged(query, reference, mirrored.after_mirror(), distance, limits)


def _judged(
    query: ImageFingerprint, reference: ImageFingerprint, found: Fit, distance: int, limits: Limits
) -> Match | None:
    """A match where what features say is borne out by where they lie and by the luma."""
    laid = overlay(query, reference, found.affine)
    if laid.shared < limits.shared or laid.likeness < limits.likeness:
        return None
    return _match(query, reference, laid, distance, found.inliers)


def _by_parts(
    query: ImageFingerprint, reference: ImageFingerprint, table: npt.NDArray[np.uint16], limits: Limits
) -> Match | None:
    """A match where hashes of a part of each are near, and the luma bears it out: for pictures without features."""
    usable = np.outer(
        np.repeat(query.qualities >= pdq.LOW_QUALITY, len(pdq.VARIANTS)), reference.qualities >= pdq.LOW_QUALITY
    )
    nearest = int(np.where(usable, table, np.iinfo(np.uint16).max).argmin())
    row, part = divmod(nearest, table.shape[1])
    distance = int(table[row, part])
    if distance > limits.part or not usable[row, part]:
        return None
    whose, variant = divmod(row, len(pdq.VARIANTS))
    affine = turned_onto(query.box(whose), reference.box(part), variant)
    laid = overlay(query, reference, affine)
    near = row == part == 0 and distance <= pdq.MATCH
    if laid.likeness < (limits.likeness if near else limits.part_likeness):
        return None
    return _match(query, reference, laid, distance, 0)


def _match(query: ImageFingerprint, reference: ImageFingerprint, laid: Overlay, distance: int, inliers: int) -> Match:
    transform = laid.in_shares(query, reference)
    return Match(_kind(transform), distance, inliers, laid.likeness, tuple(map(float, transform.ravel())))


def _kind(transform: Affine) -> MatchKind:
    """What a map between unit squares did: nothing, a turn or mirror, or more."""
    corners = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]]) @ transform.T
    if np.abs(corners - np.rint(corners)).max() > 0.02 or np.abs(corners - 0.5).max() > 0.6:
        return MatchKind.EDITED
    return MatchKind.SAME if np.abs(transform - np.eye(2, 3)).max() < 0.05 else MatchKind.TURNED
