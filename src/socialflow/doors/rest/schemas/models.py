"""Models on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Body, Name

_DIGEST = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"


class ModelOut(BaseModel):
    """One model."""

    name: Annotated[str, Field(description="Its name.", examples=["vad-silero"])]
    origin: Annotated[
        Literal["trained", "upstream"],
        Field(description="`trained` here, or by others.", examples=["upstream"]),
    ]
    state: Annotated[
        Literal["active", "candidate", "absent", "installed", "damaged", "in_mirror"],
        Field(description="Whether it can be used, and from where.", examples=["installed"]),
    ]
    version: Annotated[
        str | None, Field(description="Active version of a trained model; null otherwise.", examples=[None])
    ]
    task: Annotated[str | None, Field(description="What it is for.", examples=["voice_activity"])]
    summary: Annotated[str, Field(description="What it does.", examples=["Whether somebody speaks, every 32 ms."])]
    licence: Annotated[str, Field(description="SPDX identifier; empty where nothing is said.", examples=["MIT"])]
    size: Annotated[int | None, Field(description="Bytes of its files; null where not known.", examples=[2327524])]
    loaded: Annotated[bool, Field(description="In the memory of the process that answers.", examples=[False])]


class MemoryOut(BaseModel):
    """What models from elsewhere take of this process's memory."""

    used: Annotated[int, Field(description="Bytes of the files of models in memory.", examples=[2327524])]
    budget: Annotated[int, Field(description="Bytes they may take.", examples=[1073741824])]


class ModelsOut(BaseModel):
    """All models."""

    models: Annotated[list[ModelOut], Field(description="Trained ones first, each kind by name.")]
    memory: Annotated[MemoryOut, Field(description="Of the process that answers.")]


class ModelDetailOut(ModelOut):
    """One model with all that is known of it."""

    versions: Annotated[list[str], Field(description="Versions of a trained model, oldest first.", examples=[[]])]
    card: Annotated[
        dict[str, Any],
        Field(description="What a person should know before using it.", examples=[{"limitations": ["English"]}]),
    ]


class PullIn(Body):
    """What the card does not say."""

    sha256: Annotated[
        dict[Name, Name],
        Field(
            default_factory=dict,
            max_length=100,
            description="Digests of files, by path.",
            examples=[{"silero_vad.onnx": _DIGEST}],
        ),
    ]
