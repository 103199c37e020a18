"""What content is about."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from socialflow.access.matrix import Action, authorise
from socialflow.analysis.content import whole
from socialflow.analysis.sights import Sights, sights, with_sights
from socialflow.content.records import ItemKind
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import ChannelId, UserId
from socialflow.doors.rest.schemas.analysis import (
    AnalyzeIn,
    AnalyzeOut,
    ChannelTagsOut,
    InterestsOut,
    MlStatusOut,
    findings_out,
)
from socialflow.doors.rest.schemas.work import JobOut
from socialflow.errors import ItemNotFound, ModelUnavailable
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


@router.post("/analyze", response_model=AnalyzeOut, responses=documented(404), summary="What content says")
async def analyse(body: AnalyzeIn, call: CallDep) -> Reply:
    """Tags, categories, sentiment, language, topics, names and key phrases of a text, all from one encoding: of the
    given one, else of the stored item's words; and tags of what a video and a picture show whose URLs are given. For
    the item's author and for who may analyse anything; nothing is stored. `missing` names what could not be told:
    where a file cannot be had or opened, `visual_tags` with the reason, and the words are answered."""
    data = body.content_data
    try:
        item = await call.content.item(body.content_id)
    except ItemNotFound:
        item = None
    author = None if item is None else item.author
    authorise(call.principal, Action.CONTENT_ANALYSE, owner=author)
    if item is None and data.text is None:
        raise ItemNotFound(f"no item has the id {body.content_id!r}, and no text is given", field="content_id")
    text = data.text if item is None or data.text is not None else whole(item.title, item.description, item.text)
    found = await call.platform.contents.read_of(author, text or "")
    shows = body.content_type is ItemKind.VIDEO or data.video_url is not None or data.image_url is not None
    looks = (call.platform.video, call.platform.image)
    seen = await sights(*looks, data.video_url, data.image_url) if shows else Sights()
    told = {"content_id": body.content_id, "content_type": body.content_type, "visual_tags": seen.tags}
    return Reply({**findings_out(with_sights(found, replace(seen, tags=()))), **told})


@router.get("/status", response_model=MlStatusOut, summary="What models say and do")
async def status(call: CallDep) -> Reply:
    """The text model and its heads, the recommenders, the queues of compute, and how far the analysis of items is."""
    authorise(call.principal, Action.ML_STATUS_READ)
    platform = call.platform
    async with platform.store.read() as unit:
        counts = await unit.analyses.counts()
    lanes = {"text": platform.text.waiting, "content": platform.contents.waiting, "analysis": platform.analysis.waiting}
    return Reply(
        {
            "text": await _text_model(call),
            "models": platform.recommendation.readiness().models,
            "lanes": lanes,
            "analysis": {"items": counts.analysed, "waiting": counts.due, "last_at": counts.last_at},
        }
    )


async def _text_model(call: Call) -> dict[str, object]:
    try:
        made_by, heads = await call.platform.text.ask(lambda analyser: (analyser.provenance, analyser.questions))
    except ModelUnavailable as problem:
        return {"loaded": False, "reason": problem.message, "version": None, "tier": None, "heads": []}
    return {"loaded": True, "reason": "", "version": made_by.version, "tier": made_by.tier, "heads": heads}
