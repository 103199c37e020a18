"""Bodies of what is asked about the pictures that stand for a video."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered, Body
from socialflow.doors.rest.schemas.image import BoxOut
from socialflow.doors.rest.schemas.media import Commands
from socialflow.doors.rest.schemas.video import VideoInfoOut, VideoUrl
from socialflow.image.crops import MOST_RATIOS, RATIOS
from socialflow.video.thumbnails import COUNT, MOST

CountIn: TypeAlias = Annotated[int, Field(ge=1, le=MOST, description="Thumbnails at most.", examples=[COUNT])]
RatiosIn: TypeAlias = Annotated[
    tuple[Annotated[str, StringConstraints(max_length=9, pattern=NO_NUL)], ...],
    Field(
        min_length=1,
        max_length=MOST_RATIOS,
        description="Shapes to crop to: width and height, 1 to 100.",
        examples=[list(RATIOS)],
    ),
]
_PARTS = {
    "sharpness": 0.97,
    "exposure": 0.91,
    "contrast": 0.8,
    "colourfulness": 0.6,
    "saliency": 0.7,
    "composition": 0.9,
}
_CROP = {"x": 420, "y": 0, "width": 405, "height": 720, "saliency": 0.71, "faces": 1}
_ID = "697f6e7d0ee4"


class ThumbnailsIn(Body):
    """A video by URL, and how many thumbnails of which shapes are wanted."""

    video_url: VideoUrl
    count: CountIn = COUNT
    aspect_ratios: RatiosIn = RATIOS


class CropOut(BaseModel):
    """Part of a thumbnail, in its pixels."""

    x: Annotated[int, Field(description="Of the left side.", examples=[420])]
    y: Annotated[int, Field(description="Of the top.", examples=[0])]
    width: Annotated[int, Field(description="Pixels.", examples=[405])]
    height: Annotated[int, Field(description="Pixels.", examples=[720])]
    saliency: Annotated[float, Field(description="Share of what draws the eye that lies in it.", examples=[0.71])]
    faces: Annotated[int, Field(description="Faces that lie in it, each as a whole.", examples=[1])]


class ThumbnailOut(BaseModel):
    """A frame that may stand for a video."""

    id: Annotated[str, Field(description="The same whenever the same file is looked at.", examples=[_ID])]
    seconds: Annotated[float, Field(description="When it is shown.", examples=[4.52])]
    frame: Annotated[int, Field(description="Its number, from 0.", examples=[113])]
    score: Annotated[float, Field(description="0 to 1; a rule of thumb over `parts`.", examples=[0.77])]
    parts: Annotated[dict[str, float], Field(description="What speaks for it, 0 to 1 each.", examples=[_PARTS])]
    faces: Annotated[
        list[BoxOut] | None, Field(description="Null where there was no model to look with.", examples=[None])
    ]
    crops: Annotated[
        dict[str, CropOut | None],
        Field(description="By shape; null where every place would cut a face.", examples=[{"9:16": _CROP}]),
    ]
    width: Annotated[int, Field(description="Pixels of the JPEG.", examples=[1280])]
    height: Annotated[int, Field(description="Pixels of the JPEG.", examples=[720])]
    jpeg: Annotated[str, Field(description="The picture, a JPEG in base64.", examples=["/9j/4AAQSkZJRgABAQ..."])]


class VariantOut(BaseModel):
    """One arm of a test between thumbnails."""

    id: Annotated[str, Field(description="Of the thumbnail.", examples=[_ID])]
    share: Annotated[float, Field(description="Of those who see the video.", examples=[0.2])]
    unlike: Annotated[float, Field(description="How far it looks from the first, 0 to 1.", examples=[0.62])]
    differs: Annotated[
        dict[str, float],
        Field(description="Parts in which it differs clearly from the first.", examples=[{"exposure": -0.17}]),
    ]


class ExperimentOut(BaseModel):
    """A test between thumbnails, as it can be created."""

    key: Annotated[str, Field(description="The same for the same thumbnails.", examples=["thumbnail-0a1b2c3d4e5f"])]
    control: Annotated[str, Field(description="The first thumbnail.", examples=[_ID])]
    metric: Annotated[str, Field(description="What the winner is told by.", examples=["click_through"])]
    variants: Annotated[list[VariantOut], Field(description="All thumbnails, the first among them.")]


class ThumbnailsOut(Answered):
    """Thumbnails of one video."""

    commands: Commands
    info: Annotated[VideoInfoOut, Field(description="What the header says.")]
    thumbnails: Annotated[list[ThumbnailOut], Field(description="The best first, then by score and variety.")]
    experiment: Annotated[ExperimentOut | None, Field(description="Null for fewer than two.")]
    looked: Annotated[int, Field(description="Frames that were judged.", examples=[33])]
    discarded: Annotated[
        dict[str, int], Field(description="Of these, why they are no thumbnails.", examples=[{"alike": 15, "faded": 1}])
    ]
