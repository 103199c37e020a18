"""What is in pictures: each is opened once, whatever is asked."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from socialflow.access.matrix import Action, authorise
from socialflow.catalogue.upstream.handed import commands
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE, told, told_alone
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.image import (
    FacesOut,
    FitOut,
    ImageIn,
    ImageOut,
    ImageUrl,
    ObjectsOut,
    PictureIn,
    SimilarIn,
    SimilarOut,
    TagsOut,
)
from socialflow.doors.rest.schemas.media import MAX_ANALYSES
from socialflow.errors import InvalidInput

router = APIRouter(
    prefix="/api/v1/image",
    tags=["Image"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
Url = Annotated[
    ImageUrl | None, Query(description="Instead of the body.", examples=["https://media.example.org/photo.jpg"])
]
TopK = Annotated[int, Query(ge=1, le=20, description="Tags at most.", examples=[5])]
Told = dict[str, Any]
NO_OBJECTS: Mapping[str, object] = {"objects": (), "counts": {}}
NO_FACES: Mapping[str, object] = {"count": 0, "faces": ()}
NO_TAGS: Mapping[str, object] = {"tags": ()}


@router.post("/objects", response_model=ObjectsOut, responses=documented(502), summary="Objects of a picture")
async def find_objects(call: CallDep, body: PictureIn | None = None, image_url: Url = None) -> Reply:
    """Things of 80 classes with their boxes. Without a model it abstains, and says what brings one."""
    return Reply(await _of_url(call, "objects", _url(body, image_url), NO_OBJECTS))


@router.post(
    "/objects/upload", response_model=ObjectsOut, summary="Objects of a picture that is sent", openapi_extra=dict(FILE)
)
async def find_objects_sent(request: Request, call: CallDep) -> Reply:
    """As `objects`, with the file itself as the body."""
    return Reply(await _of_sent(call, "objects", request, NO_OBJECTS))


@router.post("/faces", response_model=FacesOut, responses=documented(502), summary="Faces of a picture")
async def find_faces(call: CallDep, body: PictureIn | None = None, image_url: Url = None) -> Reply:
    """Faces with landmarks and expressions; never whose they are. Without a model a cascade of old finds what it can,
    and the answer is partial."""
    return Reply(await _of_url(call, "faces", _url(body, image_url), NO_FACES))


@router.post(
    "/faces/upload", response_model=FacesOut, summary="Faces of a picture that is sent", openapi_extra=dict(FILE)
)
async def find_faces_sent(request: Request, call: CallDep) -> Reply:
    """As `faces`, with the file itself as the body."""
    return Reply(await _of_sent(call, "faces", request, NO_FACES))


@router.post("/tags", response_model=TagsOut, responses=documented(502), summary="Tags of a picture")
async def tag_picture(call: CallDep, body: PictureIn | None = None, image_url: Url = None, top_k: TopK = 20) -> Reply:
    """What it is of, the surest first. Without a model it abstains, and says what brings one."""
    return _most(await _of_url(call, "tags", _url(body, image_url), NO_TAGS), top_k)


@router.post("/tags/upload", response_model=TagsOut, summary="Tags of a picture that is sent", openapi_extra=dict(FILE))
async def tag_picture_sent(request: Request, call: CallDep, top_k: TopK = 20) -> Reply:
    """As `tags`, with the file itself as the body."""
    return _most(await _of_sent(call, "tags", request, NO_TAGS), top_k)


@router.post("/nsfw", response_model=FitOut, responses=documented(502), summary="Whether a picture is fit for work")
async def judge_picture(call: CallDep, body: PictureIn | None = None, image_url: Url = None) -> Reply:
    """Six categories, of which those that the model does not know are null, a view of three, and where in the picture
    it lies. Without a model everything is null and people have to look."""
    return Reply(await _of_url(call, "nsfw", _url(body, image_url), {}))


@router.post(
    "/nsfw/upload",
    response_model=FitOut,
    summary="Whether a picture that is sent is fit for work",
    openapi_extra=dict(FILE),
)
async def judge_picture_sent(request: Request, call: CallDep) -> Reply:
    """As `nsfw`, with the file itself as the body."""
    return Reply(await _of_sent(call, "nsfw", request, {}))


@router.post("/similar", response_model=SimilarOut, responses=documented(502), summary="Pictures like a picture")
async def rank_alike(body: SimilarIn, call: CallDep) -> Reply:
    """Of some pictures those that are most like one: near duplicates first, then those that show the like. One that
    cannot be had or compared is told with its reason, and the others are ranked."""
    authorise(call.principal, Action.IMAGE_ANALYSE)
    found = await call.platform.image.similar(body.image_url, body.candidates, body.limit)
    return Reply({**asdict(found), "commands": commands(found.missing)})


@router.post("/analyze", response_model=ImageOut, responses=documented(502), summary="What is in a picture")
async def analyse_image(body: ImageIn, call: CallDep) -> Reply:
    """Fetch a picture and open it once for all analyses."""
    authorise(call.principal, Action.IMAGE_ANALYSE)
    return Reply(told(await call.platform.image.analyse_url(body.image_url, body.analyses)))


@router.post(
    "/analyze/upload", response_model=ImageOut, summary="What is in a picture that is sent", openapi_extra=dict(FILE)
)
async def analyse_image_sent(
    request: Request,
    call: CallDep,
    analyses: Annotated[
        list[str], Query(max_length=MAX_ANALYSES, description="Repeat for several.", examples=[[]])
    ] = [],  # noqa: B006 (never written to)
) -> Reply:
    """As `analyze`, with the file itself as the body, whatever it says it is: what it is tells its content."""
    authorise(call.principal, Action.IMAGE_ANALYSE)
    return Reply(told(await call.platform.image.analyse_sent(request.stream(), analyses)))


def _url(body: PictureIn | None, query: str | None) -> str:
    """Where the picture is. Raises InvalidInput unless one place says it."""
    if (body is None) == (query is None):
        raise InvalidInput("say where the picture is: image_url, in the body or in the query", field="image_url")
    return query or (body.image_url if body else "")


async def _of_url(call: Call, name: str, url: str, empty: Mapping[str, object]) -> Told:
    authorise(call.principal, Action.IMAGE_ANALYSE)
    return told_alone(await call.platform.image.analyse_url(url, [name]), name, empty)


async def _of_sent(call: Call, name: str, request: Request, empty: Mapping[str, object]) -> Told:
    authorise(call.principal, Action.IMAGE_ANALYSE)
    return told_alone(await call.platform.image.analyse_sent(request.stream(), [name]), name, empty)


def _most(answer: Told, count: int) -> Reply:
    return Reply({**answer, "tags": list(answer["tags"])[:count]})
