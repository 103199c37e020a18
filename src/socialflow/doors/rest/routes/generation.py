"""Words for people who write."""

from fastapi import APIRouter

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.generation import RepliesIn, RepliesOut, SuggestionsIn, SuggestionsOut

router = APIRouter(
    prefix="/api/v1/text",
    tags=["Writing"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.post("/replies", response_model=RepliesOut, summary="Short replies to a message")
async def replies(given: RepliesIn, call: CallDep) -> Reply:
    """Different replies out of a bank written by hand, found by what the message means, wants and feels. None to what
    is harmful, in another language than English, or like nothing that the bank answers: `reason` says which."""
    authorise(call.principal, Action.TEXT_SUGGEST)
    return Reply(await call.platform.generation.replies(given.message, given.context, given.tone, given.limit))


@router.post("/suggestions", response_model=SuggestionsOut, summary="How a draft could go on, and tags for it")
async def suggestions(given: SuggestionsIn, call: CallDep) -> Reply:
    """Completions by the replies of the bank and by phrases that at least three people of the platform wrote in public,
    and tags that at least three people gave to items of like words. Nothing in which harm is found."""
    authorise(call.principal, Action.TEXT_SUGGEST)
    return Reply(await call.platform.generation.suggestions(given.draft, given.reply_to, given.limit))
