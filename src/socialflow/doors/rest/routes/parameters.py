"""Path parameters that several routes share."""

from typing import Annotated, TypeAlias

from fastapi import Path

from socialflow.ids import ExternalId

ItemId: TypeAlias = Annotated[ExternalId, Path(description="Item id.", examples=["1234"])]
UserId: TypeAlias = Annotated[ExternalId, Path(description="User id.", examples=["u-7"])]
ChannelId: TypeAlias = Annotated[ExternalId, Path(description="Channel id.", examples=["quiet-hours"])]
