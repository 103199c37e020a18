"""Bodies of the search of videos by words."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered, Body
from socialflow.doors.rest.schemas.media import Commands, MediaUrl
from socialflow.ids import ExternalId

MAX_QUERY, MAX_HITS = 500, 100

Kind = Literal["object", "face", "action", "sight", "text", "speech", "sound", "title", "description", "frame"]

Space = Literal["text", "pictures"]


class VideoSearchIn(Body):
    """What is looked for, and where."""

    query: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_QUERY, pattern=NO_NUL),
        Field(description="English words, as one would say them.", examples=["a dog plays on the beach"]),
    ]
    limit: Annotated[int, Field(ge=1, le=MAX_HITS, description="Moments at most.", examples=[10])] = 10
    item_id: Annotated[ExternalId | None, Field(description="Search inside this video alone.", examples=["v-1"])] = None
    kinds: Annotated[
        tuple[Kind, ...] | None,
        Field(
            min_length=1,
            max_length=10,
            description="What counts; everything if not given. `frame`: what pictures show, as CLIP sees it.",
            examples=[["speech"]],
        ),
    ] = None


class ReasonOut(BaseModel):
    """Something in a moment that is near to the query."""

    kind: Annotated[str, Field(description="What kind of thing it is.", examples=["object"])]
    label: Annotated[str, Field(description="What it is called, or the words.", examples=["dog"])]
    score: Annotated[float, Field(description="How near it is, 0 to 1.", examples=[0.91])]


class MomentOut(BaseModel):
    """A moment that was found."""

    item_id: Annotated[str, Field(description="Whose video it is.", examples=["v-1"])]
    start: Annotated[float, Field(description="Seconds.", examples=[4.0])]
    end: Annotated[float, Field(description="Seconds.", examples=[8.0])]
    score: Annotated[
        float,
        Field(
            description="How near it is, 0 to 1; where both spaces found something, by its ranks in them.",
            examples=[0.93],
        ),
    ]
    spaces: Annotated[
        list[Space],
        Field(
            description="Where it was found: `text` (what models have names for, what is read, said and written), "
            "`pictures` (what frames show).",
            examples=[["text", "pictures"]],
        ),
    ]
    why: Annotated[list[ReasonOut], Field(description="What in it is near, the nearest first.")]


class SearchedOut(Answered):
    """Moments that were found."""

    hits: Annotated[list[MomentOut], Field(description="The video with the best moment first.")]
    commands: Commands


class VideoIndexIn(Body):
    """Whose video is to be found by words."""

    item_id: Annotated[ExternalId, Field(description="The item.", examples=["v-1"])]
    video_url: Annotated[
        MediaUrl | None,
        Field(description="Its video; the item's `media_url` if not given.", examples=["https://m.example.org/v.mp4"]),
    ] = None


class IndexedOut(Answered):
    """What of a video can be found now."""

    item_id: Annotated[str, Field(description="The item.", examples=["v-1"])]
    moments: Annotated[int, Field(description="Stretches that differ from each other.", examples=[12])]
    seconds: Annotated[float, Field(description="Length of what was indexed.", examples=[48.2])]
    commands: Commands
