"""Bodies of what is asked about videos."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Body
from socialflow.doors.rest.schemas.media import MAX_ANALYSES, Analyses, MediaOut, MediaUrl

VideoUrl: TypeAlias = Annotated[
    MediaUrl,
    Field(description="http or https, on the public internet.", examples=["https://media.example.org/clip.mp4"]),
]


class VideoIn(Body):
    """A video by URL, and what is asked about it."""

    video_url: VideoUrl
    analyses: Annotated[
        Analyses,
        Field(
            max_length=MAX_ANALYSES,
            description="None: what its header says and how much of it can be decoded.",
            examples=[["scene"]],
        ),
    ] = ()


class VideoInfoOut(BaseModel):
    """What the header of a video says."""

    container: Annotated[str, Field(description="Kind of file.", examples=["mov"])]
    codec: Annotated[str | None, Field(description="Of pictures; null without any.", examples=["h264"])]
    width: Annotated[int, Field(description="Pixels, as it is shown.", examples=[1280])]
    height: Annotated[int, Field(description="Pixels, as it is shown.", examples=[720])]
    rotation: Annotated[int, Field(description="Degrees clockwise by which frames are turned.", examples=[0])]
    frame_rate: Annotated[float, Field(description="Frames a second, the mean.", examples=[25.0])]
    duration: Annotated[float | None, Field(description="Seconds.", examples=[12.4])]
    bit_rate: Annotated[int | None, Field(description="Bits a second.", examples=[2_400_000])]
    pixel_format: Annotated[str | None, Field(description="How pixels are stored.", examples=["yuv420p"])]
    audio_codec: Annotated[str | None, Field(description="Of sound; null without any.", examples=["aac"])]
    audio_rate: Annotated[int, Field(description="Samples a second; 0 without sound.", examples=[44_100])]
    audio_channels: Annotated[int, Field(description="0 without sound.", examples=[2])]


class VideoReadOut(BaseModel):
    """How far the one pass over a video came."""

    frames: Annotated[int, Field(description="Decoded.", examples=[310])]
    seconds: Annotated[float, Field(description="Of pictures.", examples=[12.36])]
    sound_seconds: Annotated[float, Field(description="Of sound; 0 where nothing asked for it.", examples=[12.4])]
    lacking: Annotated[list[str], Field(description="What of the file could not be read.", examples=[[]])]


class VideoOut(MediaOut):
    """Everything that one pass over a video answered."""

    info: Annotated[VideoInfoOut, Field(description="What the header says.")]
    read: Annotated[VideoReadOut, Field(description="How far the pass came.")]
