"""Bodies of hash banks, their entries, and matches."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import Body, Line, Name, Text
from socialflow.doors.rest.schemas.fingerprints import MAX_FINGERPRINT
from socialflow.doors.rest.schemas.media import MediaUrl
from socialflow.moderation.banks.records import (
    Bank,
    BankKind,
    Bulk,
    Entry,
    EntryState,
    Imported,
    Looked,
    Match,
    Purpose,
    Stretch,
    Thresholds,
    View,
)
from socialflow.moderation.banks.service import Held

MAX_BULK = 10_000
PdqHex = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$")]
_DEFAULT = Thresholds()
_HASH = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
_EXAMPLE = asdict(_DEFAULT)


class ThresholdsBody(Body):
    """What a match of a bank needs, and what its breaker allows."""

    distance: Annotated[
        int, Field(ge=0, le=31, description="Bits by which hashes of pictures differ at most.", examples=[31])
    ] = _DEFAULT.distance
    quality: Annotated[
        int, Field(ge=0, le=100, description="PDQ quality below which nothing is compared.", examples=[50])
    ] = _DEFAULT.quality
    similarity: Annotated[
        float, Field(ge=0.3, le=1, description="Share of what two texts have in common at least.", examples=[0.6])
    ] = _DEFAULT.similarity
    seconds: Annotated[
        float, Field(ge=0, le=86_400, description="Of a video or sound that match at least.", examples=[3.0])
    ] = _DEFAULT.seconds
    flood_entry: Annotated[
        int, Field(ge=1, le=10**9, description="Matches an hour of an entry that are never too many.", examples=[30])
    ] = _DEFAULT.flood_entry
    flood_bank: Annotated[
        int, Field(ge=1, le=10**9, description="Matches an hour of the bank that are never too many.", examples=[300])
    ] = _DEFAULT.flood_bank
    flood_factor: Annotated[
        float, Field(ge=1, le=10**6, description="Times the usual, beyond which they are too many.", examples=[10.0])
    ] = _DEFAULT.flood_factor

    def thresholds(self) -> Thresholds:
        """As the domain has them."""
        return Thresholds(**self.model_dump())


class BankIn(Body):
    """A new bank."""

    id: Annotated[Name | None, Field(min_length=1, description="Left out: one is made.", examples=["studio-films"])] = (
        None
    )
    name: Annotated[Line, Field(min_length=1, description="What it is called.", examples=["Films of the studio"])]
    kind: Annotated[BankKind, Field(description="What it has prints of.", examples=["picture"])]
    purpose: Annotated[Purpose, Field(description="What its matches are for.", examples=["block"])]
    owner: Annotated[Line, Field(description="Whose the entries are.", examples=["Studio"])] = ""
    thresholds: Annotated[ThresholdsBody, Field(description="What a match needs.", examples=[_EXAMPLE])] = (
        ThresholdsBody()
    )


class BankChange(Body):
    """What changes of a bank; what is left out stays."""

    active: Annotated[bool | None, Field(description="Whether it matches.", examples=[True])] = None
    thresholds: Annotated[ThresholdsBody | None, Field(description="In place of all it had.", examples=[_EXAMPLE])] = (
        None
    )


class BankOut(BaseModel):
    """A bank."""

    id: Annotated[str, Field(description="Its id.", examples=["studio-films"])]
    name: Annotated[str, Field(description="What it is called.", examples=["Films of the studio"])]
    kind: Annotated[BankKind, Field(description="What it has prints of.", examples=["picture"])]
    purpose: Annotated[Purpose, Field(description="What its matches are for.", examples=["block"])]
    owner: Annotated[str, Field(description="Whose the entries are.", examples=["Studio"])]
    active: Annotated[bool, Field(description="Whether it matches.", examples=[True])]
    held: Annotated[
        bool,
        Field(description="It matched far more than usual: nothing acts until people have looked.", examples=[False]),
    ]
    thresholds: Annotated[ThresholdsBody, Field(description="What a match needs.", examples=[_EXAMPLE])]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=["2026-03-01T09:00:00Z"])]


class BankCountedOut(BankOut):
    """A bank with its entries counted."""

    entries: Annotated[int, Field(description="All entries.", examples=[1000000])]
    withdrawn: Annotated[int, Field(description="Of these, such that match no more.", examples=[12])]


class BanksOut(BaseModel):
    """All banks."""

    banks: Annotated[list[BankOut], Field(description="Oldest first.")]


class SpanBody(Body):
    """A stretch of a film."""

    start: Annotated[float, Field(ge=0, allow_inf_nan=False, description="Seconds.", examples=[30.0])]
    end: Annotated[float, Field(gt=0, allow_inf_nan=False, description="Seconds.", examples=[90.0])]


class ThingIn(Body):
    """What is stored or looked for: one of these."""

    pdq: Annotated[PdqHex | None, Field(description="Hash of a picture.", examples=[_HASH])] = None
    quality: Annotated[int, Field(ge=0, le=100, description="Of the hash.", examples=[100])] = 100
    image_url: Annotated[
        MediaUrl | None, Field(description="A picture.", examples=["https://media.example.org/photo.jpg"])
    ] = None
    text: Annotated[Text | None, Field(description="A text; it is not kept.", examples=["free coins, click here"])] = (
        None
    )
    fingerprint: Annotated[
        str | None,
        Field(
            max_length=MAX_FINGERPRINT,
            description="Of a video or sound, as `POST /api/v1/video/fingerprint` gives it out.",
            examples=["U0ZWUAEI..."],
        ),
    ] = None
    video_url: Annotated[
        MediaUrl | None, Field(description="A video or sound.", examples=["https://media.example.org/clip.mp4"])
    ] = None


class EntryIn(ThingIn):
    """A new entry."""

    label: Annotated[Line, Field(description="What it is.", examples=["coin scam"])] = ""
    source: Annotated[Line, Field(description="Whence it came.", examples=["report 4711"])] = ""
    span: Annotated[
        SpanBody | None, Field(description="Part of a film that is the owner's.", examples=[{"start": 30, "end": 90}])
    ] = None

    def stretch(self) -> Stretch | None:
        """The span as the domain has it. Raises InvalidInput."""
        return None if self.span is None else Stretch(self.span.start, self.span.end)


class HashIn(Body):
    """A hash with its quality."""

    pdq: Annotated[PdqHex, Field(description="64 hexadecimal digits.", examples=[_HASH])]
    quality: Annotated[int, Field(ge=0, le=100, description="PDQ quality.", examples=[90])] = 100


class BulkIn(Body):
    """Hashes of pictures with one label and source."""

    entries: Annotated[tuple[HashIn, ...], Field(min_length=1, max_length=MAX_BULK, description="The hashes.")]
    label: Annotated[Line, Field(description="What they are.", examples=["known memes"])] = ""
    source: Annotated[Line, Field(description="Whence they came.", examples=["list of March"])] = ""


class OpinionIn(Body):
    """What the caller says of an entry."""

    view: Annotated[View, Field(description="In place of what the caller said before.", examples=["false_positive"])]


class OpinionsOut(BaseModel):
    """How many said what, each by what they said last."""

    seen: Annotated[int, Field(description="Met it.", examples=[3])]
    confirmed: Annotated[int, Field(description="Say it is right.", examples=[1])]
    false_positive: Annotated[int, Field(description="Say it is wrong.", examples=[0])]


class EntryOut(BaseModel):
    """An entry."""

    id: Annotated[int, Field(description="Its id.", examples=[42])]
    digest: Annotated[
        str, Field(description="The PDQ hash of a picture, else a digest of its print.", examples=[_HASH])
    ]
    quality: Annotated[int, Field(description="PDQ quality.", examples=[90])]
    label: Annotated[str, Field(description="What it is.", examples=["coin scam"])]
    source: Annotated[str, Field(description="Whence it came.", examples=["report 4711"])]
    span: Annotated[
        SpanBody | None, Field(description="Part of a film that is the owner's.", examples=[{"start": 30, "end": 90}])
    ]
    state: Annotated[EntryState, Field(description="Whether it matches.", examples=["active"])]
    held: Annotated[bool, Field(description="It matched far more than usual.", examples=[False])]
    created_at: Annotated[datetime, Field(description="When it was stored.", examples=["2026-03-01T09:00:00Z"])]
    opinions: Annotated[OpinionsOut, Field(description="What is said of it.")]


class EntriesOut(BaseModel):
    """A page of entries."""

    entries: Annotated[list[EntryOut], Field(description="By id.")]
    next: Annotated[int | None, Field(description="`after` of the next page; null: that was all.", examples=[142])]


class HeldEntryOut(BaseModel):
    """An entry that is held."""

    bank: Annotated[str, Field(description="Of its bank.", examples=["studio-films"])]
    entry: Annotated[EntryOut, Field(description="The entry.")]
    examples: Annotated[list[str], Field(description="Some content that it matched, newest first.", examples=[["1"]])]


class HeldOut(BaseModel):
    """What is held until people have looked."""

    banks: Annotated[list[BankOut], Field(description="Held as a whole: release them, or deactivate them.")]
    entries: Annotated[list[HeldEntryOut], Field(description="Confirm or withdraw them; the longest held first.")]


class AddedOut(BaseModel):
    """What became of a new entry."""

    id: Annotated[int, Field(description="Of the entry, or of that which has the print already.", examples=[42])]
    new: Annotated[bool, Field(description="Whether it was stored now.", examples=[True])]


class BulkOut(BaseModel):
    """What became of many."""

    stored: Annotated[int, Field(description="Stored.", examples=[980])]
    duplicates: Annotated[int, Field(description="There before, withdrawn or not.", examples=[15])]
    poor: Annotated[int, Field(description="With too little in them to be compared.", examples=[5])]


class RefusedOut(BaseModel):
    """A row that was not taken."""

    row: Annotated[int, Field(description="From 1.", examples=[17])]
    reason: Annotated[str, Field(description="Why.", examples=["a quality is 0 to 100, not 300"])]


class ImportedOut(BulkOut):
    """What became of a list."""

    withdrawn: Annotated[int, Field(description="Entries that the list says are gone.", examples=[2])]
    refused_count: Annotated[int, Field(description="Rows that were not taken.", examples=[1])]
    refused: Annotated[list[RefusedOut], Field(description="The first hundred of them.")]


class MatchIn(ThingIn):
    """What is looked for."""

    record: Annotated[
        bool, Field(description="Count the matches, by which floods are held: of what was posted.", examples=[True])
    ] = False


class SharedOut(BaseModel):
    """A stretch that is the same, in seconds."""

    medium: Annotated[str, Field(description="picture or sound.", examples=["picture"])]
    start: Annotated[float, Field(description="In what was asked.", examples=[4.0])]
    end: Annotated[float, Field(description="In what was asked.", examples=[19.5])]
    reference_start: Annotated[float, Field(description="In the entry.", examples=[64.0])]
    reference_end: Annotated[float, Field(description="In the entry.", examples=[79.5])]
    mirrored: Annotated[bool, Field(description="Left and right swapped.", examples=[False])]


class MatchOut(BaseModel):
    """An entry that what was asked is like."""

    bank: Annotated[str, Field(description="Id of its bank.", examples=["studio-films"])]
    kind: Annotated[BankKind, Field(description="Of the bank.", examples=["video"])]
    purpose: Annotated[Purpose, Field(description="What the match is for.", examples=["copyright"])]
    owner: Annotated[str, Field(description="Whose the bank is.", examples=["Studio"])]
    entry: Annotated[int, Field(description="Id of the entry.", examples=[42])]
    label: Annotated[str, Field(description="What it is.", examples=["episode 3"])]
    source: Annotated[str, Field(description="Whence it came.", examples=["delivery 12"])]
    score: Annotated[float, Field(description="0 to 1.", examples=[0.97])]
    distance: Annotated[int | None, Field(description="Bits, of pictures.", examples=[4])]
    how: Annotated[str, Field(description="How a picture was turned, or `edited`.", examples=["flip_y"])]
    spans: Annotated[list[SharedOut], Field(description="Stretches of films.")]
    of_query: Annotated[float, Field(description="Share of what was asked.", examples=[0.8])]
    of_reference: Annotated[float, Field(description="Share of the entry.", examples=[0.1])]
    opinions: Annotated[OpinionsOut, Field(description="What is said of the entry.")]
    held: Annotated[bool, Field(description="It matched far more than usual: people look.", examples=[False])]
    suppressed_by: Annotated[
        int | None, Field(description="Entry of a negative bank that is as near.", examples=[None])
    ]
    acts: Annotated[bool, Field(description="Whether a policy may act on it.", examples=[True])]


class LookedOut(BaseModel):
    """What is in the banks."""

    matches: Annotated[list[MatchOut], Field(description="The surest first, by kind.")]
    missing: Annotated[list[str], Field(description="What could not be compared.", examples=[["video:sound"]])]
    more: Annotated[bool, Field(description="There are others, farther off.", examples=[False])]


def bank_out(bank: Bank) -> dict[str, object]:
    """The body of a `BankOut`."""
    left_out = {"key", "entries", "withdrawn"}
    return {name: value for name, value in asdict(bank).items() if name not in left_out}


def counted_out(bank: Bank) -> dict[str, object]:
    """The body of a `BankCountedOut`."""
    return {**bank_out(bank), "entries": bank.entries, "withdrawn": bank.withdrawn}


def entry_out(entry: Entry) -> dict[str, object]:
    """The body of an `EntryOut`."""
    told = asdict(entry) | {"digest": entry.digest.hex()}
    del told["bank_key"]
    return told


def held_out(held: Held) -> dict[str, object]:
    """The body of a `HeldOut`."""
    return {
        "banks": [bank_out(one) for one in held.banks],
        "entries": [
            {"bank": one.bank, "entry": entry_out(one.entry), "examples": one.examples} for one in held.entries
        ],
    }


def bulk_out(bulk: Bulk) -> dict[str, object]:
    """The body of a `BulkOut`."""
    return {"stored": bulk.stored, "duplicates": bulk.duplicates, "poor": bulk.poor}


def imported_out(told: Imported) -> dict[str, object]:
    """The body of an `ImportedOut`."""
    rows = [asdict(one) for one in told.refused]
    return {
        **bulk_out(told.bulk),
        "withdrawn": told.withdrawn,
        "refused_count": told.refused_count,
        "refused": rows,
    }


def looked_out(looked: dict[BankKind, Looked]) -> dict[str, Any]:
    """The body of a `LookedOut`."""
    return {
        "matches": [_match(match, kind) for kind, one in looked.items() for match in one.matches],
        "missing": [name for one in looked.values() for name in one.missing],
        "more": any(one.more for one in looked.values()),
    }


def _match(match: Match, kind: BankKind) -> dict[str, object]:
    return {**asdict(match), "kind": kind, "acts": match.acts}
