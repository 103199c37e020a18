"""Appeals and strikes as they come in and go out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Body
from socialflow.doors.rest.schemas.review import RulingIn, TokenIn
from socialflow.ids import ExternalId
from socialflow.moderation.review.appeal_records import MAX_APPEAL, Appeal, AppealOutcome
from socialflow.moderation.review.strike_records import Strike
from socialflow.moderation.review.strikes import weight

_ID = "019506a2c5f47c3a9d0e1f2a3b4c5d6e"


class AppealIn(Body):
    """An author's word against a decision."""

    decision_id: Annotated[ExternalId, Field(description="The decision.", examples=[_ID])]
    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_APPEAL, pattern=NO_NUL),
        Field(description="Why it is wrong.", examples=["It was a quotation."]),
    ]
    user_id: Annotated[
        ExternalId | None,
        Field(description="With a service key: the author it speaks for; left out: whoever it is.", examples=["u-7"]),
    ] = None


class JudgeIn(TokenIn, RulingIn):
    """The end of an appeal that is held."""

    outcome: Annotated[
        Literal["upheld", "overturned", "partly"],
        Field(
            description="Upheld: `status` is what stands. Overturned: `approved`. Partly: nothing stricter.",
            examples=["overturned"],
        ),
    ]


class AppealOut(BaseModel):
    """An appeal."""

    appeal_id: Annotated[str, Field(description="Its id.", examples=["9b2f6c1e0d4a4f7f8f1f3c2d1e0b9a87"])]
    decision_id: Annotated[str, Field(description="The decision it is against.", examples=[_ID])]
    content_id: Annotated[str, Field(description="What was decided about.", examples=["1234"])]
    text: Annotated[str, Field(description="Why it is wrong, in the author's words.", examples=["It was a quotation."])]
    at: Annotated[datetime, Field(description="When it was brought.", examples=["2026-03-01T09:00:00Z"])]
    deadline: Annotated[
        datetime, Field(description="Until when it could be brought.", examples=["2026-03-14T21:00:00Z"])
    ]
    outcome: Annotated[
        AppealOutcome | None,
        Field(description="Null while it waits; `moot` where the content was judged anew first.", examples=[None]),
    ]
    judged_at: Annotated[datetime | None, Field(description="When it ended.", examples=[None])]
    decision_after: Annotated[str | None, Field(description="The decision that came of it.", examples=[None])]


class AppealsOut(BaseModel):
    """Appeals of one person."""

    appeals: Annotated[list[AppealOut], Field(description="Newest first, at most 100.")]


class StrikeOut(BaseModel):
    """One strike that counts."""

    decision_id: Annotated[str, Field(description="The decision it was given for.", examples=[_ID])]
    reason: Annotated[str, Field(description="Code of the reason.", examples=["hate"])]
    weight: Annotated[float, Field(description="What it weighs now; less with every day.", examples=[0.5])]
    at: Annotated[datetime, Field(description="When it was given.", examples=["2026-03-01T09:00:00Z"])]
    expires_at: Annotated[datetime, Field(description="When it goes.", examples=["2027-03-01T09:00:00Z"])]


class StrikesOut(BaseModel):
    """What counts against an author."""

    user_id: Annotated[str, Field(description="The author.", examples=["u-7"])]
    weight: Annotated[
        float, Field(description="What they weigh together: the signal `author.strikes`.", examples=[0.5])
    ]
    strikes: Annotated[list[StrikeOut], Field(description="Oldest first; none expired or taken back.")]


def appeal_out(appeal: Appeal) -> Mapping[str, Any]:
    """The body of an `AppealOut`."""
    return {"appeal_id": appeal.id} | {
        name: getattr(appeal, name) for name in AppealOut.model_fields if name != "appeal_id"
    }


def strikes_out(user_id: str, strikes: Sequence[Strike], now: datetime) -> Mapping[str, Any]:
    """The body of a `StrikesOut`."""
    told = [
        {
            "decision_id": one.decision_id,
            "reason": one.reason,
            "weight": weight([one], now),
            "at": one.at,
            "expires_at": one.expires_at,
        }
        for one in strikes
    ]
    return {"user_id": user_id, "weight": weight(strikes, now), "strikes": told}
