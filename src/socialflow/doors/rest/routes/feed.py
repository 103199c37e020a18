"""Feeds: personalised, by category, trending, similar; and why."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.content.records import Item, ItemKind, Mood
from socialflow.content.service import is_public
from socialflow.doors.rest.deps import (
    Call,
    CallDep,
    GuardedRoute,
)
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.ports import Platform
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import ItemId, UserId
from socialflow.doors.rest.schemas.common import Name
from socialflow.doors.rest.schemas.feed import (
    ExplanationOut,
    FeedOut,
    SimilarUsersOut,
    TrendingOut,
    explanation_out,
    feed_out,
    similar_users_out,
    trending_out,
)
from socialflow.ids import ExternalId, ItemKey
from socialflow.recommendation.people import Via
from socialflow.recommendation.records import FeedAnswer, FeedQuery

router = APIRouter(
    prefix="/api/v1", tags=["Feed"], route_class=GuardedRoute, responses=documented(401, 403, 404, 422, 429, 503)
)

RequestId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00]*$",
        description="`request_id` of the feed.",
        examples=["b7e1c2d94f6a4c0d"],
    ),
]
OwnName = Annotated[ExternalId, Field(description="Whose feed; with a token, your own name.", examples=["user123"])]
_PROJECT = Field(description="Only items of this project.", examples=["flic"])


class Paging(BaseModel):
    """Which part of a list."""

    page: Annotated[int, Field(ge=1, le=100_000, description="From 1.", examples=[1])] = 1
    page_size: Annotated[
        int, Field(ge=1, le=500, description="Entries a page; at most MAX_RECOMMENDATIONS.", examples=[20])
    ] = 20


class CategoryParams(Paging):
    """What a feed of one project is asked for."""

    username: OwnName
    project_code: Annotated[Name, _PROJECT]
    mood: Annotated[Mood | None, Field(description="Only this mood.", examples=["calm"])] = None
    category: Annotated[Name | None, Field(description="Only this category.", examples=["Motivation"])] = None
    algorithm: Annotated[Name, Field(description="What ranks; `smart` chooses for this user.", examples=["smart"])] = (
        "hybrid"
    )
    device: Annotated[Name | None, Field(description="What it is shown on.", examples=["phone"])] = None
    request_id: Annotated[
        str | None,
        Field(
            max_length=64, pattern=r"^[^\x00]*$", description="Of the first page, for the next ones.", examples=["b7e1"]
        ),
    ] = None


class FeedParams(CategoryParams):
    """What a feed is asked for."""

    project_code: Annotated[Name | None, _PROJECT] = None  # type: ignore[assignment]


TimeWindow = Literal["1h", "6h", "24h", "7d", "30d"]
_HOURS: Mapping[TimeWindow, int] = {"1h": 1, "6h": 6, "24h": 24, "7d": 168, "30d": 720}


class TrendingParams(Paging):
    """What the trending list is asked for."""

    category: Annotated[Name | None, Field(description="Only this category.", examples=["Motivation"])] = None
    kind: Annotated[ItemKind | None, Field(description="Only this kind.", examples=["video"])] = None
    time_window: Annotated[TimeWindow, Field(description="How far back.", examples=["24h"])] = "24h"


class SimilarParams(Paging):
    """What similar items are asked for."""

    username: Annotated[
        ExternalId | None,
        Field(description="For whom (hides what they hid); with a token, your own name.", examples=["user123"]),
    ] = None


@router.get("/feed", response_model=FeedOut, responses=documented(409, 410), summary="A user's personalised feed")
async def feed(
    params: Annotated[FeedParams, Query()],
    call: CallDep,
) -> Reply:
    """The next page of what this user may like, as of the last interaction.

    Give `request_id` back for further pages: they never repeat an item.
    """
    return await _feed(params, "feed", call)


@router.get(
    "/feed/category", response_model=FeedOut, responses=documented(409, 410), summary="A user's feed within one project"
)
async def category_feed(
    params: Annotated[CategoryParams, Query()],
    call: CallDep,
) -> Reply:
    """As the personalised feed, within one `project_code`."""
    return await _feed(params, "category", call)


async def _feed(params: CategoryParams, surface: str, call: Call) -> Reply:
    own_id = await call.authorise_for(Action.FEED_READ, params.username)
    query = FeedQuery(
        user_id=own_id,
        username=None if own_id else params.username,
        algorithm=params.algorithm,
        device=params.device,
        page=params.page,
        page_size=params.page_size,
        mood=params.mood,
        category=params.category,
        project_code=params.project_code,
        request_id=params.request_id,
        surface=surface,
    )
    return await _shown(await call.platform.recommendation.feed(query), call)


async def _shown(answer: FeedAnswer, call: Call) -> Reply:
    impression = answer.impression
    call.metrics.feeds.labels(impression.algorithm, impression.status).inc()
    entries = impression.entries
    named = {entry.item for entry in entries} | {entry.anchor for entry in entries if entry.anchor is not None}
    return Reply(feed_out(answer, await _cards(call.platform, sorted(named), of_age=answer.of_age)))


async def _cards(platform: Platform, keys: list[ItemKey], *, of_age: bool = True) -> dict[ItemKey, Item]:
    """Items that may be shown now; a stored page may name some that were taken down or age-restricted since."""
    if not keys:
        return {}
    async with platform.store.read() as unit:
        found = await unit.items.by_keys(keys)
    return {key: item for key, item in found.items() if is_public(item) and (of_age or not item.age_restricted)}


@router.get("/trending", response_model=TrendingOut, summary="What moves the platform")
async def trending(params: Annotated[TrendingParams, Query()], call: CallDep) -> Reply:
    """Items by time-decayed engagement, with how fast they rise."""
    authorise(call.principal, Action.TRENDING_READ)
    return await trending_page(
        call,
        kind=params.kind,
        window=params.time_window,
        category=params.category,
        page=params.page,
        page_size=params.page_size,
    )


async def trending_page(
    call: Call,
    *,
    kind: ItemKind | None,
    window: TimeWindow,
    page_size: int,
    category: str | None = None,
    page: int = 1,
) -> Reply:
    """One page of the trending list."""
    answer = await call.platform.recommendation.trending(
        kind=kind, category=category, window_hours=_HOURS[window], page=page, page_size=page_size
    )
    items = await _cards(call.platform, [entry.item for entry in answer.entries])
    return Reply(trending_out(answer, items, page=page, page_size=page_size, time_window=window))


@router.get("/similar/{post_id}", response_model=FeedOut, responses=documented(410), summary="Items like this one")
async def similar(
    post_id: ItemId,
    params: Annotated[SimilarParams, Query()],
    call: CallDep,
) -> Reply:
    """Items that are alike in content or in who likes them; best first."""
    authorise(call.principal, Action.SIMILAR_READ)
    if params.username is not None:
        await call.authorise_for(Action.FEED_READ, params.username)
    answer = await call.platform.recommendation.similar(post_id, params.username, params.page, params.page_size)
    return await _shown(answer, call)


@router.get("/feed/{request_id}/explain", response_model=ExplanationOut, summary="Why this item, or why not")
async def explain(
    request_id: RequestId,
    item: Annotated[ExternalId, Query(description="Item id.", examples=["1234"])],
    call: CallDep,
) -> Reply:
    """Source, terms of the score and re-ranking of an item in a feed, or the stage that removed it."""
    authorise(call.principal, Action.FEED_EXPLAIN, owner=call.principal.subject)
    whose = None if allowed(call.principal, Action.FEED_EXPLAIN) else call.principal.subject
    explanation = await call.platform.recommendation.explain(request_id, item, whose)
    anchors = [] if explanation.anchor is None else [explanation.anchor]
    via: tuple[Via, ...] = ()
    if whose is not None and explanation.source == "social":
        via = await call.platform.people.via(whose, item)
    return Reply(explanation_out(explanation, await _cards(call.platform, anchors), via))


@router.get(
    "/users/{user_id}/similar",
    response_model=SimilarUsersOut,
    responses=documented(410),
    summary="Users with like taste",
)
async def similar_users(
    user_id: UserId,
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=100, description="Users at most.", examples=[10])] = 10,
) -> Reply:
    """Users whose history resembles this one's; those who object to personalisation are left out."""
    authorise(call.principal, Action.SIMILAR_USERS_READ, owner=user_id)
    return Reply(similar_users_out(user_id, await call.platform.recommendation.similar_users(user_id, limit)))
