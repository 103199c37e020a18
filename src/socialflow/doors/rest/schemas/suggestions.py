"""Suggested scores as moderators read and judge them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Body
from socialflow.moderation.review.records import MAX_NOTE
from socialflow.moderation.suggestions.records import Page, SuggestedScores, Suggestion, SuggestionState

_ID = "019506a2c5f47c3a9d0e1f2a3b4c5d6e"
_PSEUDONYM = "0d4a4f7f8f1f3c2d1e0b9a879b2f6c1e"
_SPAN = {"begin": 0, "end": 17, "value": 0.0}


class SuggestedSpanOut(BaseModel):
    """The score that a stretch should have."""

    begin: Annotated[int, Field(description="Where it begins, in UTF-16 code units.", examples=[0])]
    end: Annotated[int, Field(description="Where it has ended.", examples=[17])]
    value: Annotated[float, Field(description="0 to 1.", examples=[0.0])]


class SuggestedScoresOut(BaseModel):
    """The scores that one attribute should have."""

    summary: Annotated[float | None, Field(description="Of the whole comment, 0 to 1.", examples=[0.0])]
    spans: Annotated[list[SuggestedSpanOut], Field(description="Of parts of it.", examples=[[_SPAN]])]


class SuggestionOut(BaseModel):
    """A comment, and the scores that somebody says it should have."""

    id: Annotated[str, Field(description="Its id.", examples=[_ID])]
    at: Annotated[datetime, Field(description="When it was sent.", examples=["2026-03-01T09:00:00Z"])]
    text: Annotated[str, Field(description="The comment.", examples=["Have a nice day."])]
    context: Annotated[
        dict[str, Any] | None,
        Field(description="What it answers, as it was sent.", examples=[{"entries": [{"text": "Good bye."}]}]),
    ]
    languages: Annotated[list[str], Field(description="Its languages, by the caller's word.", examples=[["en"]])]
    detected_languages: Annotated[list[str], Field(description="What it is taken to be in.", examples=[["en"]])]
    community_id: Annotated[str | None, Field(description="Where it stands, as sent.", examples=["/forum/films"])]
    attribute_scores: Annotated[
        dict[str, SuggestedScoresOut],
        Field(description="By attribute.", examples=[{"TOXICITY": {"summary": 0.0, "spans": []}}]),
    ]
    client_token: Annotated[str | None, Field(description="The caller's own name for it.", examples=["c-53922"])]
    sender: Annotated[str, Field(description="Pseudonym of the account that sent it.", examples=[_PSEUDONYM])]
    state: Annotated[SuggestionState, Field(description="What became of it.", examples=["new"])]
    reviewer: Annotated[
        str | None,
        Field(description="Pseudonym of who judged it; null where nobody did, or who was erased.", examples=[None]),
    ]
    judged_at: Annotated[datetime | None, Field(description="When.", examples=["2026-03-02T09:00:00Z"])]
    note: Annotated[str, Field(description="What they wrote beside it.", examples=["a quotation"])]


class SuggestionsOut(BaseModel):
    """Some suggestions, the newest first."""

    suggestions: Annotated[list[SuggestionOut], Field(description="One a comment.")]
    next: Annotated[
        str | None, Field(description="Give it as `after` for older ones; null: there are none.", examples=[None])
    ]


class JudgedIn(Body):
    """What becomes of a suggestion."""

    accepted: Annotated[bool, Field(description="Whether the suggested scores are right.", examples=[True])]
    note: Annotated[
        str,
        StringConstraints(max_length=MAX_NOTE, pattern=NO_NUL),
        Field(description="For other moderators.", examples=["a quotation"]),
    ] = ""


def suggestion_out(suggestion: Suggestion) -> Mapping[str, Any]:
    """The body of a `SuggestionOut`."""
    said = suggestion.said
    return {
        "id": suggestion.id,
        "at": suggestion.at,
        "text": said.text,
        "context": said.context,
        "languages": said.languages,
        "detected_languages": said.detected,
        "community_id": said.community,
        "attribute_scores": {name: _scores(one) for name, one in said.scores.items()},
        "client_token": said.client_token,
        "sender": suggestion.sender,
        "state": suggestion.state,
        "reviewer": suggestion.reviewer,
        "judged_at": suggestion.judged_at,
        "note": suggestion.note,
    }


def suggestions_out(page: Page) -> Mapping[str, Any]:
    """The body of a `SuggestionsOut`."""
    return {"suggestions": [suggestion_out(one) for one in page.suggestions], "next": page.next}


def _scores(scores: SuggestedScores) -> Mapping[str, Any]:
    spans = [{"begin": span.begin, "end": span.end, "value": span.value} for span in scores.spans]
    return {"summary": scores.summary, "spans": spans}
