"""Interactions in: one, or up to ten thousand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Body

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.content.records import RowOutcome
from socialflow.content.service import require_stored
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import BadRow, RowsOut, merge_outcomes, rows_out
from socialflow.doors.rest.schemas.interactions import InteractionIn, InteractionOut, InteractionsIn, rows_of
from socialflow.errors import PermissionDenied
from socialflow.observability.metrics import Metrics

router = APIRouter(
    prefix="/api/v1", tags=["Feed"], route_class=GuardedRoute, responses=documented(401, 403, 413, 422, 429, 503)
)

_WIRE_NAMES = {"user": "username", "item": "post_id"}


@router.post(
    "/interaction",
    response_model=InteractionOut,
    status_code=202,
    responses=documented(404, 410),
    summary="Record what a user did with an item",
)
async def interaction(row: InteractionIn, call: CallDep) -> Reply:
    """Stored for good when the answer comes; the user's next feed knows it."""
    own_id = await _own_id(call, [row])
    outcomes = _named(await call.content.record([row.record(own_id)]))
    _count(call.metrics, outcomes)
    outcome = require_stored(outcomes[0])
    return Reply({"id": outcome.id, "status": outcome.status}, status_code=202)


@router.post("/interactions", response_model=RowsOut, summary="Record up to 10,000 interactions")
async def interactions(
    body: Annotated[
        InteractionsIn,
        Body(
            openapi_examples={
                "two rows": {
                    "value": {
                        "interactions": [
                            {
                                "username": "user123",
                                "post_id": 1234,
                                "interaction_type": "view",
                                "interaction_value": 0.8,
                            },
                            {"username": "user123", "post_id": 1234, "interaction_type": "like", "id": "c0ffee-1"},
                        ]
                    }
                }
            }
        ),
    ],
    call: CallDep,
) -> Reply:
    """Rows in one transaction; each is answered, and a row that cannot be stored does not stop the others.

    The body is `{"interactions": [...]}` or the bare list. With a token, a row that names somebody else refuses the
    whole call.
    """
    rows = rows_of(body)
    good = [row for row in rows if not isinstance(row, BadRow)]
    own_id = await _own_id(call, good)
    outcomes = merge_outcomes(rows, _named(await call.content.record([row.record(own_id) for row in good])))
    _count(call.metrics, outcomes)
    return Reply(rows_out(outcomes))


async def _own_id(call: Call, rows: Sequence[InteractionIn]) -> str | None:
    """Check that the caller may write these rows; the caller's user id where only their own rows may be."""
    if allowed(call.principal, Action.INTERACTION_WRITE):
        return None
    authorise(call.principal, Action.INTERACTION_WRITE, owner=call.principal.subject)
    own_names = {call.principal.subject, (await call.caller()).username}
    if any(row.username not in own_names for row in rows):
        raise PermissionDenied("with a token, interactions are your own only", field="username")
    return call.principal.subject


def _named(outcomes: Sequence[RowOutcome]) -> Sequence[RowOutcome]:
    """Outcomes that name fields as this door calls them."""
    return [
        outcome if outcome.field is None else replace(outcome, field=_WIRE_NAMES.get(outcome.field, outcome.field))
        for outcome in outcomes
    ]


def _count(metrics: Metrics, outcomes: Sequence[RowOutcome]) -> None:
    for status, number in Counter(outcome.status for outcome in outcomes).items():
        metrics.interactions.labels(status).inc(number)
