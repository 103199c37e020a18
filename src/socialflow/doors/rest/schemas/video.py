"""Bodies of what is asked about videos."""

from typing import Annotated
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Body
from socialflow.doors.rest.schemas.media import MAX_ANALYSES, Analyses, MediaOut, MediaUrl


MediaUrl: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_URL, pattern=NO_NUL),
    Field(description="http or https, on the public internet.", examples=["https://media.example.org/clip.mp4"]),
]
CaptionForm: TypeAlias = Literal["json", "vtt", "srt"]


class VideoIn(Body):
    """A video by URL, and what is asked about it."""

    video_url: Annotated[
        MediaUrl,
        Field(description="http or https, on the public internet.", examples=["https://media.example.org/clip.mp4"]),
    ]
    video_url: MediaUrl
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
    analyses: Annotated[dict[str, VideoAnalysisOut], Field(description="By name.")]


class CaptionsIn(Body):
    """A video or sound by URL, and in which form its captions are wanted."""

    video_url: MediaUrl
    format: Annotated[CaptionForm, Field(description="A document, WebVTT or SubRip.", examples=["json"])] = "json"


class SegmentOut(BaseModel):
    """A stretch in which somebody speaks."""

    start: Annotated[float, Field(description="Seconds.", examples=[0.25])]
    end: Annotated[float, Field(description="Seconds.", examples=[2.34])]
    likelihood: Annotated[float, Field(description="0 to 1, the mean.", examples=[0.93])]


class WordOut(BaseModel):
    """A word as it was recognised."""

    text: Annotated[str, Field(description="As it is written.", examples=["fellow"])]
    start: Annotated[float, Field(description="Seconds.", examples=[0.93])]
    end: Annotated[float, Field(description="Seconds.", examples=[1.31])]
    confidence: Annotated[float | None, Field(description="0 to 1; null where nothing tells it.", examples=[0.87])]


class CueOut(BaseModel):
    """A caption as it is shown: at most two lines of 42 characters."""

    start: Annotated[float, Field(description="Seconds.", examples=[0.3])]
    end: Annotated[float, Field(description="Seconds.", examples=[2.16])]
    text: Annotated[str, Field(description="Lines parted by line feeds.", examples=["and so my fellow americans"])]


class CaptionsOut(Answered):
    """What is said in a video or sound."""

    text: Annotated[str, Field(description="All words.", examples=["and so my fellow americans"])]
    cues: Annotated[list[CueOut], Field(description="Captions, in order.")]
    words: Annotated[list[WordOut], Field(description="Words, in order.")]
    segments: Annotated[list[SegmentOut], Field(description="Where somebody speaks.")]
    language: Annotated[str | None, Field(description="ISO 639-1; null where nobody speaks.", examples=["en"])]
    language_assumed: Annotated[
        bool, Field(description="Whether the recogniser knows no other language.", examples=[True])
    ]
    confidence: Annotated[float | None, Field(description="Mean over words, 0 to 1.", examples=[0.61])]
    timing: Annotated[
        str | None, Field(description="`word`: each was timed; `phrase`: words share its time.", examples=["word"])
    ]
    speech_seconds: Annotated[float, Field(description="In which somebody speaks.", examples=[8.4])]
    recognised_seconds: Annotated[float, Field(description="Of them, recognised.", examples=[8.4])]
    duration: Annotated[float, Field(description="Seconds of sound.", examples=[11.0])]
