"""Banks, their entries, and matches, as frozen value objects.

No entry holds what it was made from: of a picture a hash, of a text hashes of its runs of letters, of a film its print.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.image.pdq import LOW_QUALITY, MATCH
from socialflow.kit.identifiers import check_id

ByteArray = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]

DIGEST_BYTES = 32
MOST_LABEL = 512
"""Characters of a label, a source, an owner."""


class BankKind(StrEnum):
    """What a bank has prints of."""

    PICTURE = "picture"
    VIDEO = "video"
    TEXT = "text"
    AUDIO = "audio"


class Purpose(StrEnum):
    """What a match is for."""

    BLOCK = "block"
    """Nobody should see it."""
    COPYRIGHT = "copyright"
    """It belongs to the bank's owner, who does not permit it."""
    TRACK = "track"
    """It is told, nothing more."""
    NEGATIVE = "negative"
    """Known to be harmless: matches of other banks that are no nearer are suppressed."""


class EntryState(StrEnum):
    """Whether an entry matches."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class View(StrEnum):
    """What somebody says of an entry."""

    SEEN = "seen"
    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"


@dataclass(frozen=True, slots=True)
class Opinions:
    """How many said what of an entry, each person and program once, by what they said last."""

    seen: int = 0
    confirmed: int = 0
    false_positive: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a match of a bank needs, and what its breaker allows.

    Parameters:
        distance: bits by which hashes of pictures differ at most, 0 to 31.
        quality: PDQ quality below which pictures and frames are not compared, 0 to 100.
        similarity: share of common shingles of texts at least, 0.3 to 1.
        seconds: of a video or a sound that match at least.
        flood_entry, flood_bank: matches an hour of one entry and of the bank that are never too many.
        flood_factor: times the usual matches an hour, beyond which they are too many; 1 or more.

    Raises:
        InvalidInput: a figure out of its range; names the field.
    """

    distance: int = MATCH
    quality: int = LOW_QUALITY
    similarity: float = 0.6
    seconds: float = 3.0
    flood_entry: int = 30
    flood_bank: int = 300
    flood_factor: float = 10.0

    def __post_init__(self) -> None:
        ranges = {
            "distance": (0, MATCH),
            "quality": (0, 100),
            "similarity": (0.3, 1),
            "seconds": (0, 86_400),
            "flood_entry": (1, 10**9),
            "flood_bank": (1, 10**9),
            "flood_factor": (1, 10**6),
        }
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise InvalidInput(f"{name} is {least} to {most}, not {getattr(self, name)}", field=name)


@dataclass(frozen=True, slots=True)
class Bank:
    """A list of entries with one purpose and one owner.

    `held`: it suddenly matched far more than usual, so that its matches do not act until people have looked. `entries`
    counts all of them, `withdrawn` those that do not match any more; both are 0 in answers that do not count.
    """

    id: str
    name: str
    kind: BankKind
    purpose: Purpose
    created_at: datetime
    owner: str = ""
    active: bool = True
    thresholds: Thresholds = field(default_factory=Thresholds)
    held: bool = False
    key: int = 0
    entries: int = 0
    withdrawn: int = 0

    def __post_init__(self) -> None:
        check_id(self.id)
        if not self.name.strip():
            raise InvalidInput("a bank has a name", field="name")
        for name in ("name", "owner"):
            if len(getattr(self, name)) > MOST_LABEL:
                raise InvalidInput(f"{name} has {MOST_LABEL} characters at most", field=name)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds from `start` to `end`. Raises InvalidInput where that is no stretch."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end < float("inf"):
            raise InvalidInput(f"a span goes from a start to a later end in seconds, not {self}", field="span")


@dataclass(frozen=True, slots=True)
class Print:
    """What is kept of one thing, for banks of its kind: `digest` (32 bytes, by which the same print is the same entry),
    `quality` (0 to 100; 100 where there is no such thing), and what else it is compared by."""

    kind: BankKind
    digest: bytes
    quality: int = 100
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to store. `label` says what it is, `source` whence it came, `span` which part of a film is the owner's
    (None: all of it)."""

    print: Print
    label: str = ""
    source: str = ""
    span: Stretch | None = None

    def __post_init__(self) -> None:
        for name in ("label", "source"):
            if len(getattr(self, name)) > MOST_LABEL:
                raise InvalidInput(f"{name} has {MOST_LABEL} characters at most", field=name)


@dataclass(frozen=True, slots=True, eq=False)
class Many:
    """Entries to store that are digests alone: (n, 32) uint8, qualities (n,) uint8, one label and source for all.
    Raises InvalidInput for others."""

    digests: ByteArray
    qualities: ByteArray
    label: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        right = self.digests.shape == (len(self.qualities), DIGEST_BYTES) and self.qualities.ndim == 1
        if not right or self.digests.dtype != np.uint8 or self.qualities.dtype != np.uint8:
            raise InvalidInput(
                f"hashes are (n, {DIGEST_BYTES}) uint8 with n qualities, not {self.digests.shape} of "
                f"{self.digests.dtype} with {self.qualities.shape}"
            )
        if max(len(self.label), len(self.source)) > MOST_LABEL:
            raise InvalidInput(f"a label and a source have {MOST_LABEL} characters at most", field="label")


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored entry. `held`: as that of a bank, of this entry alone."""

    id: int
    bank_key: int
    digest: bytes
    quality: int
    label: str
    source: str
    span: Stretch | None
    state: EntryState
    held: bool
    created_at: datetime
    opinions: Opinions = Opinions()


@dataclass(frozen=True, slots=True)
class AddedEntry:
    """An entry's id, and whether it is new: a print that a bank has is not stored twice, withdrawn or not."""

    id: int
    new: bool


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of many: stored, there before, and too poor to be compared."""

    stored: int = 0
    duplicates: int = 0
    poor: int = 0

    def __add__(self, other: "Bulk") -> "Bulk":
        return Bulk(self.stored + other.stored, self.duplicates + other.duplicates, self.poor + other.poor)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Entries as columns, of n rows, in the order in which they changed.

    Attributes:
        keys, banks: int64.
        active: whether they match.
        qualities: uint8.
        digests: (n, 32) uint8.
        payloads: one a row, empty where there is none.
        version, last: cursor behind the last row: version of its change, and its key.
    """

    keys: Longs
    banks: Longs
    active: npt.NDArray[np.bool_]
    qualities: ByteArray
    digests: ByteArray
    payloads: Sequence[bytes]
    version: int
    last: int

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Shared:
    """A stretch that is the same, in seconds of what was asked and of the entry; `medium` is `picture` or `sound`."""

    medium: str
    start: float
    end: float
    reference_start: float
    reference_end: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that what was asked is like.

    Attributes:
        bank, purpose, owner: whose entry it is, and what for.
        entry, label, source, opinions: which, and what is said of it.
        score: 0 to 1; of pictures 1 less the share of 128 bits by which they differ, of texts the share of common
            shingles, of films the certainty of the surest stretch (a rule of thumb).
        distance: bits by which pictures differ; None of others.
        how: how a picture was turned or mirrored, or `edited`; empty of others.
        spans: stretches of films.
        of_query, of_reference: shares of both that are the same, 0 to 1.
        held: the entry or its bank matched far more than usual: people look, nothing acts.
        suppressed_by: the entry of a negative bank that is as near; None: none is.
    """

    bank: str
    purpose: Purpose
    owner: str
    entry: int
    label: str
    source: str
    score: float
    distance: int | None = None
    how: str = ""
    spans: tuple[Shared, ...] = ()
    of_query: float = 1.0
    of_reference: float = 1.0
    opinions: Opinions = Opinions()
    held: bool = False
    suppressed_by: int | None = None

    @property
    def acts(self) -> bool:
        """Whether a policy may act on it: neither held nor suppressed, and not of a negative bank."""
        return not self.held and self.suppressed_by is None and self.purpose is not Purpose.NEGATIVE


@dataclass(frozen=True, slots=True)
class Looked:
    """Matches, the surest first. `missing` names what could not be compared: `picture:quality` (too little to see),
    `text:short` (nothing left to compare), `video:pictures`, `video:sound`, `audio:sound`; `more`: there are others,
    farther off than those told."""

    matches: tuple[Match, ...] = ()
    missing: tuple[str, ...] = ()
    more: bool = False

    @property
    def acting(self) -> tuple[Match, ...]:
        """Those that a policy may act on."""
        return tuple(match for match in self.matches if match.acts)


@dataclass(frozen=True, slots=True)
class Near:
    """An entry that the index found, before its bank is asked: key, score and the rest as in `Match`."""

    key: int
    bank: int
    score: float
    distance: int | None = None
    how: str = ""
    spans: tuple[Shared, ...] = ()
    of_query: float = 1.0
    of_reference: float = 1.0


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of an import that was not taken, counted from 1, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import; `withdrawn` entries that it says are gone; of `refused` the first hundred are told,
    `refused_count` counts all."""

    bulk: Bulk
    withdrawn: int = 0
    refused_count: int = 0
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A bank or one entry (None: the bank) that was held, the matches of the last hour and what was allowed."""

    bank: str
    entry: int | None
    matches: float
    allowed: float
