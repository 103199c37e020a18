"""Pictures that are known: what is kept of one, and an index over millions.

A picture is asked in all eight ways to turn and mirror it. Entries are PDQ hashes, or prints of our own
(`socialflow.image.records.ImageFingerprint`), which also find pictures that were cut or framed.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.image.pdq import HASH_BYTES, LOW_QUALITY, VARIANTS, Pdq, pdq_variants
from socialflow.image.records import ImageFingerprint
from socialflow.moderation.banks.records import BankKind, ByteArray, Longs, Print
from socialflow.video.print_index import PrintIndex

PictureQuery: TypeAlias = Pdq | Sequence[Pdq] | ImageFingerprint | ByteArray
"""A hash, the hashes of `pdq_variants`, a print of our own, or pixels (h, w, 3)."""
EDITED = "edited"
_BAND = 16


def print_of(picture: Pdq | ImageFingerprint) -> Print:
    """What is kept of a picture."""
    if isinstance(picture, Pdq):
        return Print(BankKind.PICTURE, picture.value, picture.quality)
    return Print(BankKind.PICTURE, picture.pdq.value, picture.quality, picture.to_bytes())


def turned(hashed: Pdq) -> ByteArray:
    """Hashes (8, 32) of the picture turned and mirrored, in the order of `VARIANTS`, all but a few bits right: what
    `pdq_variants` tells of the picture itself.

    >>> [int(row[0]) for row in turned(Pdq(bytes(32), 100))[:3]]
    [0, 0, 85]
    """
    bits = np.unpackbits(hashed.bits)[::-1].reshape(_BAND, _BAND)
    odd = (np.arange(_BAND) % 2 == 0).astype(np.uint8)
    across, down, swapped = odd[None], odd[:, None], bits.T
    made = (
        bits,
        swapped ^ down,
        bits ^ across ^ down,
        swapped ^ across,
        bits ^ down,
        bits ^ across,
        swapped,
        swapped ^ across ^ down,
    )
    return np.stack([np.packbits(one.ravel()[::-1]) for one in made])


class Asked:
    """A picture as it is looked for: hashes (q, 32), which variant each is of, and whether it is the whole's."""

    def __init__(self, query: PictureQuery) -> None:
        self.fingerprint = query if isinstance(query, ImageFingerprint) else None
        if isinstance(query, ImageFingerprint):
            good = query.qualities >= LOW_QUALITY
            good[0] = True
            self.quality = query.quality
            self.hashes = query.variants[good].reshape(-1, HASH_BYTES)
            self.whole = np.repeat(np.flatnonzero(good) == 0, len(VARIANTS))
        else:
            self.quality, self.hashes = _hashes(query)
            self.whole = np.ones(len(self.hashes), bool)
        self.variants = np.arange(len(self.hashes)) % len(VARIANTS)


def _hashes(query: Pdq | Sequence[Pdq] | ByteArray) -> tuple[int, ByteArray]:
    if isinstance(query, Pdq):
        return query.quality, turned(query)
    several = pdq_variants(query) if isinstance(query, np.ndarray) else tuple(query)
    if len(several) != len(VARIANTS):
        raise InvalidInput(f"a picture is asked by one hash or by {len(VARIANTS)} ways to turn it", field="picture")
    return several[0].quality, np.stack([one.bits for one in several])


class PictureIndex:
    """Pictures by number, 0, 1, ...; none ever goes. Not safe to change while another thread asks."""

    def __init__(self) -> None:
        self._index = PrintIndex()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, digests: ByteArray, payloads: Sequence[bytes]) -> None:
        """Take in pictures, numbered on: hashes (n, 32), and prints of our own, empty where there is none."""
        rows = np.arange(self._count, self._count + len(digests))
        self._index.extend(rows, digests, np.zeros(len(digests), np.int64))
        self._count += len(digests)
        for row, payload in zip(rows, payloads, strict=True):
            if payload:
                kept = ImageFingerprint.from_bytes(payload)
                parts = np.flatnonzero(kept.qualities[1:] >= LOW_QUALITY) + 1
                self._index.extend(np.full(len(parts), row), kept.variants[parts, 0], parts)

    def settle(self) -> None:
        """Make the tables anew, of all that is there."""
        self._index.settle()

    def search(self, asked: Asked, radius: int) -> tuple[Longs, Longs, list[str], Longs]:
        """Pictures within so many bits, the nearest first: numbers, bits, how they were turned (empty: not at all), and
        those that only a part of either names (`EDITED`), which features have to decide."""
        hits = self._index.search(asked.hashes, radius)
        whole = asked.whole[hits.queries] & (hits.places == 0)
        order = np.lexsort((asked.variants[hits.queries], hits.distances, hits.owners, ~whole))
        owners, firsts = np.unique(hits.owners[order], return_index=True)
        best = order[firsts]
        near = best[whole[best]]
        near = near[np.lexsort((hits.owners[near], hits.distances[near]))]
        edited = owners[~whole[best]]
        names = [VARIANTS[one] if one else "" for one in asked.variants[hits.queries[near]].tolist()]
        return hits.owners[near], hits.distances[near], names, edited
