"""What is seen and heard in videos: one pass answers everything that is asked."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE, told, told_alone
from socialflow.doors.rest.replies import HEADERS, Reply
from socialflow.doors.rest.schemas.captions import CaptionForm, CaptionsIn, CaptionsOut
from socialflow.doors.rest.schemas.media import MAX_ANALYSES
from socialflow.doors.rest.schemas.thumbnails import CountIn, RatiosIn, ThumbnailsIn, ThumbnailsOut
from socialflow.doors.rest.schemas.video import VideoIn, VideoOut
from socialflow.image.crops import RATIOS
from socialflow.video.analysis import Report
from socialflow.video.captions import CaptionAnalysis, written
from socialflow.video.subtitles import MEDIA_TYPES
from socialflow.video.thumbnails import COUNT, ThumbnailAnalysis, wanted

router = APIRouter(
    prefix="/api/v1/video",
    tags=["Video"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
_TEXT = {"schema": {"type": "string"}}
_CAPTIONS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": dict.fromkeys(MEDIA_TYPES.values(), _TEXT),
        "headers": {name: HEADERS[name] for name in ("X-Socialflow-Status", "X-Socialflow-Missing")},
    }
}


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


@router.post("/thumbnails", response_model=ThumbnailsOut, responses=documented(502), summary="Thumbnails of a video")
async def thumbnails(body: ThumbnailsIn, call: CallDep) -> Reply:
    """Fetch a video and choose frames that could stand for it, with crops. What a URL may name is as for `analyze`.

    Scores are rules of thumb, told part by part; nothing here has learnt from what people click.
    """
    authorise(call.principal, Action.VIDEO_THUMBNAILS)
    asked = wanted(body.count, body.aspect_ratios)
    return Reply(told_alone(await call.platform.video.analyse_url(body.video_url, [asked]), ThumbnailAnalysis.name, {}))


@router.post(
    "/thumbnails/upload",
    response_model=ThumbnailsOut,
    summary="Thumbnails of a video that is sent",
    openapi_extra=dict(FILE),
)
async def thumbnails_upload(
    request: Request,
    call: CallDep,
    count: Annotated[CountIn, Query()] = COUNT,
    aspect_ratios: Annotated[RatiosIn, Query()] = RATIOS,
) -> Reply:
    """As `thumbnails`, with the file itself as the body."""
    authorise(call.principal, Action.VIDEO_THUMBNAILS)
    report = await call.platform.video.analyse_sent(request.stream(), [wanted(count, aspect_ratios)])
    return Reply(told_alone(report, ThumbnailAnalysis.name, {}))


@router.post(
    "/captions",
    response_model=CaptionsOut,
    responses={**documented(502), **_CAPTIONS},
    summary="Captions of what is said",
)
async def caption_video(body: CaptionsIn, call: CallDep) -> Response:
    """Fetch a video or sound and recognise its speech. As WebVTT or SubRip, headers say what is missing."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    report = await call.platform.video.analyse_url(body.video_url, [CaptionAnalysis.name])
    return await _captions(report, body.format)


@router.post(
    "/captions/upload",
    response_model=CaptionsOut,
    responses=_CAPTIONS,
    summary="Captions of what is said in a file that is sent",
    openapi_extra=dict(FILE),
)
async def caption_upload(
    request: Request,
    call: CallDep,
    form: Annotated[
        CaptionForm, Query(alias="format", description="A document, WebVTT or SubRip.", examples=["vtt"])
    ] = "json",
) -> Response:
    """As `captions`, with the file itself as the body."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    report = await call.platform.video.analyse_sent(request.stream(), [CaptionAnalysis.name])
    return await _captions(report, form)


async def _captions(report: Report, form: CaptionForm) -> Response:
    answer = told_alone(report, CaptionAnalysis.name, {})
    if form == "json":
        return Reply(answer)
    text = await asyncio.to_thread(written, report.analyses[CaptionAnalysis.name].answer["cues"], form)
    lacking = ", ".join(cast("Sequence[str]", answer["missing"]))
    headers = {"X-Socialflow-Status": report.status, "X-Socialflow-Missing": lacking}
    return Response(text, media_type=f"{MEDIA_TYPES[form]}; charset=utf-8", headers=headers)


def _told(report: Report) -> Reply:
    return Reply({**told(report), "read": report.read})
