"""For administrators: how well reviewers agree, golden items, and which thresholds their verdicts speak for."""

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query
from pydantic import StringConstraints
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.content.records import ModerationStatus
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import NO_NUL, Instant
from socialflow.doors.rest.schemas.review_quality import AdvicesOut, GoldenIn, GoldenOut, QualityOut, quality_out
from socialflow.ids import MAX_INT, ExternalId
from socialflow.moderation.review.advice import advice
from socialflow.moderation.review.golden import learn
from socialflow.moderation.review.quality import quality

router = APIRouter(
    prefix="/api/v1/moderation",
    tags=["Review"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
Scoped: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=NO_NUL),
    Query(description="Scope of the policy.", examples=["default"]),
]


@router.get("/agreement", response_model=QualityOut, summary="Tell how well reviewers agree")
async def read_agreement(
    call: CallDep,
    scope: Scoped = "default",
    since: Annotated[
        Instant | None, Query(description="Verdicts from then on.", examples=["2026-01-01T00:00:00Z"])
    ] = None,
) -> Reply:
    """From blind second reviews and golden items of one policy, its newest 50,000 verdicts; reviewers by pseudonym."""
    authorise(call.principal, Action.REVIEW_QUALITY)
    return Reply(quality_out(await quality(call.platform.store, scope, since)))


@router.post(
    "/golden", status_code=201, response_model=GoldenOut, responses=documented(404, 413), summary="Add a golden item"
)
async def add_golden(body: GoldenIn, call: CallDep) -> Reply:
    """Content that people judged before and whose right answer is agreed, mixed into its queue from now on.

    Who judged this content before, or wrote it, does not get it.
    """
    authorise(call.principal, Action.GOLDEN_WRITE)
    platform = call.platform
    expected = ModerationStatus(body.expected)
    golden = await learn(platform.store, platform.moderation.deciding, platform.clock, body.decision_id, expected)
    return Reply({**{name: getattr(golden, name) for name in _TOLD}, "golden_id": golden.id}, status_code=201)


_TOLD = ("decision_id", "content_id", "kind", "scope", "language", "expected")


@router.delete("/golden/{golden_id}", status_code=204, responses=documented(404), summary="Retire a golden item")
async def retire_golden(
    golden_id: Annotated[
        ExternalId, Path(description="Id of a golden item.", examples=["9b2f6c1e0d4a4f7f8f1f3c2d1e0b9a87"])
    ],
    call: CallDep,
) -> Response:
    """It is mixed in no more; answers stay counted."""
    authorise(call.principal, Action.GOLDEN_WRITE)
    await call.platform.moderation.queue.retire_golden(golden_id)
    return Response(status_code=204)


@router.get("/advice", response_model=AdvicesOut, summary="Advise on thresholds")
async def read_advice(
    call: CallDep,
    version: Annotated[int, Query(ge=1, le=MAX_INT, description="Version of the policy.", examples=[1])],
    scope: Scoped = "default",
    target: Annotated[
        float,
        Query(gt=0, le=1, allow_inf_nan=False, description="Share that people should confirm.", examples=[0.9]),
    ] = 0.9,
) -> Reply:
    """Of each rule, the lowest threshold from which on people would have confirmed this share of what it stopped."""
    authorise(call.principal, Action.ADVICE_READ)
    platform = call.platform
    found = await advice(platform.store, platform.moderation.deciding, scope, version, target)
    return Reply({"advice": found})
