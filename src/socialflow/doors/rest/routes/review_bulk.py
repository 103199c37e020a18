"""One ruling for many waiting items: shown first, then done to what was shown."""

from fastapi import APIRouter

from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.review import reviewing
from socialflow.doors.rest.schemas.review_bulk import (
    BulkApplyIn,
    BulkPreviewIn,
    BulkPreviewOut,
    BulkResultOut,
    glimpse_out,
)

router = APIRouter(
    prefix="/api/v1/moderation/queue/bulk",
    tags=["Review"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 413, 422, 429, 503),
)


@router.post("/preview", response_model=BulkPreviewOut, summary="See what a bulk action would touch")
async def preview_bulk(body: BulkPreviewIn, call: CallDep) -> Reply:
    """Nothing is done. Items that are held, that you judged before or that are your own are not among them."""
    account = reviewing(call)
    preview = await call.platform.moderation.bulk.preview(account, body.which())
    sample = await call.platform.moderation.desk.glimpse(preview.sample)
    return Reply({"count": preview.count, "sample": [glimpse_out(one) for one in sample], "token": preview.token})


@router.post("/apply", response_model=BulkResultOut, responses=documented(409), summary="Judge what a preview showed")
async def apply_bulk(body: BulkApplyIn, call: CallDep) -> Reply:
    """All of it in one transaction, but for what no longer waits or fits. A note is needed: it is kept with each."""
    account = reviewing(call)
    return Reply(await call.platform.moderation.bulk.apply(account, body.token, body.cap, body.ruling()))
