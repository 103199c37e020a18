"""Authors' words against decisions, judged by somebody who had no part in these; and strikes."""

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.access.records import Principal
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import UserId
from socialflow.doors.rest.routes.review import reviewing
from socialflow.doors.rest.schemas.appeals import (
    AppealIn,
    AppealOut,
    AppealsOut,
    JudgeIn,
    StrikesOut,
    appeal_out,
    strikes_out,
)
from socialflow.errors import DecisionNotFound, InvalidInput, NotFound, PermissionDenied
from socialflow.ids import ExternalId
from socialflow.moderation.review.appeal_records import AppealOutcome
from socialflow.moderation.review.appeals import Appellant

router = APIRouter(
    prefix="/api/v1/moderation",
    tags=["Appeals"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
AppealId: TypeAlias = Annotated[
    ExternalId, Path(description="Id of an appeal.", examples=["9b2f6c1e0d4a4f7f8f1f3c2d1e0b9a87"])
]
MOST = 100
"""Appeals of one answer."""


@router.post(
    "/appeals", status_code=201, response_model=AppealOut, responses=documented(404, 409, 413), summary="Appeal"
)
async def bring_appeal(body: AppealIn, call: CallDep) -> Reply:
    """Against a decision about your own content, once, within the time of its policy (14 days where it says nothing).

    `404` where there is no such decision about your content, `409` where it is too late, appealed or superseded.
    """
    who = _appellant(call.principal, body.user_id)
    try:
        appeal = await call.platform.moderation.appeals.bring(who, body.decision_id, body.text)
    except (PermissionDenied, DecisionNotFound) as error:  # whether it is somebody else's is not told
        raise DecisionNotFound("no decision of this id is about the author's content", field="decision_id") from error
    return Reply(appeal_out(appeal), status_code=201)


def _appellant(principal: Principal, user_id: str | None) -> Appellant:
    """Raises PermissionDenied: a person who speaks for another."""
    if principal.is_service:
        authorise(principal, Action.APPEAL_WRITE)
        return Appellant(user_id, by_service=True)
    authorise(principal, Action.APPEAL_WRITE, owner=user_id or principal.subject)
    return Appellant(principal.subject)


@router.get("/appeals/mine", response_model=AppealsOut, summary="List your appeals")
async def read_appeals(
    call: CallDep,
    user_id: Annotated[
        ExternalId | None, Query(description="Whose; a service key must say it.", examples=["u-7"])
    ] = None,
) -> Reply:
    """Those you brought, newest first."""
    principal = call.principal
    owner = user_id or (None if principal.is_service else principal.subject)
    authorise(principal, Action.APPEAL_READ, owner=owner)
    if owner is None:
        raise InvalidInput("a service key has no appeals of its own: say whose", field="user_id")
    appeals = await call.platform.moderation.appeals.of_author(owner)
    return Reply({"appeals": [appeal_out(one) for one in appeals[:MOST]]})


@router.get("/appeals/{appeal_id}", response_model=AppealOut, responses=documented(404), summary="Read an appeal")
async def read_appeal(appeal_id: AppealId, call: CallDep) -> Reply:
    """Your own; moderators and services read any."""
    authorise(call.principal, Action.APPEAL_READ, owner=call.principal.subject)
    appeal = await call.platform.moderation.appeals.get(appeal_id)
    if not allowed(call.principal, Action.APPEAL_READ, owner=appeal.author):
        raise NotFound(f"no appeal has the id {appeal_id!r}", field="appeal_id")
    return Reply(appeal_out(appeal))


@router.post(
    "/appeals/{appeal_id}/judge",
    response_model=AppealOut,
    responses=documented(404, 409, 413),
    summary="Judge an appeal",
)
async def judge_appeal(appeal_id: AppealId, body: JudgeIn, call: CallDep) -> Reply:
    """With the token under which it was claimed (`"appeals": true`); never by who judged the content before."""
    outcome = AppealOutcome(body.outcome)
    appeals = call.platform.moderation.appeals
    return Reply(appeal_out(await appeals.judge(reviewing(call), appeal_id, body.token, outcome, body.ruling())))


@router.get(
    "/strikes/{user_id}", response_model=StrikesOut, responses=documented(404, 410), summary="Read an author's strikes"
)
async def read_strikes(user_id: UserId, call: CallDep) -> Reply:
    """What counts now, and what it weighs; your own, or anybody's for moderators and services."""
    authorise(call.principal, Action.STRIKES_READ, owner=user_id)
    now = call.platform.clock.now()
    async with call.platform.store.read() as unit:
        await unit.users.get(user_id)
        found = await unit.strikes.of_authors([user_id], now)
    return Reply(strikes_out(user_id, found.get(user_id, ()), now))
