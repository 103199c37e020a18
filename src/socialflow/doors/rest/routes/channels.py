"""Creators' channels."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.content.records import Channel
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import ChannelId
from socialflow.doors.rest.schemas.common import BadRow, RowsOut, left_out, merge_outcomes, rows_out
from socialflow.doors.rest.schemas.content import ChannelIn, ChannelOut, ChannelRow, ChannelsBatch, channel_out

router = APIRouter(
    prefix="/api/v1/channels",
    tags=["Channels"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.get("/{channel_id}", response_model=ChannelOut, responses=documented(404), summary="Read a channel")
async def read_channel(channel_id: ChannelId, call: CallDep) -> Reply:
    """The channel as stored."""
    authorise(call.principal, Action.CHANNEL_READ)
    return Reply(channel_out(await call.content.channel(channel_id)))


@router.put(
    "/{channel_id}", response_model=ChannelOut, responses=documented(404, 413), summary="Create or replace a channel"
)
async def put_channel(channel_id: ChannelId, body: ChannelIn, call: CallDep) -> Reply:
    """What is left out takes its default, but `created_at` and `owner`, which stay. A creator owns what they make."""
    principal = call.principal
    maker = None if allowed(principal, Action.CHANNEL_WRITE) else principal.subject
    now = call.platform.clock.now()

    def revise(stored: Channel | None) -> Channel:
        if stored is not None:
            authorise(principal, Action.CHANNEL_WRITE, owner=stored.owner)
        created_at, owner = (stored.created_at, stored.owner) if stored else (now, maker)
        channel = body.record(channel_id, created_at=created_at, owner=owner)
        authorise(principal, Action.CHANNEL_WRITE, owner=channel.owner)
        return channel

    return Reply(channel_out(await call.content.put_channel(channel_id, revise)))


@router.post("/bulk", response_model=RowsOut, responses=documented(413), summary="Create or replace many channels")
async def put_channels(body: ChannelsBatch, call: CallDep) -> Reply:
    """Rows in one transaction; each is answered."""
    authorise(call.principal, Action.CHANNEL_WRITE)
    rows: Sequence[ChannelRow | BadRow] = body.channels
    good = [row for row in rows if not isinstance(row, BadRow)]
    now = call.platform.clock.now()
    outcomes = await call.content.put_channels(
        [row.record(row.id, created_at=now) for row in good], left_out(good, "created_at", "owner")
    )
    return Reply(rows_out(merge_outcomes(rows, outcomes)))


@router.delete("/{channel_id}", status_code=204, responses=documented(404), summary="Delete a channel")
async def delete_channel(channel_id: ChannelId, call: CallDep) -> Response:
    """Its subscriptions and mutes go with it; its items stay."""
    await call.content.delete_channel(
        channel_id, lambda stored: authorise(call.principal, Action.CHANNEL_WRITE, owner=stored.owner)
    )
    return Response(status_code=204)
