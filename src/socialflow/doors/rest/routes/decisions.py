"""Decisions: what was decided and why, whether it is as it was sealed, and the chain over all."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import Instant
from socialflow.doors.rest.schemas.decisions import (
    AuditHeadOut,
    ChainOut,
    DecisionOut,
    DecisionsOut,
    OwnDecisionOut,
    VerifiedOut,
    decision_out,
)
from socialflow.errors import DecisionNotFound
from socialflow.ids import ExternalId
from socialflow.moderation.audit import Head
from socialflow.moderation.judging import OwnDecision
from socialflow.moderation.records import Decision

router = APIRouter(
    prefix="/api/v1/moderation",
    tags=["Moderation"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
DecisionId = Annotated[
    ExternalId, Path(description="Id of the decision.", examples=["0198f0c2a1b27c3d8e4f5a6b7c8d9e0f"])
]
ContentId = Annotated[ExternalId, Path(description="Id of the content.", examples=["1234"])]
Since = Annotated[
    Instant | None,
    Query(description="Only what was sealed since; without it, everything.", examples=["2026-01-01T00:00:00Z"]),
]


@router.get(
    "/decisions/{decision_id}",
    response_model=DecisionOut | OwnDecisionOut,
    responses=documented(404),
    summary="What was decided, and why",
)
async def get_decision(decision_id: DecisionId, call: CallDep) -> Reply:
    """All of it for moderators; authors of the content read what was decided and why, without scores."""
    authorise(call.principal, Action.DECISION_READ, owner=call.principal.subject)
    told = await _told(call, [await call.platform.moderation.decisions.get(decision_id)])
    if not told:
        raise DecisionNotFound("no decision has this id", field="id")
    return Reply(told[0])


@router.get(
    "/decisions/{decision_id}/verify",
    response_model=VerifiedOut,
    responses=documented(404),
    summary="Whether a decision is as it was sealed",
)
async def verify_decision(decision_id: DecisionId, call: CallDep) -> Reply:
    """Recomputes its seal, its audit event and the batch that holds it."""
    authorise(call.principal, Action.DECISION_VERIFY)
    checked = await call.platform.moderation.decisions.verify(decision_id)
    batch = None if checked.batch is None else Head(checked.batch.number, checked.batch.hash)
    return Reply({"id": checked.decision_id, "ok": checked.ok, "batch": _head(batch), "fault": checked.fault})


@router.get("/content/{content_id}/decisions", response_model=DecisionsOut, summary="All decisions about some content")
async def list_decisions(content_id: ContentId, call: CallDep) -> Reply:
    """The first first; authors read those about their own content, without scores. None is no error."""
    authorise(call.principal, Action.DECISION_READ, owner=call.principal.subject)
    found = await call.platform.moderation.decisions.history(content_id)
    return Reply({"decisions": await _told(call, found)})


@router.get("/audit/verify", response_model=ChainOut, summary="Whether the record is whole")
async def verify_chain(call: CallDep, since: Since = None) -> Reply:
    """Recomputes every decision, event and batch, or those sealed since; of millions that takes minutes."""
    authorise(call.principal, Action.AUDIT_READ)
    report = await call.platform.moderation.decisions.verify_all(since)
    return Reply({**asdict(report), "ok": report.ok, "head": _head(report.head)})


@router.get("/audit/head", response_model=AuditHeadOut, summary="The end of the audit chain")
async def chain_head(call: CallDep) -> Reply:
    """Keep it elsewhere: it shows later whether anything before it was changed."""
    authorise(call.principal, Action.AUDIT_READ)
    return Reply({"head": _head(await call.platform.audit.head())})


async def _told(call: Call, decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """What the caller may read of some decisions, however many, with a handful of statements."""
    moderation = call.platform.moderation
    if allowed(call.principal, Action.DECISION_READ):
        applied = await moderation.judging.rules_of(decisions)
        return [decision_out(one, these) for one, these in zip(decisions, applied, strict=True)]
    own = await moderation.decisions.of_author(decisions, call.principal.subject)
    return [_short(one) for one in await moderation.judging.for_author(own)]


def _short(own: OwnDecision) -> dict[str, Any]:
    how = f"POST /api/v1/moderation/appeals with decision_id {own.id} and why it is wrong"
    return {**asdict(own), "how_to_appeal": None if own.appeal_until is None else how}


def _head(head: Head | None) -> dict[str, object] | None:
    return None if head is None else head._asdict()
