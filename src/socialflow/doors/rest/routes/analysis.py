"""What content is about."""

from typing import Annotated

from fastapi import APIRouter, Query

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import ChannelId, UserId
from socialflow.doors.rest.schemas.analysis import ChannelTagsOut, InterestsOut
from socialflow.doors.rest.schemas.work import JobOut
from socialflow.pipelines.orchestrator import described
from socialflow.pipelines.topics_job import topics_job

router = APIRouter(
    prefix="/api/v1/ml",
    tags=["Analysis"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.post("/train/topics", response_model=JobOut, status_code=202, summary="Find the topics of the platform")
async def train_topics(
    call: CallDep,
    topics: Annotated[
        int | None, Query(ge=2, le=100, description="How many; by the number of texts if not given.", examples=[20])
    ] = None,
) -> Reply:
    """Stores the job that fits LDA and NMF on the words of public items; while it waits or runs, asking again gives the
    same job. Texts by people who bar training are left out."""
    authorise(call.principal, Action.TOPICS_TRAIN)
    return Reply(described(await call.platform.jobs.submit(topics_job(topics))), status_code=202)


@router.post(
    "/analyze/channel/{channel_id}",
    response_model=ChannelTagsOut,
    responses=documented(404),
    summary="What a channel is about",
)
async def analyse_channel(
    channel_id: ChannelId,
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=100, description="Tags at most.", examples=[20])] = 20,
) -> Reply:
    """Tags of the channel by its words, the words, tags and categories of its newest public items, tags of items that
    the same people take, and topics; evidence that cannot be had is named in `missing`."""
    channel = await call.content.channel(channel_id)
    authorise(call.principal, Action.CHANNEL_ANALYSE, owner=channel.owner)
    made = await call.platform.analysis.channel_tags(channel_id, limit)
    told = {"tags": made.tags, "status": made.status, "missing": made.missing, "provenance": made.provenance}
    return Reply({"channel_id": made.id, **told})


@router.get(
    "/interests/{user_id}",
    response_model=InterestsOut,
    responses=documented(404, 410),
    summary="What somebody is interested in",
)
async def interests(
    user_id: UserId,
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=100, description="Interests at most.", examples=[20])] = 20,
) -> Reply:
    """Categories, tags and topics of what they took, those that rise, and the risk that they are leaving. Abstains
    where they do not permit analysis."""
    authorise(call.principal, Action.INTERESTS_READ, owner=user_id)
    made = await call.platform.analysis.interests(user_id, limit)
    kept = ("user_id", "interests", "next_interests", "churn", "status", "missing", "provenance")
    return Reply({name: getattr(made, name) for name in kept})
