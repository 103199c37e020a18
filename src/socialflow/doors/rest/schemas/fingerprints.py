"""Bodies of fingerprints of videos, and of what two videos share."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered, Body
from socialflow.doors.rest.schemas.media import Commands, MediaUrl
from socialflow.doors.rest.schemas.video import VideoInfoOut, VideoReadOut

MAX_FINGERPRINT = 8 << 20
_PRINT = "As `POST /api/v1/video/fingerprint` gives it out."


class FingerprintIn(Body):
    """A video by URL."""

    video_url: Annotated[
        MediaUrl,
        Field(description="http or https, on the public internet.", examples=["https://media.example.org/clip.mp4"]),
    ]


class FrameHashOut(BaseModel):
    """A frame as vPDQ lists it."""

    frame: Annotated[int, Field(description="From 0.", examples=[30])]
    seconds: Annotated[float, Field(description="From the first frame.", examples=[1.0])]
    pdq: Annotated[str, Field(description="64 hexadecimal digits.", examples=["f8" * 32])]
    quality: Annotated[int, Field(description="0 to 100; below 50 the hash means little.", examples=[100])]


class FingerprintOut(Answered):
    """The fingerprint of a video."""

    commands: Commands
    info: Annotated[VideoInfoOut, Field(description="What the header says.")]
    read: Annotated[VideoReadOut, Field(description="How far the pass came.")]
    frames: Annotated[list[FrameHashOut], Field(description="One a second.")]
    seconds: Annotated[float, Field(description="Of pictures.", examples=[12.36])]
    sound_seconds: Annotated[float, Field(description="Of sound.", examples=[12.4])]
    sound_peaks: Annotated[int, Field(description="By which the sound is known again.", examples=[160])]
    fingerprint: Annotated[
        str, Field(description="All that is kept to find the video again: base64, opaque.", examples=["U0ZWUAEI"])
    ]


class CompareIn(Body):
    """A video: its URL, or the fingerprint that was given out."""

    video_url: Annotated[
        MediaUrl | None, Field(description="Either this.", examples=["https://media.example.org/clip.mp4"])
    ] = None
    fingerprint: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_FINGERPRINT, pattern=NO_NUL)] | None,
        Field(description=f"Or this. {_PRINT}", examples=[None]),
    ] = None


class MatchIn(Body):
    """Two videos."""

    query: Annotated[CompareIn, Field(description="What may be a copy, or have one in it.")]
    reference: Annotated[CompareIn, Field(description="What it may be a copy of.")]


class SpanOut(BaseModel):
    """A stretch that is the same."""

    medium: Annotated[str, Field(description="picture or sound.", examples=["picture"])]
    start: Annotated[float, Field(description="Seconds of the query.", examples=[4.0])]
    end: Annotated[float, Field(description="Seconds of the query.", examples=[9.0])]
    reference_start: Annotated[float, Field(description="Seconds of the reference.", examples=[62.0])]
    reference_end: Annotated[float, Field(description="Seconds of the reference.", examples=[67.0])]
    offset: Annotated[float, Field(description="Seconds by which it is later in the reference.", examples=[58.0])]
    mirrored: Annotated[bool, Field(description="Left and right swapped.", examples=[False])]
    agreeing: Annotated[int, Field(description="Frames, or landmarks of sound.", examples=[10])]
    distance: Annotated[int | None, Field(description="Bits by which frames differ, 0 to 256.", examples=[26])]
    confidence: Annotated[float, Field(description="0 to 1, a rule of thumb.", examples=[0.97])]


class MatchOut(BaseModel):
    """What two videos share."""

    matched: Annotated[bool, Field(description="Whether anything was found.", examples=[True])]
    kind: Annotated[
        str | None,
        Field(
            description="same; excerpt: all of the query is in the reference; contains: the other way; partial.",
            examples=["excerpt"],
        ),
    ]
    confidence: Annotated[float, Field(description="Of the surest stretch, 0 to 1.", examples=[0.97])]
    of_query: Annotated[float, Field(description="Share of the query that matches.", examples=[0.42])]
    of_reference: Annotated[float, Field(description="Share of the reference that matches.", examples=[0.11])]
    spans: Annotated[list[SpanOut], Field(description="In the order of the query.")]
