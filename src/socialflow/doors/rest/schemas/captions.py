"""Bodies of captions."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Answered, Body
from socialflow.doors.rest.schemas.media import Commands, MediaUrl
from socialflow.doors.rest.schemas.video import VideoInfoOut

CaptionForm: TypeAlias = Literal["json", "vtt", "srt"]


class CaptionsIn(Body):
    """A video or sound by URL, and in which form its captions are wanted."""

    video_url: Annotated[
        MediaUrl,
        Field(description="http or https, on the public internet.", examples=["https://media.example.org/talk.mp4"]),
    ]
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

    commands: Commands
    info: Annotated[VideoInfoOut, Field(description="What the header says.")]

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
