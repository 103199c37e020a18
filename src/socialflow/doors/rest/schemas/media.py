"""What bodies of questions about pictures and videos have in common."""

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered

MAX_URL, MAX_ANALYSES = 2_000, 20

Analyses: TypeAlias = tuple[Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)], ...]
MediaUrl: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL, pattern=NO_NUL)]
Commands: TypeAlias = Annotated[
    dict[str, str],
    Field(
        description="What brings the models here that are missing, by name.",
        examples=[{"yolox-nano-coco": "socialflow models pull yolox-nano-coco"}],
    ),
]


class MediaAnalysisOut(Answered):
    """What one analysis tells."""

    answer: Annotated[dict[str, Any], Field(description="By the analysis.", examples=[{"shots": 3}])]


class MediaOut(BaseModel):
    """Everything that was answered of one file."""

    status: Annotated[str, Field(description="complete, partial or abstained.", examples=["complete"])]
    missing: Annotated[list[str], Field(description="What could not be had, by analysis.", examples=[[]])]
    commands: Commands
    analyses: Annotated[dict[str, MediaAnalysisOut], Field(description="By name.")]
