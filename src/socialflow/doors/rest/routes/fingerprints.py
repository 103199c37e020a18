"""Fingerprints of videos, and what two videos share."""

import asyncio

from fastapi import APIRouter, Request

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE, told_alone
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.fingerprints import CompareIn, FingerprintIn, FingerprintOut, MatchIn, MatchOut
from socialflow.errors import InvalidInput
from socialflow.video.analysis import Report
from socialflow.video.copies import Span, VideoMatch
from socialflow.video.fingerprints import unpacked
from socialflow.video.prints import VideoFingerprint

router = APIRouter(
    prefix="/api/v1/video",
    tags=["Video"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
_NAME = "fingerprint"


@router.post("/fingerprint", response_model=FingerprintOut, responses=documented(502), summary="Fingerprint of a video")
async def fingerprint(body: FingerprintIn, call: CallDep) -> Reply:
    """Hash a frame a second as vPDQ does, and keep what finds copies that were cut, framed, mirrored, covered in part,
    put between other material or dubbed."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    return _told(await call.platform.video.analyse_url(body.video_url, (_NAME,)))


@router.post(
    "/fingerprint/upload",
    response_model=FingerprintOut,
    summary="Fingerprint of a video that is sent",
    openapi_extra=dict(FILE),
)
async def fingerprint_upload(request: Request, call: CallDep) -> Reply:
    """As `fingerprint`, with the file itself as the body."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    return _told(await call.platform.video.analyse_sent(request.stream(), (_NAME,)))


@router.post("/match", response_model=MatchOut, responses=documented(502), summary="What two videos share")
async def match(body: MatchIn, call: CallDep) -> Reply:
    """Stretches whose pictures or sounds are the same. Copies that were made faster or slower are not found."""
    authorise(call.principal, Action.VIDEO_ANALYSE)
    query = await _print(body.query, "query", call)
    reference = await _print(body.reference, "reference", call)
    return _matched(await call.platform.video.compare(query, reference))


async def _print(one: CompareIn, field: str, call: Call) -> VideoFingerprint:
    """What is kept of a video, by URL or as it was given out. Raises InvalidInput without either, or with both."""
    if (one.video_url is None) == (one.fingerprint is None):
        raise InvalidInput("give video_url or fingerprint, one of them", field=field)
    if one.fingerprint is not None:
        return await asyncio.to_thread(unpacked, one.fingerprint, f"{field}.fingerprint")
    report = await call.platform.video.analyse_url(one.video_url or "", (_NAME,))
    return unpacked(report.analyses[_NAME].answer["fingerprint"], field)


def _told(report: Report) -> Reply:
    return Reply({**told_alone(report, _NAME, {}), "read": report.read})


def _matched(found: VideoMatch | None) -> Reply:
    if found is None:
        nothing: dict[str, object] = {
            "kind": None,
            "confidence": 0.0,
            "of_query": 0.0,
            "of_reference": 0.0,
            "spans": [],
        }
        return Reply({"matched": False, **nothing})
    return Reply(
        {
            "matched": True,
            "kind": found.kind,
            "confidence": found.confidence,
            "of_query": found.of_query,
            "of_reference": found.of_reference,
            "spans": [_span(span) for span in found.spans],
        }
    )


def _span(span: Span) -> dict[str, object]:
    return {
        "medium": span.medium,
        "start": span.start,
        "end": span.end,
        "reference_start": round(span.start + span.offset, 3),
        "reference_end": round(span.end + span.offset, 3),
        "offset": span.offset,
        "mirrored": span.mirrored,
        "agreeing": span.agreeing,
        "distance": span.distance,
        "confidence": span.confidence,
    }
