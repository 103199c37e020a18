"""What is said in videos, as captions."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE
from socialflow.doors.rest.replies import HEADERS, Reply
from socialflow.doors.rest.schemas.captions import CaptionForm, CaptionsIn, CaptionsOut
from socialflow.kit.answers import Status
from socialflow.video.analysis import Report
from socialflow.video.captions import CaptionAnalysis, written
from socialflow.video.subtitles import MEDIA_TYPES

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
    told = report.analyses[CaptionAnalysis.name]
    status = report.status if report.status is not Status.COMPLETE else told.status
    missing = [*report.read.lacking, *told.missing]
    if form == "json":
        return Reply({**told.answer, "status": status, "missing": missing, "provenance": told.provenance})
    text = await asyncio.to_thread(written, told.answer["cues"], form)
    headers = {"X-Socialflow-Status": status, "X-Socialflow-Missing": ", ".join(missing)}
    return Response(text, media_type=f"{MEDIA_TYPES[form]}; charset=utf-8", headers=headers)
