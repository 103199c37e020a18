"""Bodies of what is asked about pictures."""

from typing import Annotated

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Answered, Body
from socialflow.doors.rest.schemas.media import MAX_ANALYSES, Analyses, Commands, MediaOut, MediaUrl

ImageUrl = Annotated[
    MediaUrl,
    Field(description="http or https, on the public internet.", examples=["https://media.example.org/photo.jpg"]),
]
Share = Annotated[float, Field(ge=0, le=1, examples=[0.25])]


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
    box: BoxOut


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
    box: BoxOut
    landmarks: Annotated[
        dict[str, PointOut] | None,
        Field(description="right_eye, left_eye, nose, mouth_right, mouth_left; null where the model tells none."),
    ]
    expression: Annotated[ExpressionOut | None, Field(description="Null where the face is too small to tell.")]


class FacesOut(_OneOut):
    """The faces of a picture."""

    count: Annotated[int, Field(description="How many.", examples=[1])]
    faces: Annotated[list[FaceOut], Field(description="Best first.")]
