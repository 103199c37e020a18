"""What is seen and heard in videos: one pass answers everything that is asked."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE, told
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.media import MAX_ANALYSES
from socialflow.doors.rest.schemas.video import VideoIn, VideoOut
from socialflow.video.analysis import Report

router = APIRouter(
    prefix="/api/v1/video",
    tags=["Video"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.post("/analyze", response_model=VideoOut, responses=documented(502), summary="What is in a video")
async def analyse_video(body: VideoIn, call: CallDep) -> Reply:
    """Fetch a video and open it once for all analyses. What a URL may name: media on the public internet, and hosts of
    your own that the settings name."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    return _told(await call.platform.video.analyse_url(body.video_url, body.analyses))


@router.post(
    "/analyze/upload",
    response_model=VideoOut,
    summary="What is in a video that is sent",
    openapi_extra=dict(FILE),
)
async def analyse_upload(
    request: Request,
    call: CallDep,
    analyses: Annotated[
        list[str], Query(max_length=MAX_ANALYSES, description="Repeat for several.", examples=[[]])
    ] = [],  # noqa: B006 (never written to)
) -> Reply:
    """As `analyze`, with the file itself as the body, whatever it says it is: what it is tells its content."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    return _told(await call.platform.video.analyse_sent(request.stream(), analyses))


def _told(report: Report) -> Reply:
    return Reply({**told(report), "read": report.read})
