"""For moderators: the scores that callers say comments should have."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.suggestions import (
    JudgedIn,
    SuggestionOut,
    SuggestionsOut,
    suggestion_out,
    suggestions_out,
)
from socialflow.ids import ExternalId
from socialflow.moderation.suggestions.records import MAX_PAGE, SuggestionState

router = APIRouter(
    prefix="/api/v1/moderation/suggestions",
    tags=["Moderation"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
_ID = "019506a2c5f47c3a9d0e1f2a3b4c5d6e"


@router.get("", response_model=SuggestionsOut, summary="Suggested scores")
async def list_suggestions(
    call: CallDep,
    state: Annotated[SuggestionState | None, Query(description="Only those of it.", examples=["new"])] = None,
    after: Annotated[ExternalId | None, Query(description="`next` of the page before.", examples=[_ID])] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="At most this many.", examples=[50])] = 50,
) -> Reply:
    """What callers of `comments:suggestscore` sent, the newest first. Who sent it is a pseudonym."""
    authorise(call.principal, Action.SUGGESTION_READ)
    return Reply(suggestions_out(await call.platform.moderation.suggestions.page(state, after, limit)))


@router.post(
    "/{suggestion_id}/judge",
    response_model=SuggestionOut,
    responses=documented(404, 409, 413),
    summary="Accept or decline a suggested score",
)
async def judge_suggestion(
    suggestion_id: Annotated[ExternalId, Path(description="Id of the suggestion.", examples=[_ID])],
    body: JudgedIn,
    call: CallDep,
) -> Reply:
    """Once each, and never one's own. No score changes by it: what is accepted can be trained with."""
    authorise(call.principal, Action.SUGGESTION_JUDGE)
    judged = await call.platform.moderation.suggestions.judge(
        call.principal.account, suggestion_id, accepted=body.accepted, note=body.note
    )
    return Reply(suggestion_out(judged))
