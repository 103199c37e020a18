"""What of content is in the banks of what is known, as signals."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from socialflow.errors import TooLarge
from socialflow.image.pdq import Pdq
from socialflow.kit.answers import Provenance, Tier
from socialflow.moderation.banks.kept import LARGEST_FILM, Kept, KeptPrint, kept_matches
from socialflow.moderation.banks.records import Looked as Found
from socialflow.moderation.banks.records import Match, Purpose
from socialflow.moderation.gather.combining import Sheet
from socialflow.moderation.gather.ports import Matching
from socialflow.moderation.gather.records import Looked
from socialflow.moderation.records import Place, Reading, Signals
from socialflow.video.fingerprints import unpacked
from socialflow.video.prints import VideoFingerprint

HARMFUL, HARMFUL_BANKS, HELD = "match.harmful", "match.harmful_banks", "match.held"
COPYRIGHT, OWNERS = "match.copyright", "match.owners"
MADE = Provenance("hash_banks", "1", Tier.BUNDLED)
"""A match is found or not; what an entry of a bank may bring about, who keeps the bank has said."""


class InUse(NamedTuple):
    """Kinds of banks that are in use, and a version of the banks of which, or of a later one, every answer is."""

    kinds: frozenset[str]
    version: int | None


NONE = InUse(frozenset(), None)


class Known(NamedTuple):
    """What is in the banks of some content: signals, and what is remembered."""

    signals: Signals
    kept: Kept


class Like(NamedTuple):
    """A match, and the number of the picture that it is of; None: of words or a film."""

    match: Match
    picture: int | None


async def in_use(matching: Matching | None) -> InUse:
    """Which banks are asked. Raises StoreUnavailable."""
    if matching is None:
        return NONE
    version = await matching.version()
    return InUse(frozenset(bank.kind.value for bank in await matching.list() if bank.active), version)


async def known_of(
    matching: Matching, using: InUse, words: str, pictures: Sequence[Looked], films: Sequence[Looked]
) -> Known:
    """What is in the banks. No signal where no bank in use is of the kind of anything of the content.

    Raises Overloaded, StoreUnavailable.
    """
    kinds = using.kinds
    sheet, found, prints, kept_films, asked = Sheet(), list[Like](), list[KeptPrint](), list[bytes](), 0
    if "text" in kinds and words.strip():
        asked += 1
        found += _like(await matching.match_text(words), None)
    for number, one in enumerate(pictures if "picture" in kinds else ()):
        if one.picture is not None:
            asked += 1
            made = _hash(one.picture.analyses["vector"].answer["pdq"])
            prints.append(KeptPrint(number, made.value, made.quality))
            found += _like(await matching.match_picture(made), number)
        elif one.reason:
            sheet.lack(one.reason, HARMFUL, HELD, COPYRIGHT)
    for one in films if not {"video", "audio"}.isdisjoint(kinds) else ():
        if one.film is not None:
            asked += 1
            film = unpacked(one.film.analyses["fingerprint"].answer["fingerprint"])
            kept_films.append(film.to_bytes())
            found += await _of_film(matching, kinds, film, sheet)
        elif one.reason:
            sheet.lack(one.reason, HARMFUL, HELD, COPYRIGHT)
    if asked:
        _read(sheet, found)
    told = kept_matches(one.match for one in found)
    kept = Kept(tuple(prints), told, using.version, tuple(one for one in kept_films if len(one) <= LARGEST_FILM))
    return Known(sheet.signals(), kept)


async def _of_film(matching: Matching, kinds: Collection[str], film: VideoFingerprint, sheet: Sheet) -> list[Like]:
    found = list[Like]()
    try:
        if "video" in kinds:
            found += _like(await matching.match_video(film), None)
        if "audio" in kinds:
            found += _like(await matching.match_audio(film), None)
    except TooLarge:
        sheet.lack("match:too_large", HARMFUL, HELD, COPYRIGHT)
    return found


def _like(found: Found, picture: int | None) -> list[Like]:
    return [Like(match, picture) for match in found.matches]


def _hash(told: Mapping[str, Any]) -> Pdq:
    return Pdq(bytes.fromhex(told["hash"]), int(told["quality"]))


def _read(sheet: Sheet, found: Sequence[Like]) -> None:
    blocked = [one for one in found if one.match.purpose is Purpose.BLOCK]
    harmful = [one for one in blocked if one.match.acts]
    held = [one for one in blocked if one.match.held and one.match.suppressed_by is None]
    owned = [one for one in found if one.match.purpose is Purpose.COPYRIGHT and one.match.acts]
    for name, mine in ((HARMFUL, harmful), (HELD, held)):
        sheet.read(name, max((one.match.score for one in mine), default=0.0), MADE, places=_places(mine))
    sheet.read(COPYRIGHT, max((one.match.of_query for one in owned), default=0.0), MADE, places=_places(owned))
    _words(sheet, HARMFUL_BANKS, [one.match.bank for one in harmful])
    _words(sheet, OWNERS, [one.match.owner for one in owned if one.match.owner])


def _words(sheet: Sheet, name: str, words: Sequence[str]) -> None:
    if words:
        sheet.readings[name] = Reading(tuple(sorted({*words})), MADE.model, MADE.version, MADE.tier)


def _places(found: Sequence[Like]) -> list[Place]:
    """Numbers of pictures, and seconds of films."""
    places = [
        Place(one.picture, one.picture + 1, round(one.match.score, 6)) for one in found if one.picture is not None
    ]
    for one in found:
        places += [Place(span.start, span.end, round(one.match.score, 6)) for span in one.match.spans]
    return list(dict.fromkeys(places))
