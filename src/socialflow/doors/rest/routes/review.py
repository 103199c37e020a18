"""What waits for people: claimed under a lease, looked at, judged or passed on.

No answer tells a golden item or a blind second review from any other.
"""

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.hash_banks import HeldOut, held_out
from socialflow.doors.rest.schemas.review import (
    ClaimIn,
    DecideIn,
    EntriesOut,
    EscalateIn,
    LaidOut,
    NoteIn,
    QueuesOut,
    ShieldBody,
    SkipIn,
    TokenIn,
    UntilOut,
    entry_out,
    laid_out,
)
from socialflow.ids import ExternalId

router = APIRouter(
    prefix="/api/v1/moderation",
    tags=["Review"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
QueueItem: TypeAlias = Annotated[
    ExternalId, Path(description="Id of an item of the queue.", examples=["9b2f6c1e0d4a4f7f8f1f3c2d1e0b9a87"])
]


def reviewing(call: Call) -> str:
    """The account of a caller who may review; a service key is one reviewer. Raises PermissionDenied."""
    authorise(call.principal, Action.REVIEW_WRITE)
    return call.principal.account


@router.get("/queue", response_model=QueuesOut, summary="Count what waits")
async def read_queues(call: CallDep) -> Reply:
    """Every queue and level with unfinished work."""
    authorise(call.principal, Action.REVIEW_READ)
    return Reply({"queues": await call.platform.moderation.queue.counts()})


@router.get("/queue/held-hashes", response_model=HeldOut, summary="Hash banks and entries that wait for people")
async def held_hashes(call: CallDep) -> Reply:
    """They matched far more than usual and act no more; up to 100 entries, with some of the content each matched."""
    authorise(call.principal, Action.HASH_BANK_READ)
    return Reply(held_out(await call.platform.banks.held()))


@router.post("/queue/claim", response_model=EntriesOut, responses=documented(409, 413), summary="Claim items")
async def claim_items(body: ClaimIn, call: CallDep) -> Reply:
    """The most urgent that fit. Nobody else gets them while the lease runs: 10 minutes, renewable.

    Left out is your own content, and what you skipped or judged before. At most 50 are held at a time.
    """
    account = reviewing(call)
    queue = call.platform.moderation.queue
    entries = await queue.claim(account, body.wanted(), body.limit)
    return Reply({"items": [entry_out(entry) for entry in entries], "shield": await queue.shield(account)})


@router.get("/queue/held", response_model=EntriesOut, summary="List what you hold")
async def read_held(call: CallDep) -> Reply:
    """What is under a lease of yours that runs, with its tokens."""
    account = reviewing(call)
    queue = call.platform.moderation.queue
    entries = await queue.held(account)
    return Reply({"items": [entry_out(entry) for entry in entries], "shield": await queue.shield(account)})


@router.get("/queue/{item_id}", response_model=LaidOut, responses=documented(404, 409), summary="Look at an item")
async def read_queued(item_id: QueueItem, call: CallDep) -> Reply:
    """The content, why it is here in plain words, and what was written beside it; for who holds it alone."""
    return Reply(laid_out(await call.platform.moderation.desk.look(reviewing(call), item_id)))


@router.post(
    "/queue/{item_id}/renew", response_model=UntilOut, responses=documented(404, 409, 413), summary="Hold on to an item"
)
async def renew_item(item_id: QueueItem, body: TokenIn, call: CallDep) -> Reply:
    """For another lease from now."""
    until = await call.platform.moderation.queue.renew(reviewing(call), item_id, body.token)
    return Reply({"until": until})


@router.post(
    "/queue/{item_id}/release", status_code=204, responses=documented(404, 409, 413), summary="Give an item back"
)
async def release_item(item_id: QueueItem, body: TokenIn, call: CallDep) -> Response:
    """You may get it again."""
    await call.platform.moderation.queue.release(reviewing(call), item_id, body.token)
    return Response(status_code=204)


@router.post("/queue/{item_id}/skip", status_code=204, responses=documented(404, 409, 413), summary="Skip an item")
async def skip_item(item_id: QueueItem, body: SkipIn, call: CallDep) -> Response:
    """It goes back to others; you do not get it again."""
    await call.platform.moderation.queue.skip(reviewing(call), item_id, body.token, body.reason)
    return Response(status_code=204)


@router.post(
    "/queue/{item_id}/escalate", status_code=204, responses=documented(404, 409, 413), summary="Escalate an item"
)
async def escalate_item(item_id: QueueItem, body: EscalateIn, call: CallDep) -> Response:
    """It waits for the second line (`level` 1), with your note."""
    await call.platform.moderation.queue.escalate(reviewing(call), item_id, body.token, body.note)
    return Response(status_code=204)


@router.post(
    "/queue/{item_id}/notes", status_code=204, responses=documented(404, 409, 413), summary="Write beside an item"
)
async def note_item(item_id: QueueItem, body: NoteIn, call: CallDep) -> Response:
    """Whoever holds the item later reads it."""
    await call.platform.moderation.queue.note(reviewing(call), item_id, body.token, body.text)
    return Response(status_code=204)


@router.post("/queue/{item_id}/decide", status_code=204, responses=documented(404, 409, 413), summary="Judge an item")
async def decide_item(item_id: QueueItem, body: DecideIn, call: CallDep) -> Response:
    """What you say takes the place of what the service said, in every feed with the next request.

    `409` where you hold the item no more, or the content was changed or judged anew meanwhile; nothing is stored then.
    Appeals are judged at `/appeals/{appeal_id}/judge`.
    """
    await call.platform.moderation.queue.decide(reviewing(call), item_id, body.token, body.ruling())
    return Response(status_code=204)


@router.get("/reviewers/me/shield", response_model=ShieldBody, summary="Read how content is shown to you")
async def read_shield(call: CallDep) -> Reply:
    """Blurred, grey and mute where you chose nothing."""
    return Reply(await call.platform.moderation.queue.shield(reviewing(call)))


@router.put(
    "/reviewers/me/shield", response_model=ShieldBody, responses=documented(413), summary="Choose how content is shown"
)
async def put_shield(body: ShieldBody, call: CallDep) -> Reply:
    """What is left out is on."""
    account = reviewing(call)
    await call.platform.moderation.queue.set_shield(account, body.shield())
    return Reply(await call.platform.moderation.queue.shield(account))
