"""Bulk actions of reviewers as they come in and go out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Body, Instant, Name
from socialflow.doors.rest.schemas.review import ContentOut, RulingIn, content_out
from socialflow.ids import ExternalId
from socialflow.moderation.desk import Glimpse
from socialflow.moderation.records import ContentKind
from socialflow.moderation.review.bulk_records import MAX_BULK, BulkFilter

MAX_TOKEN = 200_000
"""Characters of a preview's token: it carries the filter and the ids that were shown."""


class BulkPreviewIn(Body):
    """Which waiting items are meant: all that is given must hold."""

    scope: Annotated[Name | None, Field(description="Scope of their policy.", examples=["default"])] = None
    language: Annotated[Name | None, Field(description="ISO 639-1.", examples=["en"])] = None
    kind: Annotated[ContentKind | None, Field(description="What they are.", examples=["comment"])] = None
    level: Annotated[int, Field(ge=0, le=1, description="0 the first line, 1 the second.", examples=[0])] = 0
    least_severity: Annotated[
        float, Field(ge=0, le=1, allow_inf_nan=False, description="At least this grave.", examples=[0.0])
    ] = 0.0
    most_severity: Annotated[
        float, Field(ge=0, le=1, allow_inf_nan=False, description="At most this grave.", examples=[0.5])
    ] = 1.0
    created_before: Annotated[
        Instant | None, Field(description="Waiting since before then.", examples=["2026-03-01T09:00:00Z"])
    ] = None
    content_ids: Annotated[
        tuple[ExternalId, ...], Field(max_length=MAX_BULK, description="These contents.", examples=[["1234"]])
    ] = ()

    def which(self) -> BulkFilter:
        """As the domain knows it."""
        return BulkFilter(**self.model_dump())


class BulkApplyIn(RulingIn):
    """One ruling for what a preview showed."""

    token: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_TOKEN, pattern=NO_NUL),
        Field(description="The token of the preview.", examples=["dG9rZW4"]),
    ]
    cap: Annotated[
        int, Field(ge=1, le=MAX_BULK, description="Refuse where more than so many were shown.", examples=[50])
    ]


class GlimpseOut(BaseModel):
    """One item that would be judged."""

    queue: Annotated[str, Field(description="Policy scope and language.", examples=["default/en"])]
    kind: Annotated[ContentKind, Field(description="What it is.", examples=["comment"])]
    created_at: Annotated[datetime, Field(description="Since when it has waited.", examples=["2026-03-01T09:00:00Z"])]
    reach: Annotated[int, Field(description="Views, as they were last counted.", examples=[3])]
    content: Annotated[ContentOut | None, Field(description="The content; null where it is not stored here.")]


class BulkPreviewOut(BaseModel):
    """What an action would touch."""

    count: Annotated[int, Field(description="How many fit; 501 where there are more than 500.", examples=[17])]
    sample: Annotated[list[GlimpseOut], Field(description="The most urgent 20 of them.")]
    token: Annotated[
        str | None,
        Field(
            description="Stands for exactly these for 15 minutes; null where there are none, or more than 500.",
            examples=["dG9rZW4"],
        ),
    ]


class BulkResultOut(BaseModel):
    """What an action did."""

    judged: Annotated[int, Field(description="Items that were judged.", examples=[16])]
    left: Annotated[
        int, Field(description="Shown, but judged, claimed or gone meanwhile, and so left alone.", examples=[1])
    ]


def glimpse_out(glimpse: Glimpse) -> Mapping[str, Any]:
    """The body of a `GlimpseOut`."""
    item = glimpse.item
    return {
        "queue": item.queue,
        "kind": item.kind,
        "created_at": item.created_at,
        "reach": item.reach,
        "content": content_out(glimpse.content),
    }
