"""Bodies of what content and people are about."""

from typing import Annotated

from pydantic import BaseModel, Field

from socialflow.analysis.interests import Kind
from socialflow.analysis.tags import Source
from socialflow.doors.rest.schemas.common import Answered


class TagOut(BaseModel):
    """One tag."""

    name: Annotated[str, Field(description="The tag.", examples=["sourdough"])]
    confidence: Annotated[float, Field(description="0 to 1.", examples=[0.92])]
    sources: Annotated[
        list[Source], Field(description="Where it comes from, the strongest evidence first.", examples=[["given"]])
    ]


class ChannelTagsOut(Answered):
    """Tags of a channel."""

    channel_id: Annotated[str, Field(description="Id of the channel.", examples=["quiet-hours"])]
    tags: Annotated[list[TagOut], Field(description="Best first.")]


class InterestOut(BaseModel):
    """One interest."""

    kind: Annotated[Kind, Field(description="What it is of.", examples=["category"])]
    name: Annotated[str, Field(description="Name of the category, tag or topic.", examples=["cooking"])]
    score: Annotated[float, Field(description="0 to 1.", examples=[1.0])]


class ChurnOut(BaseModel):
    """Whether somebody is leaving, from the gaps between the days on which they did something: a heuristic."""

    risk: Annotated[float, Field(description="0 to 1.", examples=[0.12])]
    silent_days: Annotated[float, Field(description="Days since the last act.", examples=[1.5])]
    usual_gap_days: Annotated[float, Field(description="Days between visits so far.", examples=[2.1])]


class InterestsOut(Answered):
    """What somebody is interested in."""

    user_id: Annotated[str, Field(description="Of whom.", examples=["u-7"])]
    interests: Annotated[list[InterestOut], Field(description="By acts, newer ones counting more; greatest first.")]
    next_interests: Annotated[
        list[InterestOut], Field(description="What the last 14 days have more of than the 42 before.")
    ]
    churn: Annotated[ChurnOut | None, Field(description="null where nothing is known of the person.")]
