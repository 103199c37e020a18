"""Recommendations, trends and ranked posts under the names that platforms already call."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field

from socialflow.access.matrix import Action, authorise
from socialflow.content.records import ItemKind
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import HEADERS, Reply, listed
from socialflow.doors.rest.routes.feed import TimeWindow, trending_page
from socialflow.doors.rest.routes.parameters import ItemId, UserId
from socialflow.doors.rest.routes.recommendations import (
    Recommendable,
    RecommendationsIn,
    RecommendationsOut,
    Suggested,
    recommended,
)
from socialflow.doors.rest.schemas.common import Answered, Body
from socialflow.doors.rest.schemas.feed import TrendingOut
from socialflow.errors import InvalidInput
from socialflow.ids import ExternalId
from socialflow.recommendation.records import FeedQuery, Impression

router = APIRouter(
    prefix="/api/v1",
    tags=["Recommendations"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 404, 422, 429, 503),
)

MAX_POSTS = 1000


def _separated(values: object) -> object:
    return [part for value in values for part in str(value).split(",") if part] if isinstance(values, list) else values


class MlRecommendationsParams(BaseModel):
    """What is recommended, and to whom."""

    content_type: Recommendable = ItemKind.VIDEO
    limit: Annotated[int, Field(ge=1, le=50, description="Entries.", examples=[20])] = 20
    exclude_ids: Annotated[
        list[ExternalId],
        BeforeValidator(_separated),
        Field(max_length=1000, description="Items to leave out, separated by commas.", examples=[["v-1,v-2"]]),
    ] = []
    user_id: Annotated[
        ExternalId | None, Field(description="For whom; a token's own user may be left out.", examples=["u-7"])
    ] = None


class MlRecommendationsOut(Answered):
    """Ids for one user."""

    user_id: Annotated[str, Field(description="For whom.", examples=["u-7"])]
    content_type: Annotated[ItemKind | Suggested, Field(description="What was asked for.", examples=["video"])]
    recommendations: Annotated[list[str], Field(description="Ids, best first.", examples=[["1234"]])]
    count: Annotated[int, Field(description="How many.", examples=[1])]
    request_id: Annotated[
        str | None,
        Field(
            description="Explains it, and goes with interactions; null for people and channels.", examples=["b7e1c2d9"]
        ),
    ]
    algorithm: Annotated[str, Field(description="What ranked it.", examples=["hybrid"])]


class MlTrendingParams(BaseModel):
    """What trends, since when."""

    content_type: Annotated[ItemKind, Field(description="Of this kind.", examples=["video"])] = ItemKind.VIDEO
    time_window: Annotated[TimeWindow, Field(description="How far back.", examples=["24h"])] = "24h"
    limit: Annotated[int, Field(ge=1, le=50, description="Entries.", examples=[20])] = 20


class CandidatesIn(Body):
    """Posts to rank for a user."""

    user_id: Annotated[ExternalId, Field(description="For whom; with a token, yourself.", examples=["u-7"])]
    candidate_post_ids: Annotated[
        list[ExternalId],
        Field(min_length=1, max_length=MAX_POSTS, description="What is ranked.", examples=[["1234", "1235"]]),
    ]
    limit: Annotated[int, Field(ge=1, le=500, description="Entries; at most MAX_RECOMMENDATIONS.", examples=[20])] = 20


class ScoredOut(BaseModel):
    """One post."""

    post_id: Annotated[str, Field(description="Id of the post.", examples=["1234"])]
    score: Annotated[float | None, Field(description="Only the order within one answer counts.", examples=[0.83])]


_LISTED: dict[int | str, dict[str, Any]] = {200: {"headers": HEADERS}}


@router.get(
    "/ml/recommendations",
    response_model=MlRecommendationsOut,
    responses=documented(410),
    summary="Ids of what a user may like",
)
async def ml_recommendations(params: Annotated[MlRecommendationsParams, Query()], call: CallDep) -> Reply:
    """What `POST /api/v1/ai-pipelines/recommendations` gives, by id alone."""
    user_id = params.user_id or _own(call)
    authorise(call.principal, Action.FEED_READ, owner=user_id)
    body = RecommendationsIn(
        user_id=user_id, content_type=params.content_type, limit=params.limit, exclude_ids=tuple(params.exclude_ids)
    )
    made = await recommended(body, call)
    ids = [one["id"] for one in made["items"]]
    kept = ("user_id", "content_type", "request_id", "algorithm", "status", "missing", "provenance")
    return Reply({**{name: made[name] for name in kept}, "recommendations": ids, "count": len(ids)})


@router.get(
    "/ml/recommendations/{user_id}",
    response_model=RecommendationsOut,
    responses=documented(410),
    summary="Channels to subscribe to",
)
async def recommended_channels(
    user_id: UserId,
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=50, description="Channels at most.", examples=[10])] = 10,
) -> Reply:
    """Channels for this user, with reasons."""
    authorise(call.principal, Action.FEED_READ, owner=user_id)
    return Reply(
        await recommended(RecommendationsIn(user_id=user_id, content_type=Suggested.CHANNEL, limit=limit), call)
    )


@router.get("/ml/trending", response_model=TrendingOut, summary="What moves the platform, by kind")
async def ml_trending(params: Annotated[MlTrendingParams, Query()], call: CallDep) -> Reply:
    """Items by time-decayed engagement, each rising, stable or falling."""
    authorise(call.principal, Action.TRENDING_READ)
    return await trending_page(call, kind=params.content_type, window=params.time_window, page_size=params.limit)


@router.post(
    "/recommendations/feed",
    response_model=list[ScoredOut],
    responses=documented(410) | _LISTED,
    summary="Rank given posts for a user",
)
async def ranked_posts(body: CandidatesIn, call: CallDep) -> Reply:
    """The posts given that may be shown, 60 % by what like people took, 40 % by their words; best first."""
    authorise(call.principal, Action.FEED_READ, owner=body.user_id)
    query = FeedQuery(
        user_id=body.user_id,
        algorithm="two_way",
        candidates=tuple(dict.fromkeys(body.candidate_post_ids)),
        page_size=body.limit,
        surface="recommendations",
    )
    return _scored((await call.platform.recommendation.feed(query)).impression, call)


@router.post(
    "/recommendations/similar-posts/{post_id}",
    response_model=list[ScoredOut],
    responses=_LISTED,
    summary="Posts like this one",
)
async def similar_posts(
    post_id: ItemId,
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=500, description="Entries; at most MAX_RECOMMENDATIONS.", examples=[10])] = 10,
) -> Reply:
    """Items that are alike in content or in who likes them; best first."""
    authorise(call.principal, Action.SIMILAR_READ)
    return _scored((await call.platform.recommendation.similar(post_id, None, 1, limit)).impression, call)


def _own(call: Call) -> str:
    """The caller's own id. Raises InvalidInput for a key, which is nobody's."""
    if call.principal.role is None:
        raise InvalidInput("with a service key, say for whom: user_id", field="user_id")
    return call.principal.subject


def _scored(made: Impression, call: Call) -> Reply:
    _count(call, made)
    return listed([{"post_id": entry.item_id, "score": entry.score} for entry in made.entries], made)


def _count(call: Call, made: Impression) -> None:
    call.metrics.feeds.labels(made.algorithm, made.status.value).inc()
