"""Texts that are nearly the same: what is kept of a text, and an index over many.

A text is folded first: what hides a word from a reader of words (letters of other scripts, figures for letters, marks,
spaces and points between letters, letters drawn out, emoji) goes or becomes what is meant, so that two texts that say
the same in disguise are one. Links and user names go too: they are what changes from copy to copy. Of what is left
every run of four letters is hashed (shingles; Broder, "On the resemblance and containment of documents", 1997).
Candidates are texts that agree in one of 40 bands of three minima of random orders (MinHash, banded; Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3); they are decided by the share of shingles that both
have. A pair with that share s is a candidate by ``1 - (1 - s^3)^40``: 0.995 at 0.5, 0.9999 at 0.6, and 0.02 at 0.08,
about what texts on other things have.

SimHash was passed over: it sums shingles up to bits, so that bits of a text of few shingles are mostly chance.
"""

import unicodedata
from collections.abc import Sequence
from hashlib import blake2b, shake_256
from itertools import groupby

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.moderation.banks.growing import Growing
from socialflow.moderation.banks.records import DIGEST_BYTES, BankKind, Longs, Print
from socialflow.text.disguise import undisguised
from socialflow.text.normalise import normalise

Words = npt.NDArray[np.uint32]
Wides = npt.NDArray[np.uint64]

SHINGLE = 4
"""Letters."""
MOST_LETTERS = 5_000
"""Of a text, the first ones, that are kept."""
FEW = 24
"""Shingles below which only the very same text is found: people say "thank you so much" without copying anybody.
Chosen, as the default similarity, on the part of `benchmarks banks` that is not reported."""
BANDS, ROWS = 40, 3
_LETTERS_MEANT = str.maketrans(
    "аеорсухіјѕһԁԛԝӏκονρτυχαεıӧёґϲ",
    "aeopcyxijshdqwlkovptuxaeioerc",
)
"""Letters of other scripts by the Latin letter they are taken for, small ones."""
_SYMBOLS = frozenset({"So", "Sk", "Cs", "Co", "Cn"})
_LEFT_OUT = ("http", "@user")
"""What links and user names are after normalising."""
_FACTORS = np.frombuffer(shake_256(b"bands of shingles").digest(16 * BANDS * ROWS), "<u8").reshape(2, -1)
"""Of the orders; kept texts hold what they made, so that they never change."""
_ODD = np.uint64(1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FRESH = 2_048
"""Texts beside the sorted ones before all are sorted anew, or a tenth of all, whichever is more."""


def folded(text: str) -> str:
    """What a text says, in small letters and figures without anything between them.

    Letters that stand for others by their looks are read as those where the word has Latin letters too, or nothing but
    such letters.

    >>> folded("Fre€ c0inz!! \\U0001f525 @ann Срр"), folded("F r e e . . . coooins")
    ('frecoinzcp', 'frecoins')
    """
    plain = text if text.isascii() else "".join(map(_worded, text))
    words = [word for word in normalise(plain).text.split() if not word.startswith(_LEFT_OUT)]
    meant = undisguised(unicodedata.normalize("NFKC", " ".join(words)), str.isalpha)
    read = "".join(map(_latin, meant.casefold().split()))
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", read) if mark.isalnum())
    return "".join(mark if mark.isalpha() else mark * len(list(run)) for mark, run in groupby(bare))[:MOST_LETTERS]


def _worded(mark: str) -> str:
    return " " if unicodedata.category(mark) in _SYMBOLS else mark


def _latin(word: str) -> str:
    if word.isascii():
        return word
    read = word.translate(_LETTERS_MEANT)
    mixed = any("a" <= mark <= "z" for mark in word)
    return read if mixed or read.isascii() else word


def shingles_of(text: str) -> Words:
    """Hashes (n,) of the runs of four letters of a folded text, sorted, each once; a shorter text is one run."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    if not len(codes):
        return np.zeros(0, np.uint32)
    width = min(SHINGLE, len(codes))
    runs = np.zeros(len(codes) - width + 1, np.uint64)
    for place in range(width):
        runs = (runs + codes[place : place + len(runs)]) * _MIX
        runs ^= runs >> np.uint64(29)
    return np.unique((runs >> np.uint64(16)).astype(np.uint32))


def bands_of(shingles: Words) -> Words:
    """One value (40,) a band: of three orders that stand for random ones, the shingles that come first."""
    if not len(shingles):
        return np.zeros(BANDS, np.uint32)
    factors, shifts = _FACTORS[:, :, None]
    orders = ((shingles[None].astype(np.uint64) + shifts) * (factors | _ODD)) >> np.uint64(32)
    least = orders.min(axis=1).reshape(BANDS, ROWS)
    mixed = np.zeros(BANDS, np.uint64)
    for row in range(ROWS):
        mixed = (mixed + least[:, row]) * _MIX
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def print_of(text: str) -> Print | None:
    """What is kept of a text; None where nothing is left of it to compare."""
    shingles = shingles_of(folded(text))
    if not len(shingles):
        return None
    payload = np.concatenate((bands_of(shingles), shingles)).astype("<u4").tobytes()
    return Print(BankKind.TEXT, blake2b(payload, digest_size=DIGEST_BYTES).digest(), 100, payload)


def shingles_in(payload: bytes) -> tuple[Words, Words]:
    """Bands and shingles of a kept text. Raises ArtefactError where these are none."""
    if len(payload) % 4 or len(payload) <= 4 * BANDS:
        raise ArtefactError(f"what is kept of a text has {len(payload)} bytes, which is not what was written")
    both = np.frombuffer(payload, "<u4").astype(np.uint32)
    return both[:BANDS], both[BANDS:]


class TextIndex:
    """Kept texts by number, 0, 1, ...; none ever goes. Not safe to change while another thread asks."""

    def __init__(self) -> None:
        self._bands = Growing(np.zeros((0, BANDS), np.uint32))
        self._shingles = Growing(np.zeros(0, np.uint32))
        self._starts = Growing(np.zeros(1, np.int64))
        self._keys = np.zeros(0, np.uint64)
        self._rows = np.zeros(0, np.uint32)
        self._sorted = 0

    def __len__(self) -> int:
        return len(self._bands)

    def extend(self, payloads: Sequence[bytes]) -> None:
        """Take in texts, numbered on."""
        if not payloads:
            return
        both = [shingles_in(one) for one in payloads]
        self._bands.extend(np.stack([bands for bands, _ in both]))
        self._starts.extend(len(self._shingles) + np.cumsum([len(shingles) for _, shingles in both]))
        self._shingles.extend(np.concatenate([shingles for _, shingles in both]))
        if len(self) - self._sorted > max(_FRESH, len(self) // 10):
            self.settle()

    def settle(self) -> None:
        """Sort all bands anew."""
        keys = _places(self._bands.rows).ravel()
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], (order // BANDS).astype(np.uint32)
        self._sorted = len(self)

    def search(self, payload: bytes, least: float) -> list[tuple[int, float, float, float]]:
        """Texts with at least this share of shingles in common, the likest first: number, share of all shingles, and
        shares of those of the query and of the text."""
        bands, shingles = shingles_in(payload)
        rows = self._candidates(bands)
        if not len(rows):
            return []
        lengths = self._starts.rows[rows + 1] - self._starts.rows[rows]
        both = self._common(rows, lengths, shingles)
        share = both / (len(shingles) + lengths - both)
        needed = np.where(np.minimum(lengths, len(shingles)) < FEW, 1.0, least)
        good = np.flatnonzero(share >= needed)
        good = good[np.lexsort((rows[good], -share[good]))]
        return [
            (int(rows[one]), float(share[one]), float(both[one] / len(shingles)), float(both[one] / lengths[one]))
            for one in good
        ]

    def _candidates(self, bands: Words) -> Longs:
        wanted = _places(bands[None])[0]
        firsts, lasts = (np.searchsorted(self._keys, wanted, side) for side in ("left", "right"))
        found = [self._rows[first:last] for first, last in zip(firsts, lasts, strict=True) if first < last]
        fresh = np.flatnonzero((self._bands.rows[self._sorted :] == bands).any(axis=1)) + self._sorted
        return np.unique(np.concatenate([fresh, *found]).astype(np.int64))

    def _common(self, rows: Longs, lengths: Longs, shingles: Words) -> Longs:
        """Shingles (n,) that texts have in common with some."""
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(self._starts.rows[rows] - (ends - lengths), lengths)
        theirs = self._shingles.rows[places]
        near = np.minimum(np.searchsorted(shingles, theirs), len(shingles) - 1)
        counts: Longs = np.add.reduceat((shingles[near] == theirs).astype(np.int64), ends - lengths)
        return counts


def _places(bands: Words) -> Wides:
    """Bands (n, 40) as keys of which no two bands share one."""
    return (np.arange(BANDS, dtype=np.uint64) << np.uint64(32)) | bands
