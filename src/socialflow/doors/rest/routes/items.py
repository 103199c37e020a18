"""Videos, posts and comments, and their statistics over time."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.content.records import Item
from socialflow.content.service import is_public, require_stored
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import ItemId
from socialflow.doors.rest.schemas.common import BadRow, Instant, RowsOut, left_out, merge_outcomes, rows_out
from socialflow.doors.rest.schemas.content import (
    ItemIn,
    ItemOut,
    ItemRow,
    ItemsBatch,
    ItemStatsOut,
    StatsIn,
    StatsOut,
    item_out,
)
from socialflow.errors import ChannelNotFound, ItemNotFound, PermissionDenied

router = APIRouter(
    prefix="/api/v1/items", tags=["Items"], route_class=GuardedRoute, responses=documented(401, 403, 422, 429, 503)
)


@router.get("/{item_id}", response_model=ItemOut, responses=documented(404), summary="Read an item")
async def read_item(item_id: ItemId, call: CallDep) -> Reply:
    """The item as stored. One that is not public exists only for its author, moderators and services."""
    return Reply(item_out(await _visible(item_id, call)))


async def _visible(item_id: str, call: Call) -> Item:
    authorise(call.principal, Action.ITEM_READ)
    item = await call.content.item(item_id)
    if not is_public(item) and not allowed(call.principal, Action.ITEM_READ_UNSEEN, owner=item.author):
        raise ItemNotFound(f"no item has the id {item_id!r}", field="item_id")
    return item


@router.put(
    "/{item_id}", response_model=ItemOut, responses=documented(404, 410, 413), summary="Create or replace an item"
)
async def put_item(item_id: ItemId, body: ItemIn, call: CallDep) -> Reply:
    """What is left out takes its default, but `created_at`, which stays.

    With a token: you are the author, and the channel is yours. The moderation status of a stored item is kept, only a
    decision changes it; but where its words or media change it is `pending` until it was judged again.
    """
    principal = call.principal
    author = None
    if not allowed(principal, Action.ITEM_WRITE):
        author = principal.subject
        authorise(principal, Action.ITEM_WRITE, owner=body.author or author)
        await _check_channel(body.channel, call)
    trusted = allowed(principal, Action.ITEM_TRUST)
    now = call.platform.clock.now()

    def revise(stored: Item | None) -> Item:
        if stored is not None:
            authorise(principal, Action.ITEM_WRITE, owner=stored.author)
        created_at = stored.created_at if stored else now
        return body.record(item_id, created_at=created_at, trusted=trusted, author=author)

    return Reply(item_out(await call.content.put_item(item_id, revise)))


async def _check_channel(channel_id: str | None, call: Call) -> None:
    """A person posts into their own channels only."""
    if channel_id is None:
        return
    try:
        owner = (await call.content.channel(channel_id)).owner
    except ChannelNotFound as error:
        raise ChannelNotFound(error.message, field="channel") from error
    if owner != call.principal.subject:
        raise PermissionDenied("the channel belongs to somebody else", field="channel")


@router.post("/bulk", response_model=RowsOut, responses=documented(413), summary="Create or replace many items")
async def put_items(body: ItemsBatch, call: CallDep) -> Reply:
    """Rows in one transaction; each is answered. Status and promotion are honoured as in a single call."""
    authorise(call.principal, Action.ITEM_WRITE)
    trusted = allowed(call.principal, Action.ITEM_TRUST)
    rows: Sequence[ItemRow | BadRow] = body.items
    good = [row for row in rows if not isinstance(row, BadRow)]
    now = call.platform.clock.now()
    outcomes = await call.content.put_items(
        [row.record(row.id, created_at=now, trusted=trusted) for row in good], left_out(good, "created_at")
    )
    return Reply(rows_out(merge_outcomes(rows, outcomes)))


@router.delete("/{item_id}", status_code=204, responses=documented(404), summary="Delete an item")
async def delete_item(item_id: ItemId, call: CallDep) -> Response:
    """Its interactions, statistics and comments go with it."""
    await call.content.delete_item(
        item_id, lambda stored: authorise(call.principal, Action.ITEM_WRITE, owner=stored.author)
    )
    return Response(status_code=204)


@router.post(
    "/{item_id}/stats", response_model=StatsOut, responses=documented(404, 413), summary="Add statistics of an item"
)
async def add_stats(item_id: ItemId, body: StatsIn, call: CallDep) -> Reply:
    """Totals as counted outside at one instant; the same instant again replaces them."""
    authorise(call.principal, Action.STATS_WRITE)
    row = body.record(item_id, call.platform.clock.now())
    require_stored((await call.content.add_stats([row]))[0])
    return Reply(row)


@router.get(
    "/{item_id}/stats", response_model=ItemStatsOut, responses=documented(404), summary="Read an item's statistics"
)
async def read_stats(
    item_id: ItemId,
    call: CallDep,
    since: Annotated[Instant | None, Query(description="Only from then on.", examples=["2026-01-01T00:00:00Z"])] = None,
) -> Reply:
    """The item's totals in time order."""
    authorise(call.principal, Action.STATS_READ)
    await _visible(item_id, call)
    return Reply({"stats": await call.content.stats(item_id, since)})
