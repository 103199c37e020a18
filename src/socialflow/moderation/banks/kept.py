"""What is remembered of content that was held against the banks, so that banks that change later can be asked again.

Of pictures their hashes are kept, of films their prints as a whole: hundreds of bytes a second. Words are with the
content itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from socialflow.ids import ItemKey
from socialflow.moderation.banks.records import BankKind, Match, Purpose

MOST_MATCHES = 50
"""Matches that are remembered of one piece of content, the surest first."""
LARGEST_FILM = 4 << 20
"""Bytes of the longest print of a film that is kept, some hours of it."""
TELLING = (Purpose.BLOCK, Purpose.COPYRIGHT)
"""Purposes of banks whose matches a policy hears of."""


@dataclass(frozen=True, slots=True)
class KeptPrint:
    """The PDQ hash (32 bytes) and quality (0 to 100) of one picture of some content; `number` says which, from 0."""

    number: int
    digest: bytes
    quality: int


@dataclass(frozen=True, slots=True)
class KeptMatch:
    """An entry that some content was like when it was judged.

    `value`, 0 to 1, is what it gave to the signal: likeness, of what is owned the share of the content. `acted`:
    whether it counted then (neither held nor suppressed).
    """

    entry: int
    value: float
    acted: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of one piece of content. `version` of the banks is one whose entries all were asked; None: the
    banks were not asked at all. `films`: prints of films and sounds, as `VideoFingerprint.to_bytes` writes them."""

    prints: tuple[KeptPrint, ...] = ()
    matches: tuple[KeptMatch, ...] = ()
    version: int | None = None
    films: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Remembered:
    """A match that is remembered, with what is true of its entry now.

    Attributes:
        item, entry: what matches what.
        bank, purpose, owner: whose entry it is, and what for.
        value, acted: as of `KeptMatch`.
        considered: whether it acted when it was last looked at whether people must look.
        acts: whether it acts now.
    """

    item: ItemKey
    entry: int
    bank: str
    purpose: Purpose
    owner: str
    value: float
    acted: bool
    considered: bool
    acts: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in banks of a kind: entries since a version, or one bank as a whole (`bank`)."""

    kind: BankKind
    since: int = -1
    bank: str | None = None


def value_of(match: Match) -> float:
    """What a match gives to the signal of its purpose, 0 to 1."""
    return match.of_query if match.purpose is Purpose.COPYRIGHT else match.score


def kept_matches(matches: Iterable[Match]) -> tuple[KeptMatch, ...]:
    """Of all matches of one piece of content those to remember, each entry once; suppressed ones are harmless."""
    best: dict[int, KeptMatch] = {}
    for one in matches:
        if one.purpose in TELLING and one.suppressed_by is None:
            value = round(value_of(one), 6)
            if one.entry not in best or best[one.entry].value < value:
                best[one.entry] = KeptMatch(one.entry, value, one.acts)
    surest = sorted(best.values(), key=lambda one: (not one.acted, -one.value, one.entry))
    return tuple(surest[:MOST_MATCHES])
