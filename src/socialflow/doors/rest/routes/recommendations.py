"""Recommendations for known users, from the cache while nothing changed."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.content.records import ItemKind, Mood
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import Answered, Body, Name
from socialflow.errors import SocialflowError
from socialflow.ids import ExternalId
from socialflow.recommendation.answers import in_words
from socialflow.recommendation.cached import MAX_BATCH, Recommended
from socialflow.recommendation.records import FeedQuery

router = APIRouter(
    prefix="/api/v1/ai-pipelines",
    tags=["Recommendations"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


class ContextIn(Body):
    """What narrows a list."""

    mood: Annotated[Mood | None, Field(description="Only this mood.", examples=["calm"])] = None
    category: Annotated[Name | None, Field(description="Only this category.", examples=["Motivation"])] = None
    project_code: Annotated[Name | None, Field(description="Only items of this project.", examples=["flic"])] = None
    device: Annotated[Name | None, Field(description="What it is shown on; narrows nothing.", examples=["phone"])] = (
        None
    )


class Suggested(StrEnum):
    """What else than items can be recommended."""

    USER = "user"
    CHANNEL = "channel"


Recommendable = Annotated[
    ItemKind | Suggested,
    Field(
        description="What is recommended; `user`: whom to follow, `channel`: where to subscribe.", examples=["video"]
    ),
]


class ListIn(Body):
    """What a list is like."""

    limit: Annotated[int, Field(ge=1, le=500, description="Entries; at most MAX_RECOMMENDATIONS.", examples=[20])] = 20
    algorithm: Annotated[Name, Field(description="What ranks.", examples=["hybrid"])] = "hybrid"
    exclude_ids: Annotated[
        tuple[ExternalId, ...], Field(max_length=1000, description="Items to leave out.", examples=[["v-1"]])
    ] = ()
    context: Annotated[ContextIn, Field(description="What narrows the list.")] = ContextIn()


class RecommendationsIn(ListIn):
    """For whom, and what."""

    content_type: Recommendable = ItemKind.VIDEO
    user_id: Annotated[ExternalId, Field(description="For whom; with a token, yourself.", examples=["u-7"])]


class RecommendationsBatchIn(ListIn):
    """For whom, and what."""

    content_type: Annotated[ItemKind, Field(description="What is recommended.", examples=["video"])] = ItemKind.VIDEO
    user_ids: Annotated[
        tuple[ExternalId, ...],
        Field(min_length=1, max_length=MAX_BATCH, description="For whom.", examples=[["u-7", "u-8"]]),
    ]


class RecommendedOut(BaseModel):
    """One entry."""

    id: Annotated[str, Field(description="Id of the item, person or channel.", examples=["1234"])]
    score: Annotated[float | None, Field(description="Only the order within one answer counts.", examples=[0.83])]
    reason: Annotated[str, Field(description="Why, in words.", examples=["trending now"])]
    source: Annotated[str, Field(description="Where it came from.", examples=["item_item"])]
    position: Annotated[int, Field(description="Place, from 1.", examples=[1])]


class RecommendationsOut(Answered):
    """One list."""

    user_id: Annotated[str, Field(description="For whom.", examples=["u-7"])]
    request_id: Annotated[
        str | None,
        Field(
            description="Explains it, and goes with interactions; null for people and channels.", examples=["b7e1c2d9"]
        ),
    ]
    algorithm: Annotated[str, Field(description="What ranked it.", examples=["hybrid"])]
    arm: Annotated[str | None, Field(description="The algorithm that `smart` chose.", examples=["als"])] = None
    content_type: Annotated[ItemKind | Suggested, Field(description="What was asked for.", examples=["video"])]
    cached: Annotated[bool, Field(description="Worked out earlier; nothing changed since.", examples=[True])]
    has_more: Annotated[bool, Field(description="Whether there were more.", examples=[True])]
    items: Annotated[list[RecommendedOut], Field(description="Best first.")]


class RefusedOut(BaseModel):
    """Why one user has no list."""

    user_id: Annotated[str, Field(description="For whom.", examples=["u-9"])]
    code: Annotated[str, Field(description="Stable name of the reason.", examples=["user_not_found"])]
    detail: Annotated[str, Field(description="In words.", examples=["no user has the id 'u-9'"])]


class RecommendationsBatchOut(BaseModel):
    """Lists, in the order of the users."""

    results: Annotated[list[RecommendationsOut], Field(description="One a user who is known.")]
    refused: Annotated[list[RefusedOut], Field(description="One a user who is not.")]


@router.post(
    "/recommendations",
    response_model=RecommendationsOut,
    responses=documented(404, 410),
    summary="Recommendations for a user",
)
async def recommendations(body: RecommendationsIn, call: CallDep) -> Reply:
    """The best items for this user as of the last interaction.

    A list that was worked out earlier is given again only while nothing changed that it was made from: the user's
    interactions, edges and profile, the models, the visibility of its items.
    """
    authorise(call.principal, Action.FEED_READ, owner=body.user_id)
    return Reply(await recommended(body, call))


@router.post("/recommendations/batch", response_model=RecommendationsBatchOut, summary="Recommendations for many users")
async def recommendations_batch(body: RecommendationsBatchIn, call: CallDep) -> Reply:
    """The same for many users; who is unknown or erased is told apart. With a token, only for yourself."""
    if not allowed(call.principal, Action.FEED_READ):
        for user_id in body.user_ids:
            authorise(call.principal, Action.FEED_READ, owner=user_id)
    users = list(dict.fromkeys(body.user_ids))
    answers = await call.platform.recommendations.recommend_many(
        [_query(body, user_id, body.content_type) for user_id in users]
    )
    given, refused = [], []
    for user_id, answer in zip(users, answers, strict=True):
        if isinstance(answer, SocialflowError):
            refused.append({"user_id": user_id, "code": answer.code, "detail": answer.message})
        else:
            given.append(_shown(user_id, body.content_type, answer))
    _count(call, [answer for answer in answers if isinstance(answer, Recommended)])
    return Reply({"results": given, "refused": refused})


async def recommended(body: RecommendationsIn, call: Call) -> dict[str, Any]:
    """The body of a `RecommendationsOut`, for a caller who may have it."""
    if isinstance(body.content_type, Suggested):
        return await _suggested(body, body.content_type, call)
    answer = await call.platform.recommendations.recommend(_query(body, body.user_id, body.content_type))
    _count(call, [answer])
    return _shown(body.user_id, body.content_type, answer)


async def _suggested(body: RecommendationsIn, what: Suggested, call: Call) -> dict[str, Any]:
    people = call.platform.people
    suggest = people.users if what is Suggested.USER else people.channels
    made = await suggest(body.user_id, body.limit, body.exclude_ids)
    return {
        "user_id": body.user_id,
        "request_id": None,
        "algorithm": made.provenance[0].model,
        "content_type": what,
        "cached": False,
        "has_more": False,
        "status": made.status,
        "missing": made.missing,
        "provenance": made.provenance,
        "items": [
            {"id": one.id, "score": one.score, "reason": one.reason, "source": one.source, "position": position}
            for position, one in enumerate(made.entries, start=1)
        ],
    }


def _query(body: ListIn, user_id: str, kind: ItemKind) -> FeedQuery:
    return FeedQuery(
        user_id=user_id,
        algorithm=body.algorithm,
        kind=kind,
        page_size=body.limit,
        mood=body.context.mood,
        category=body.context.category,
        project_code=body.context.project_code,
        device=body.context.device,
        exclude=body.exclude_ids,
        surface="recommendations",
    )


def _shown(user_id: str, content_type: ItemKind, answer: Recommended) -> dict[str, Any]:
    made = answer.impression
    return {
        "user_id": user_id,
        "request_id": made.request_id,
        "algorithm": made.algorithm,
        "arm": made.arm,
        "content_type": content_type,
        "cached": answer.cached,
        "has_more": answer.has_more,
        "status": made.status,
        "missing": made.missing,
        "provenance": made.provenance,
        "items": [
            {
                "id": entry.item_id,
                "score": entry.score,
                "reason": in_words(entry.reason, None),
                "source": entry.source,
                "position": entry.position,
            }
            for entry in made.entries
        ],
    }


def _count(call: Call, answers: list[Recommended]) -> None:
    for answer in answers:
        call.metrics.feeds.labels(answer.impression.algorithm, answer.impression.status.value).inc()
