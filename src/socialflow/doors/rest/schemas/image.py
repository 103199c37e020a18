"""Bodies of what is asked about pictures."""

from typing import Annotated

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Answered, Body
from socialflow.doors.rest.schemas.media import MAX_ANALYSES, Analyses, Commands, MediaOut, MediaUrl

ImageUrl = Annotated[
    MediaUrl,
    Field(description="http or https, on the public internet.", examples=["https://media.example.org/photo.jpg"]),
]
Share = Annotated[float, Field(ge=0, le=1, description="0 to 1.", examples=[0.25])]


class PictureIn(Body):
    """A picture by URL."""

    image_url: ImageUrl


class ImageIn(PictureIn):
    """A picture by URL, and what is asked about it."""

    analyses: Annotated[
        Analyses,
        Field(max_length=MAX_ANALYSES, description="None: what its header says.", examples=[["objects", "faces"]]),
    ] = ()


class ImageInfoOut(BaseModel):
    """What the header of a picture says."""

    format: Annotated[str, Field(description="Kind of file.", examples=["JPEG"])]
    width: Annotated[int, Field(description="Pixels, as it is shown.", examples=[1280])]
    height: Annotated[int, Field(description="Pixels, as it is shown.", examples=[720])]
    frames: Annotated[int, Field(description="Of several (an animation) the first is looked at.", examples=[1])]
    transparent: Annotated[bool, Field(description="Whether something shines through.", examples=[False])]
    turned: Annotated[bool, Field(description="Whether the file says to turn or mirror it.", examples=[False])]


class ImageOut(MediaOut):
    """Everything that one look at a picture answered."""

    info: Annotated[ImageInfoOut, Field(description="What the header says.")]


class BoxOut(BaseModel):
    """Where something is, as fractions of the width and height of the picture as it is shown."""

    left: Share
    top: Share
    right: Share
    bottom: Share


class PointOut(BaseModel):
    """A place as fractions of width and height."""

    x: Share
    y: Share


class ObjectOut(BaseModel):
    """One object."""

    label: Annotated[str, Field(description="One of 80 classes (COCO).", examples=["dog"])]
    score: Annotated[float, Field(description="How sure the model is, 0 to 1.", examples=[0.84])]
    box: Annotated[BoxOut, Field(description="Where it is.")]


class _OneOut(Answered):
    commands: Commands
    info: Annotated[ImageInfoOut, Field(description="What the header says.")]


class ObjectsOut(_OneOut):
    """The objects of a picture. `abstained`: no model was there to look with, which is not the same as none found."""

    objects: Annotated[list[ObjectOut], Field(description="Best first.")]
    counts: Annotated[dict[str, int], Field(description="How many of each class.", examples=[{"dog": 1}])]


class ExpressionOut(BaseModel):
    """How a face looks, which is not how somebody feels."""

    label: Annotated[str, Field(description="The likeliest.", examples=["happy"])]
    score: Annotated[float, Field(description="Its probability.", examples=[0.97])]
    scores: Annotated[dict[str, float], Field(description="All of them.", examples=[{"happy": 0.97, "neutral": 0.03}])]


class FaceOut(BaseModel):
    """One face; whose it is nobody asks."""

    score: Annotated[float, Field(description="How sure the model is, 0 to 1.", examples=[0.92])]
    box: Annotated[BoxOut, Field(description="Where it is.")]
    landmarks: Annotated[
        dict[str, PointOut] | None,
        Field(description="right_eye, left_eye, nose, mouth_right, mouth_left; null where the model tells none."),
    ]
    expression: Annotated[ExpressionOut | None, Field(description="Null where the face is too small to tell.")]


class FacesOut(_OneOut):
    """The faces of a picture."""

    count: Annotated[int, Field(description="How many.", examples=[1])]
    faces: Annotated[list[FaceOut], Field(description="Best first.")]


class TagOut(BaseModel):
    """One tag."""

    tag: Annotated[str, Field(description="In words.", examples=["golden retriever"])]
    confidence: Annotated[float, Field(description="0 to 1.", examples=[0.81])]
    source: Annotated[str, Field(description="The model that found it.", examples=["imagenet-mobilenet-v2"])]


class TagsOut(_OneOut):
    """What a picture is of."""

    tags: Annotated[list[TagOut], Field(description="The surest first.")]


Likelihood = Annotated[float | None, Field(description="0 to 1; null: not known.", examples=[0.03])]


class RegionOut(BaseModel):
    """A part of a picture without which it would be judged milder."""

    box: Annotated[BoxOut, Field(description="Where it is.")]
    drop: Annotated[float, Field(description="By how much milder.", examples=[0.2])]
    unsafe: Likelihood
    questionable: Likelihood


class FitOut(_OneOut):
    """Whether a picture is fit for work."""

    is_nsfw: Annotated[bool | None, Field(description="Null where nothing could judge it.", examples=[False])]
    confidence: Likelihood
    score: Likelihood
    categories: Annotated[
        dict[str, float | None],
        Field(
            description="safe, suggestive, explicit, racy, violence, gore; null: not known to the model.",
            examples=[{"safe": 0.96, "explicit": 0.01, "violence": None}],
        ),
    ]
    safe: Likelihood
    questionable: Likelihood
    unsafe: Likelihood
    verdict: Annotated[str | None, Field(description="safe, questionable or unsafe.", examples=["safe"])]
    is_safe: Annotated[bool, Field(description="False where nothing could judge it.", examples=[True])]
    recommended_action: Annotated[str, Field(description="approve, flag_for_review or reject.", examples=["approve"])]
    regions: Annotated[tuple[RegionOut, ...], Field(description="Where it lies, for people to look at.")] = ()
    heat: Annotated[
        tuple[tuple[float, ...], ...], Field(description="6 x 6: by how much milder without it.", examples=[[]])
    ] = ()


class SimilarIn(Body):
    """A picture, and those among which the like is looked for."""

    image_url: ImageUrl
    candidates: Annotated[
        tuple[MediaUrl, ...],
        Field(
            min_length=1,
            max_length=20,
            description="Pictures by URL.",
            examples=[["https://media.example.org/other.jpg"]],
        ),
    ]
    limit: Annotated[int, Field(ge=1, le=20, description="How many are told.", examples=[5])] = 20


class LikeOut(BaseModel):
    """A picture that is like the one asked for."""

    id: Annotated[str, Field(description="Its URL.", examples=["https://media.example.org/other.jpg"])]
    kind: Annotated[str, Field(description="duplicate or alike.", examples=["alike"])]
    similarity: Annotated[float, Field(description="Cosine of the vectors, -1 to 1.", examples=[0.71])]
    distance: Annotated[int, Field(description="Bits by which perceptual hashes differ, 0 to 256.", examples=[118])]


class LeftOutOut(BaseModel):
    """A picture that could not be compared."""

    id: Annotated[str, Field(description="Its URL.", examples=["https://media.example.org/gone.jpg"])]
    code: Annotated[str, Field(description="Why, as in errors.", examples=["media_unavailable"])]
    detail: Annotated[str, Field(description="The same in words.", examples=["it answered with 404"])]


class SimilarOut(Answered):
    """Pictures by likeness."""

    commands: Commands
    similar: Annotated[list[LikeOut], Field(description="The most alike first.")]
    left_out: Annotated[list[LeftOutOut], Field(description="Those that could not be compared.")]
