"""Interactions as they come in."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

from socialflow.content.records import InteractionContext, InteractionType, RowStatus
from socialflow.content.service import NewInteraction
from socialflow.doors.rest.schemas.common import MAX_ROWS, BadRow, Body, Instant, Name, row_or_reason
from socialflow.ids import MAX_INT, ExternalId


class ContextIn(Body):
    """Where the interaction happened."""

    surface: Annotated[Name | None, Field(description="Part of the app.", examples=["feed"])] = None
    device: Annotated[Name | None, Field(description="Kind of device.", examples=["phone"])] = None
    position: Annotated[int | None, Field(ge=0, le=MAX_INT, description="Place in the feed.", examples=[3])] = None
    request_id: Annotated[Name | None, Field(description="`request_id` of that feed.", examples=["b7e1c2"])] = None


class InteractionIn(Body):
    """One act of a user on an item."""

    username: Annotated[ExternalId, Field(description="Username, or user id.", examples=["user123"])]
    post_id: Annotated[ExternalId, Field(description="Item id.", examples=[1234])]
    interaction_type: Annotated[InteractionType, Field(description="What the user did.", examples=["like"])]
    interaction_value: Annotated[
        float | None,
        Field(
            allow_inf_nan=False,
            description="`view`: watched fraction 0 to 1; `watch_time`: seconds; `rating`: 0.5 to 5 stars; others "
            "-1 to 1. Left out it is 1, but `watch_time` and `rating` need it.",
            examples=[1.0],
        ),
    ] = None
    id: Annotated[
        ExternalId | None,
        Field(description="Idempotency key: a second row of this user with it changes nothing.", examples=["c0ffee-1"]),
    ] = None
    at: Annotated[
        Instant | None, Field(description="When it happened; left out: now.", examples=["2026-01-31T12:00:00Z"])
    ] = None
    context: Annotated[ContextIn | None, Field(description="Where it happened.")] = None

    def record(self, user: str | None = None) -> NewInteraction:
        """The row for the service; `user` stands in for the name sent."""
        given = self.context
        context = (
            _NO_CONTEXT
            if given is None
            else InteractionContext(given.surface, given.device, given.position, given.request_id)
        )
        return NewInteraction(
            user or self.username,
            self.post_id,
            self.interaction_type,
            self.interaction_value,
            self.id,
            self.at,
            context,
        )


_NO_CONTEXT = InteractionContext()

InteractionRow: TypeAlias = Annotated[InteractionIn, row_or_reason("id")]
InteractionRows: TypeAlias = Annotated[list[InteractionRow], Field(min_length=1, max_length=MAX_ROWS)]


class InteractionBatch(Body):
    """Many interactions."""

    interactions: Annotated[InteractionRows, Field(description=f"1 to {MAX_ROWS:,} rows.")]


InteractionsIn: TypeAlias = Annotated[InteractionBatch | InteractionRows, Field(union_mode="left_to_right")]


def rows_of(body: InteractionBatch | list[InteractionIn]) -> list[InteractionIn | BadRow]:
    """The rows of either form."""
    return list(body.interactions if isinstance(body, InteractionBatch) else body)


class InteractionOut(BaseModel):
    """The interaction is stored for good."""

    id: Annotated[str, Field(description="Its id, given or made.", examples=["c0ffee-1"])]
    status: Annotated[RowStatus, Field(description="`duplicate` where it was stored before.", examples=["stored"])]
