"""Counts of decisions and statements of reasons as they go out."""

from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field

from socialflow.moderation.transparency.counts import Counts
from socialflow.moderation.transparency.dsa import (
    Automation,
    ContentType,
    DecisionGround,
    SourceType,
    StatementCategory,
    Visibility,
    YesNo,
)

Numbers: TypeAlias = dict[str, int]


class TimesOut(BaseModel):
    """Medians in seconds; null where there is nothing to take one of."""

    service: Annotated[
        float | None,
        Field(description="From when an item was posted to the service's first decision on it.", examples=[1.2]),
    ]
    person: Annotated[
        float | None, Field(description="From a decision to that of a person in its place.", examples=[3600.0])
    ]
    appeal: Annotated[float | None, Field(description="From an appeal to its outcome.", examples=[86400.0])]


class CountsOut(BaseModel):
    """Decisions of a period."""

    since: Annotated[datetime, Field(description="First instant.", examples=["2026-01-01T00:00:00Z"])]
    until: Annotated[datetime, Field(description="First instant after.", examples=["2026-02-01T00:00:00Z"])]
    decisions: Annotated[int, Field(description="Decisions that were taken.", examples=[12000])]
    statements: Annotated[int, Field(description="Of these, those that restrict.", examples=[310])]
    by_outcome: Annotated[Numbers, Field(description="By what was decided.", examples=[{"approved": 11690}])]
    by_automation: Annotated[
        Numbers,
        Field(
            description="`fully`, `partially` (a person after the service), `not_automated`.", examples=[{"fully": 1}]
        ),
    ]
    by_kind: Annotated[Numbers, Field(description="By kind of content.", examples=[{"comment": 9000}])]
    by_language: Annotated[Numbers, Field(description="By language (ISO 639-1).", examples=[{"en": 8000}])]
    by_reason: Annotated[Numbers, Field(description="By reason code; once for each.", examples=[{"threat": 12}])]
    by_category: Annotated[Numbers, Field(description="By category of the reasons.", examples=[{"violence": 12}])]
    appeals: Annotated[
        Numbers, Field(description="Appeals brought in the period, by outcome; `waiting`.", examples=[{"upheld": 4}])
    ]
    reviewed: Annotated[
        int, Field(description="Decisions of the service about content that people ruled on since.", examples=[200])
    ]
    reversed: Annotated[
        int, Field(description="Of these, those where one shows the content and the other does not.", examples=[9])
    ]
    reversal_rate: Annotated[float | None, Field(description="`reversed` of `reviewed`, 0 to 1.", examples=[0.045])]
    appeal_reversal_rate: Annotated[
        float | None, Field(description="Share of judged appeals that changed the decision.", examples=[0.2])
    ]
    median_seconds: Annotated[TimesOut, Field(description="How long it took.")]


class StatementOut(BaseModel):
    """A statement of reasons in the fields of the EU's DSA Transparency Database."""

    puid: Annotated[str, Field(description="Unique id.", examples=["12-6fa459ea0ee8a3ca894edb77e160355e"])]
    decision_visibility: Annotated[
        list[Visibility], Field(description="How it is seen less.", examples=[["DECISION_VISIBILITY_CONTENT_DISABLED"]])
    ]
    decision_visibility_other: Annotated[str | None, Field(description="In words, for OTHER.", examples=[None])]
    decision_monetary: Annotated[None, Field(description="Always null: no payments here.", examples=[None])]
    decision_provision: Annotated[None, Field(description="Always null: nobody loses the service.", examples=[None])]
    decision_account: Annotated[None, Field(description="Always null: no account is suspended.", examples=[None])]
    decision_ground: Annotated[
        DecisionGround, Field(description="Law or terms.", examples=["DECISION_GROUND_INCOMPATIBLE_CONTENT"])
    ]
    illegal_content_legal_ground: Annotated[str | None, Field(description="The law relied on.", examples=[None])]
    illegal_content_explanation: Annotated[str | None, Field(description="Why it is illegal.", examples=[None])]
    incompatible_content_ground: Annotated[
        str | None, Field(description="The section of the terms.", examples=["Community rules, threats"])
    ]
    incompatible_content_explanation: Annotated[
        str | None, Field(description="Why it breaks them.", examples=["It threatens somebody with violence."])
    ]
    category: Annotated[
        StatementCategory, Field(description="What it is about.", examples=["STATEMENT_CATEGORY_VIOLENCE"])
    ]
    category_addition: Annotated[list[StatementCategory], Field(description="And what else.", examples=[[]])]
    content_type: Annotated[list[ContentType], Field(description="What it is.", examples=[["CONTENT_TYPE_TEXT"]])]
    content_type_other: Annotated[str | None, Field(description="In words, for OTHER.", examples=[None])]
    content_language: Annotated[str | None, Field(description="ISO 639-1 in capitals.", examples=["EN"])]
    content_date: Annotated[
        date | None, Field(description="When it was posted; null where not known.", examples=["2026-03-13"])
    ]
    application_date: Annotated[date, Field(description="From when it is restricted.", examples=["2026-03-14"])]
    end_date_visibility_restriction: Annotated[
        date | None, Field(description="Until when; null: it still is.", examples=[None])
    ]
    territorial_scope: Annotated[list[str], Field(description="Countries (ISO 3166-1).", examples=[["AT", "BE"]])]
    source_type: Annotated[SourceType, Field(description="What led to it.", examples=["SOURCE_VOLUNTARY"])]
    automated_detection: Annotated[YesNo, Field(description="Whether machines found it.", examples=["Yes"])]
    automated_decision: Annotated[
        Automation, Field(description="How far machines decided.", examples=["AUTOMATED_DECISION_FULLY"])
    ]
    decision_facts: Annotated[
        str, Field(description="What was relied on.", examples=["A comment was judged by automated means."])
    ]


class StatementsOut(BaseModel):
    """Some statements of reasons, in the order of their decisions."""

    statements: Annotated[list[StatementOut], Field(description="One a decision that restricts.")]
    next: Annotated[
        str | None, Field(description="Give it as `after` for what comes next; null: nothing.", examples=[None])
    ]


def counts_out(counts: Counts) -> dict[str, Any]:
    """The body of a `CountsOut`."""
    names = (name for name in CountsOut.model_fields if name != "median_seconds")
    return {**{name: getattr(counts, name) for name in names}, "median_seconds": counts.seconds}
