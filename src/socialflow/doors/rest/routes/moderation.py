"""Judging content by the policy that stands. Nothing is stored but where a stored item is judged again."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query, Request

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.image import ImageUrl, PictureIn
from socialflow.doors.rest.schemas.moderation import (
    BatchOut,
    ClipIn,
    ContentIn,
    ItemModeratedOut,
    ModeratedOut,
    ModerationIn,
    ShortWords,
    TextsIn,
    WordsIn,
)
from socialflow.doors.rest.schemas.video import VideoUrl
from socialflow.errors import InvalidInput
from socialflow.moderation.gather.records import Content
from socialflow.moderation.given import content_from
from socialflow.moderation.records import ContentKind
from socialflow.moderation.told import Moderated

router = APIRouter(
    prefix="/api/v1",
    tags=["Moderation"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
MODERATE = "/moderation"
TextQuery = Annotated[
    ShortWords | None, Query(min_length=1, description="Instead of the body.", examples=["What a lovely loaf!"])
]
ImageQuery = Annotated[
    ImageUrl | None, Query(description="Instead of the body.", examples=["https://media.example.org/photo.jpg"])
]
VideoQuery = Annotated[
    VideoUrl | None, Query(description="Instead of the body.", examples=["https://media.example.org/clip.mp4"])
]


@router.post(MODERATE + "/moderate", response_model=ModeratedOut, summary="Judge a piece of content")
async def moderate(body: ContentIn, call: CallDep) -> Reply:
    """Words, pictures and a video together, by the policy that stands. Nothing is stored. What could not be looked at
    is named with its reason, and the policy says what becomes of it: by default people look."""
    return Reply(await _judged(call, body.judged()))


@router.post(MODERATE + "/moderate/batch", response_model=BatchOut, summary="Judge many texts")
async def moderate_batch(body: TextsIn, call: CallDep) -> Reply:
    """Each on its own, all in one pass."""
    authorise(call.principal, Action.CONTENT_MODERATE)
    contents = [Content(body.content_type, text=text, community=body.community) for text in body.texts]
    results = await call.platform.moderation.judging.judge(contents)
    return Reply({"results": results, "counts": Counter(one["decision"] for one in results)})


@router.post(MODERATE + "/text", response_model=ModeratedOut, summary="Judge words")
async def moderate_text(call: CallDep, body: WordsIn | None = None, text: TextQuery = None) -> Reply:
    """Words alone, in the body or in the query."""
    words = _one(None if body is None else body.text, text, "text")
    known = body or WordsIn(text=words)
    return Reply(
        await _judged(call, Content(ContentKind.TEXT, text=words, author=known.author, community=known.community))
    )


@router.post(MODERATE + "/image", response_model=ModeratedOut, summary="Judge a picture")
async def moderate_image(call: CallDep, body: PictureIn | None = None, image_url: ImageQuery = None) -> Reply:
    """What it shows, and the words that are written in it. What cannot be fetched is missing, with the reason."""
    url = _one(None if body is None else body.image_url, image_url, "image_url")
    return Reply(await _judged(call, Content(ContentKind.IMAGE, pictures=(url,))))


@router.post(
    MODERATE + "/image/upload",
    response_model=ModeratedOut,
    summary="Judge a picture that is sent",
    openapi_extra=dict(FILE),
)
async def moderate_image_sent(request: Request, call: CallDep) -> Reply:
    """As `image`, with the file itself as the body."""
    return Reply(await _sent(call, request, ContentKind.IMAGE))


@router.post(MODERATE + "/video", response_model=ModeratedOut, summary="Judge a video")
async def moderate_video(call: CallDep, body: ClipIn | None = None, video_url: VideoQuery = None) -> Reply:
    """What it shows, what is written in it and what is said, in one pass over it."""
    url = _one(None if body is None else body.video_url, video_url, "video_url")
    return Reply(await _judged(call, Content(ContentKind.VIDEO, video=url)))


@router.post(
    MODERATE + "/video/upload",
    response_model=ModeratedOut,
    summary="Judge a video that is sent",
    openapi_extra=dict(FILE),
)
async def moderate_video_sent(request: Request, call: CallDep) -> Reply:
    """As `video`, with the file itself as the body."""
    return Reply(await _sent(call, request, ContentKind.VIDEO))


@router.post(
    "/ml/moderate",
    response_model=ItemModeratedOut,
    responses=documented(404, 409),
    summary="Judge content, or a stored item again",
)
async def moderate_item(body: ModerationIn, call: CallDep) -> Reply:
    """With data, that is judged and nothing stored. With the id of a stored item alone, the item is judged again by
    the policy that stands, and the decision stored; one that a person took on the very same stays (409)."""
    authorise(call.principal, Action.ITEM_MODERATE)
    if body.content_data is not None:
        given = body.content_data.model_dump(exclude_defaults=True)
        content = content_from(body.content_type or ContentKind.POST, given, body.content_id)
        (told,) = await call.platform.moderation.judging.judge([content])
        return Reply({**told, "content_id": body.content_id, "decision_id": None})
    if body.content_id is None:
        raise InvalidInput("give content_data, or the content_id of a stored item", field="content_data")
    item = await call.content.item(body.content_id)
    if body.content_type is not None and body.content_type.value != item.kind.value:
        raise InvalidInput(f"{item.id!r} is a {item.kind}, not a {body.content_type}", field="content_type")
    made = await call.platform.moderation.judging.judge_again(item)
    return Reply({**made.told, "content_id": item.id, "decision_id": made.decision.id})


async def _judged(call: Call, content: Content) -> Moderated:
    authorise(call.principal, Action.CONTENT_MODERATE)
    (told,) = await call.platform.moderation.judging.judge([content])
    return told


async def _sent(call: Call, request: Request, kind: ContentKind) -> Moderated:
    authorise(call.principal, Action.CONTENT_MODERATE)
    return await call.platform.moderation.judging.judge_file(request.stream(), Content(kind))


def _one(body: str | None, query: str | None, field: str) -> str:
    """What is judged. Raises InvalidInput unless one place says it."""
    if (body is None) == (query is None):
        raise InvalidInput(f"say what is judged: {field}, in the body or in the query", field=field)
    return query or body or ""
