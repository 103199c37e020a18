"""Moments of videos, found by words."""

from fastapi import APIRouter

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.catalogue.upstream.handed import commands
from socialflow.content.records import Item
from socialflow.content.service import is_public
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.video_search import IndexedOut, SearchedOut, VideoIndexIn, VideoSearchIn
from socialflow.kit.answers import Status
from socialflow.video.search.indexer import MOMENTS
from socialflow.video.search.service import NOT_PERMITTED

router = APIRouter(
    prefix="/api/v1/video",
    tags=["Video"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.post("/search", response_model=SearchedOut, summary="Find moments of videos by words")
async def search(body: VideoSearchIn, call: CallDep) -> Reply:
    """English words find moments by what was seen, read, heard and said in them, by what is written about the video
    and, where CLIP is pulled, by what frames show; `spaces` tells which found a moment. The video with the best moment
    comes first, its moments together, at most three of each unless one video is searched. Where nothing is near enough
    the list is empty and `status` is `abstained`. Of items that are not public only your own are found; moderators and
    services find them all."""
    authorise(call.principal, Action.VIDEO_SEARCH)

    def sees(item: Item) -> bool:
        return is_public(item) or allowed(call.principal, Action.ITEM_READ_UNSEEN, owner=item.author)

    ids = None if body.item_id is None else (body.item_id,)
    found = await call.platform.search.search(body.query, body.limit, sees, ids=ids, kinds=body.kinds)
    hits = [
        {
            "item_id": hit.id,
            "start": hit.start,
            "end": hit.end,
            "score": hit.score,
            "spaces": hit.spaces,
            "why": hit.why,
        }
        for hit in found.hits
    ]
    told = {"status": found.status, "missing": found.missing, "provenance": found.provenance}
    return Reply({"hits": hits, "commands": commands(found.missing), **told})


@router.post(
    "/index",
    response_model=IndexedOut,
    responses=documented(404, 502),
    summary="Make an item's video one that can be found by words",
)
async def index(body: VideoIndexIn, call: CallDep) -> Reply:
    """Fetch the item's video and open it once for every analysis that is of use; in place of what was indexed of the
    item. For the item's author and for who may analyse anything. Abstains where the author does not permit analysis."""
    item = await call.content.item(body.item_id)
    authorise(call.principal, Action.VIDEO_INDEX, owner=item.author)
    clip = await call.platform.search.index(body.item_id, body.video_url)
    missing = (NOT_PERMITTED,) if clip is None else clip.missing
    status = Status.PARTIAL if missing else Status.COMPLETE
    return Reply(
        {
            "item_id": body.item_id,
            "moments": 0 if clip is None else len(clip.moments),
            "seconds": 0.0 if clip is None else clip.length,
            "status": Status.ABSTAINED if clip is None else status,
            "missing": missing,
            "commands": commands(missing),
            "provenance": () if clip is None else (MOMENTS,),
        }
    )
