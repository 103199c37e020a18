"""What the search of videos needs from a store."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from socialflow.content.log import LogCursor
from socialflow.content.ports import ItemRepository
from socialflow.ids import ItemKey
from socialflow.video.search.records import Changed, Clip, Floats, Kept


class MomentRepository(Protocol):
    """Moments of videos beside their items."""

    async def permitted(self, key: ItemKey) -> bool:
        """Whether an item is there and its author, if it has one, permits analysis."""
        ...

    async def put(self, key: ItemKey, clip: Clip, vectors: Mapping[str, Floats], now: datetime) -> bool:
        """Store the moments of an item, and vectors by space (phrases, width), those of frames (frames, width), in
        place of what was there; False where it is gone or may not be analysed."""
        ...

    async def keep(self, key: ItemKey, space: str, vectors: Floats) -> None:
        """Store vectors (phrases, width) of moments that are there, of another space."""
        ...

    def kept(
        self, space: str, keys: Collection[ItemKey] | None = None, *, frames: str = ""
    ) -> AsyncIterator[Sequence[Kept]]:
        """Moments of these items, or of all, with their vectors in a space, and those of their frames in another, in
        batches in key order."""
        ...

    async def newest(self) -> LogCursor:
        """The cursor of who has read everything."""
        ...

    async def changed(self, cursor: LogCursor) -> Changed:
        """Items that changed since a cursor, or went, and the next cursor."""
        ...


class SearchUnit(Protocol):
    """The repositories of one unit of work."""

    @property
    def items(self) -> ItemRepository: ...
    @property
    def moments(self) -> MomentRepository: ...


class SearchStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[SearchUnit]: ...
    def write(self) -> AbstractAsyncContextManager[SearchUnit]: ...
