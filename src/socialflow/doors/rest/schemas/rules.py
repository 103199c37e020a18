"""Rules of the feed as they come in and go out: the same shape both ways."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, StringConstraints

from socialflow.content.records import ItemKind
from socialflow.doors.rest.schemas.common import NO_NUL, Body, Instant, Line
from socialflow.ids import ExternalId
from socialflow.recommendation.rules import ACTIONS, Match, Rule, RuleSet, When, to_data

MAX_RULES = 100
MAX_PLACES = 100
MAX_VALUES = 50
"""Values of one criterion."""

Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=NO_NUL)]
Words: TypeAlias = Annotated[tuple[Word, ...], Field(min_length=1, max_length=MAX_VALUES)]
Ids: TypeAlias = Annotated[tuple[ExternalId, ...], Field(min_length=1, max_length=MAX_VALUES)]
Hours: TypeAlias = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Places: TypeAlias = Annotated[int, Field(ge=2, le=MAX_PLACES)]


class MatchBody(Body):
    """Which items: every criterion given must hold, of its values any. At least one is given."""

    item: Annotated[Ids | None, Field(description="Item ids.", examples=[["1234"]])] = None
    kind: Annotated[
        tuple[ItemKind, ...] | None, Field(min_length=1, max_length=3, description="Kinds.", examples=[["video"]])
    ] = None
    category: Annotated[Words | None, Field(description="Categories.", examples=[["Motivation"]])] = None
    tag: Annotated[Words | None, Field(description="Tags.", examples=[["rain"]])] = None
    channel: Annotated[Ids | None, Field(description="Channel ids.", examples=[["quiet-hours"]])] = None
    author: Annotated[
        Ids | None, Field(description="User ids of the author, or else of the channel's owner.", examples=[["u-7"]])
    ] = None
    project_code: Annotated[Words | None, Field(description="Projects.", examples=[["flic"]])] = None
    community: Annotated[Words | None, Field(description="Communities.", examples=[["runners"]])] = None
    language: Annotated[Words | None, Field(description="Languages.", examples=[["pt"]])] = None
    moderation_flag: Annotated[Words | None, Field(description="Flags of moderation.", examples=[["spam"]])] = None
    is_promoted: Annotated[bool | None, Field(description="Whether it is promoted.", examples=[True])] = None
    min_age_hours: Annotated[Hours | None, Field(description="At least this old.", examples=[24])] = None
    max_age_hours: Annotated[Hours | None, Field(description="Younger than this.", examples=[720])] = None


class WhenBody(Body):
    """Which answers: every criterion given must hold, of its values any. None given: all."""

    surface: Annotated[Words | None, Field(description="Surfaces.", examples=[["feed"]])] = None
    algorithm: Annotated[Words | None, Field(description="Feeds that rank.", examples=[["hybrid"]])] = None
    locale: Annotated[
        Words | None, Field(description="Locales of the viewer; `pt` is `pt-BR` too.", examples=[["pt"]])
    ] = None
    region: Annotated[Words | None, Field(description="Regions of the viewer.", examples=[["BR"]])] = None
    starts_at: Annotated[Instant | None, Field(description="From.", examples=["2026-03-01T00:00:00Z"])] = None
    ends_at: Annotated[Instant | None, Field(description="Until before.", examples=["2026-04-01T00:00:00Z"])] = None


class ExcludeBody(Body):
    """Take the items out."""

    type: Annotated[Literal["exclude"], Field(description="The action.", examples=["exclude"])]


class BoostBody(Body):
    """Change the score s to s + (factor - 1) |s| + add."""

    type: Annotated[Literal["boost"], Field(description="The action.", examples=["boost"])]
    factor: Annotated[
        float, Field(ge=0, le=10, allow_inf_nan=False, description="1 changes nothing.", examples=[1.5])
    ] = 1.0
    add: Annotated[
        float, Field(ge=-10, le=10, allow_inf_nan=False, description="Scores are mostly 0 to 1.", examples=[0.1])
    ] = 0.0


class BuryBody(Body):
    """Put the items below all others."""

    type: Annotated[Literal["bury"], Field(description="The action.", examples=["bury"])]


class PinBody(Body):
    """Put the best of the items at a place."""

    type: Annotated[Literal["pin"], Field(description="The action.", examples=["pin"])]
    position: Annotated[
        int, Field(ge=1, le=MAX_PLACES, description="Place from 1, over the pages of a request.", examples=[1])
    ]


class CapBody(Body):
    """Let at most so many of the items stand near each other."""

    type: Annotated[Literal["cap"], Field(description="The action.", examples=["cap"])]
    at_most: Annotated[int, Field(ge=1, le=MAX_PLACES - 1, description="Items at most.", examples=[2])]
    window: Annotated[Places, Field(description="In so many places running.", examples=[10])]


class QuotaBody(Body):
    """Let at least one of the items stand in every stretch."""

    type: Annotated[Literal["quota"], Field(description="The action.", examples=["quota"])]
    one_in: Annotated[Places, Field(description="Places running of which one is theirs.", examples=[10])]


class RuleBody(Body):
    """One rule."""

    name: Annotated[
        str,
        StringConstraints(min_length=1, max_length=64, pattern=NO_NUL),
        Field(description="How explanations call it; no two alike.", examples=["spring campaign"]),
    ]
    match: Annotated[MatchBody, Field(description="Which items.")]
    when: Annotated[WhenBody, Field(description="Which answers.")] = WhenBody()
    action: Annotated[
        ExcludeBody | BoostBody | BuryBody | PinBody | CapBody | QuotaBody,
        Field(discriminator="type", description="What becomes of them.", examples=[{"type": "pin", "position": 1}]),
    ]

    def rule(self) -> Rule:
        """As the domain knows it."""
        action = self.action.model_dump(exclude={"type"})
        return Rule(
            self.name,
            Match(**self.match.model_dump(exclude_none=True)),
            ACTIONS[self.action.type](**action),
            When(**self.when.model_dump(exclude_none=True)),
        )


class RulesIn(Body):
    """The next version."""

    rules: Annotated[
        tuple[RuleBody, ...], Field(max_length=MAX_RULES, description="All rules, in the order in which they apply.")
    ]
    note: Annotated[Line, Field(description="Why they were changed.", examples=["spring campaign begins"])] = ""


class VersionOut(BaseModel):
    """One version."""

    version: Annotated[int, Field(description="Its number.", examples=[2])]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=["2026-03-01T09:00:00Z"])]
    note: Annotated[str, Field(description="Why it was made.", examples=["spring campaign begins"])]


class RulesOut(VersionOut):
    """One version with its rules."""

    rules: Annotated[list[RuleBody], Field(description="In the order in which they apply.")]


class VersionsOut(BaseModel):
    """All versions, without their rules."""

    active: Annotated[int, Field(description="Number of the active one.", examples=[2])]
    versions: Annotated[list[VersionOut], Field(description="Newest first.")]


def version_out(stored: RuleSet) -> Mapping[str, Any]:
    """The body of a `VersionOut`."""
    return {"version": stored.version, "created_at": stored.created_at, "note": stored.note}


def rules_out(stored: RuleSet) -> Mapping[str, Any]:
    """The body of a `RulesOut`."""
    return {**version_out(stored), "rules": [to_data(rule) for rule in stored.rules]}
