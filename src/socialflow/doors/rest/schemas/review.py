"""The queue of reviewers as it comes in and goes out.

What goes out of an item is the same for every kind of it: neither ids of its content or decision nor its severity are
told, all of which would give golden items and second reviews away.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, StringConstraints

from socialflow.content.records import Item, ModerationStatus
from socialflow.doors.rest.schemas.common import NO_NUL, Body, Name
from socialflow.moderation.desk import Laid
from socialflow.moderation.records import Act, ContentKind
from socialflow.moderation.review.appeal_records import MAX_APPEAL
from socialflow.moderation.review.checks import MAX_LABELS
from socialflow.moderation.review.records import MAX_CLAIM, MAX_NOTE, NoteKind, QueueEntry, Ruling, Shield, Wanted

MAX_NAMES = 50
"""Queues or languages of one claim."""

Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Words: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NOTE, pattern=NO_NUL)]
SaidStatus: TypeAlias = Literal["approved", "flagged", "rejected"]
SaidAct: TypeAlias = Literal["hide", "age_gate", "label", "strike"]
_LEASE = "5f1c0d9e7b2a4c6880f3e1d2c3b4a596"
_ID = "9b2f6c1e0d4a4f7f8f1f3c2d1e0b9a87"
_AT = "2026-03-01T09:00:00Z"


class QueueCountOut(BaseModel):
    """One queue at one level."""

    queue: Annotated[str, Field(description="Policy scope and language.", examples=["default/en"])]
    level: Annotated[int, Field(description="0 the first line, 1 what was escalated.", examples=[0])]
    waiting: Annotated[int, Field(description="Items that nobody holds.", examples=[12])]
    held: Annotated[int, Field(description="Items under a lease.", examples=[3])]
    oldest: Annotated[datetime | None, Field(description="Since when the oldest has been unfinished.", examples=[_AT])]


class QueuesOut(BaseModel):
    """Every queue with unfinished work."""

    queues: Annotated[list[QueueCountOut], Field(description="By name and level.")]


class ClaimIn(Body):
    """Which items are wanted, and how many."""

    queues: Annotated[
        tuple[Name, ...], Field(max_length=MAX_NAMES, description="Queues; none given: any.", examples=[["default/en"]])
    ] = ()
    languages: Annotated[
        tuple[Name, ...],
        Field(max_length=MAX_NAMES, description="Languages (ISO 639-1); none given: any.", examples=[["en", "pt"]]),
    ] = ()
    level: Annotated[int, Field(ge=0, le=1, description="0 the first line, 1 what was escalated.", examples=[0])] = 0
    appeals: Annotated[bool, Field(description="Appeals, and nothing else.", examples=[False])] = False
    limit: Annotated[int, Field(ge=1, le=MAX_CLAIM, description="How many at most.", examples=[5])] = 1

    def wanted(self) -> Wanted:
        """As the domain knows it."""
        return Wanted(self.queues, self.languages, self.level, self.appeals)


class TokenIn(Body):
    """The lease by which an item is held."""

    token: Annotated[
        str,
        StringConstraints(min_length=1, max_length=64, pattern=NO_NUL),
        Field(description="The token of the claim.", examples=[_LEASE]),
    ]


class SkipIn(TokenIn):
    """Not for this reviewer."""

    reason: Annotated[Words, Field(description="Why; it is kept beside the item.", examples=["I know the author"])]


class EscalateIn(TokenIn):
    """For the second line."""

    note: Annotated[Words, Field(description="What they should know.", examples=["a quotation, or a threat?"])]


class NoteIn(TokenIn):
    """Something to be kept beside the item."""

    text: Annotated[Words, Field(description="The words.", examples=["the same picture as yesterday"])]


class RulingIn(Body):
    """What a person says of content."""

    status: Annotated[SaidStatus, Field(description="What is to become of it.", examples=["rejected"])]
    reason: Annotated[Code, Field(description="A code, of the policy's reasons where one fits.", examples=["hate"])]
    labels: Annotated[
        tuple[Code, ...], Field(max_length=MAX_LABELS, description="Labels to put on it.", examples=[["graphic"]])
    ] = ()
    acts: Annotated[
        tuple[SaidAct, ...],
        Field(max_length=4, description="What else shall come of it.", examples=[["strike"]]),
    ] = ()
    note: Annotated[
        str,
        StringConstraints(max_length=MAX_NOTE, pattern=NO_NUL),
        Field(description="Why, for other reviewers.", examples=["a threat against a named person"]),
    ] = ""

    def ruling(self) -> Ruling:
        """As the domain knows it."""
        acts = tuple(Act(act) for act in dict.fromkeys(self.acts))
        return Ruling(ModerationStatus(self.status), self.reason, tuple(dict.fromkeys(self.labels)), acts, self.note)


class DecideIn(TokenIn, RulingIn):
    """A ruling on an item that is held."""


class ShieldBody(Body):
    """How content is shown to a reviewer until they ask for more."""

    blur: Annotated[bool, Field(description="Pictures and videos blurred.", examples=[True])] = True
    grey: Annotated[bool, Field(description="Pictures and videos without colour.", examples=[True])] = True
    mute: Annotated[bool, Field(description="Sound off.", examples=[True])] = True

    def shield(self) -> Shield:
        """As the domain knows it."""
        return Shield(self.blur, self.grey, self.mute)


class UntilOut(BaseModel):
    """A lease that was renewed."""

    until: Annotated[datetime, Field(description="When it runs out.", examples=["2026-03-01T09:10:00Z"])]


class EntryOut(BaseModel):
    """An item that is held."""

    item_id: Annotated[str, Field(description="Id of the item of the queue.", examples=[_ID])]
    token: Annotated[str, Field(description="Goes with every step that follows.", examples=[_LEASE])]
    until: Annotated[datetime, Field(description="When the lease runs out.", examples=["2026-03-01T09:10:00Z"])]
    queue: Annotated[str, Field(description="Policy scope and language.", examples=["default/en"])]
    kind: Annotated[ContentKind, Field(description="What it is.", examples=["comment"])]
    language: Annotated[str | None, Field(description="ISO 639-1; null: not known.", examples=["en"])]
    level: Annotated[int, Field(description="0 the first line, 1 the second.", examples=[0])]
    created_at: Annotated[datetime, Field(description="Since when it has waited.", examples=[_AT])]
    reach: Annotated[int, Field(description="Views, as they were last counted.", examples=[250])]
    appeal_id: Annotated[str | None, Field(description="The appeal it is about; null: none.", examples=[None])]


class EntriesOut(BaseModel):
    """Items that are held, and how they are to be shown."""

    items: Annotated[list[EntryOut], Field(description="The most urgent first.")]
    shield: Annotated[ShieldBody, Field(description="What the reviewer chose; all of it where they chose nothing.")]


class ContentOut(BaseModel):
    """The content."""

    title: Annotated[str, Field(description="Its title.", examples=["First snow"])]
    description: Annotated[str, Field(description="Its description.", examples=[""])]
    text: Annotated[str, Field(description="Its text.", examples=["Look at this!"])]
    tags: Annotated[list[str], Field(description="Its tags.", examples=[["snow"]])]
    media_url: Annotated[
        str | None, Field(description="Its video or picture.", examples=["https://media.example.org/1.mp4"])
    ]
    thumbnail_url: Annotated[
        str | None, Field(description="Its thumbnail.", examples=["https://media.example.org/1.jpg"])
    ]


class ToldRuleOut(BaseModel):
    """A rule of the policy that applied."""

    rule: Annotated[str, Field(description="Its name.", examples=["threats"])]
    reason: Annotated[str, Field(description="Code of its reason.", examples=["threat"])]
    text: Annotated[str, Field(description="What authors read.", examples=["It threatens somebody."])]
    acts: Annotated[list[Act], Field(description="What it brings about.", examples=[["review"]])]
    labels: Annotated[list[str], Field(description="Labels it puts on.", examples=[[]])]
    because: Annotated[
        list[str],
        Field(description="The conditions that held.", examples=[["a threat of violence or harm: 0.93, at least 0.7"]]),
    ]
    missing: Annotated[list[str], Field(description="Signals for want of which it applied.", examples=[[]])]


class SignPlaceOut(BaseModel):
    """Where something was found."""

    start: Annotated[float, Field(description="First character, second, or number of a picture.", examples=[10])]
    end: Annotated[float, Field(description="The one after the last.", examples=[18])]
    score: Annotated[float, Field(description="How much so, 0 to 1.", examples=[0.93])]


class SignOut(BaseModel):
    """A signal that was measured."""

    name: Annotated[str, Field(description="Its name.", examples=["text.threat"])]
    meaning: Annotated[str, Field(description="In plain words.", examples=["a threat of violence or harm"])]
    value: Annotated[float | list[str], Field(description="A score, a count, or words.", examples=[0.93])]
    coverage: Annotated[float, Field(description="Share of the content looked at, 0 to 1.", examples=[1.0])]
    places: Annotated[list[SignPlaceOut], Field(description="Where it was found.")]


class LackingOut(BaseModel):
    """A signal that could not be had."""

    name: Annotated[str, Field(description="Its name.", examples=["image.nsfw"])]
    meaning: Annotated[str, Field(description="In plain words.", examples=["explicit pictures (the greatest of all)"])]
    why: Annotated[str, Field(description="Why not.", examples=["model:nsfw-mobilenet-v2"])]


class NoteOut(BaseModel):
    """What somebody wrote beside the item."""

    kind: Annotated[NoteKind, Field(description="On what occasion.", examples=["escalate"])]
    reviewer: Annotated[str, Field(description="Their pseudonym.", examples=["0d4a4f7f8f1f3c2d1e0b9a879b2f6c1e"])]
    text: Annotated[str, Field(description="The words.", examples=["a quotation, or a threat?"])]
    at: Annotated[datetime, Field(description="When.", examples=[_AT])]


class AppealedOut(BaseModel):
    """What the author says against the decision that stands."""

    appeal_id: Annotated[str, Field(description="Id of the appeal.", examples=[_ID])]
    text: Annotated[str, Field(description="Their words.", max_length=MAX_APPEAL, examples=["It was a quotation."])]
    at: Annotated[datetime, Field(description="When they appealed.", examples=[_AT])]
    status: Annotated[ModerationStatus, Field(description="What stands.", examples=["rejected"])]
    note: Annotated[str, Field(description="What the first reviewer wrote, if it was one.", examples=[""])]


class LaidOut(BaseModel):
    """An item as it is laid before who holds it."""

    item: Annotated[EntryOut, Field(description="The item.")]
    shield: Annotated[ShieldBody, Field(description="How it is to be shown.")]
    content: Annotated[ContentOut | None, Field(description="The content; null where it is not stored here.")]
    rules: Annotated[list[ToldRuleOut], Field(description="Why it is here.")]
    signals: Annotated[list[SignOut], Field(description="What was measured.")]
    missing: Annotated[list[LackingOut], Field(description="What could not be.")]
    notes: Annotated[list[NoteOut], Field(description="What was written beside it, oldest first.")]
    appeal: Annotated[AppealedOut | None, Field(description="The appeal it is about.")]


def entry_out(entry: QueueEntry) -> Mapping[str, Any]:
    """The body of an `EntryOut`."""
    return {
        "item_id": entry.id,
        "token": entry.token,
        "until": entry.until,
        "queue": entry.queue,
        "kind": entry.kind,
        "language": entry.language,
        "level": entry.level,
        "created_at": entry.created_at,
        "reach": entry.reach,
        "appeal_id": entry.appeal,
    }


def content_out(content: Item | None) -> Mapping[str, Any] | None:
    """The body of a `ContentOut`."""
    if content is None:
        return None
    return {name: getattr(content, name) for name in ContentOut.model_fields}


def laid_out(laid: Laid) -> Mapping[str, Any]:
    """The body of a `LaidOut`."""
    told = laid.appealed
    appeal = told and {
        "appeal_id": told.appeal.id,
        "text": told.appeal.text,
        "at": told.appeal.at,
        "status": told.status,
        "note": told.note,
    }
    notes = [{"kind": one.kind, "reviewer": one.reviewer, "text": one.text, "at": one.at} for one in laid.notes]
    return {
        "item": entry_out(laid.entry),
        "shield": laid.entry.shield,
        "content": content_out(laid.content),
        "rules": laid.rules,
        "signals": laid.signs,
        "missing": laid.lacking,
        "notes": notes,
        "appeal": appeal,
    }
