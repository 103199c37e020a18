"""What collectors need from outside: pages, and a store that keeps checkpoints beside content."""

from collections.abc import Collection as SetOf
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from socialflow.content.collection import Collection
from socialflow.content.ports import ContentUnit
from socialflow.content.records import ItemStats


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page, and the name under which the answer held them. `digest` stands for the rows."""

    rows: Sequence[object]
    list_name: str
    digest: str


class Pages(Protocol):
    """An outside API that is read page by page."""

    @property
    def source(self) -> str:
        """Its host, by which interactions and checkpoints tell one API from another."""
        ...

    async def page(self, path: str, list_name: str, page: int, page_size: int) -> Page | None:
        """One page; None where the API says that there is none (404 and the like, but for page 1).

        Raises:
            SourceUnavailable: it cannot be read now, however often it was tried.
            PermissionDenied: it refuses the token.
            InvalidInput: it refuses the question, leads elsewhere, or sends more than a page may hold.
        """
        ...


class CollectionRepository(Protocol):
    """Checkpoints of collections, and what only collectors ask of content."""

    async def get(self, source: str, endpoint: str) -> Collection | None:
        """The last collection of an endpoint, or None."""
        ...

    async def of_source(self, source: str) -> Sequence[Collection]:
        """The last collection of each endpoint of a source."""
        ...

    async def put(self, collection: Collection) -> None:
        """Store, in place of what is there."""
        ...

    async def totals(self, item_ids: SetOf[str]) -> Mapping[str, ItemStats]:
        """The newest running totals of those items that have any."""
        ...

    async def user_ids(self, usernames: SetOf[str]) -> Mapping[str, str]:
        """Ids of the users with these usernames, by username."""
        ...

    async def closed(self, names: SetOf[str]) -> SetOf[str]:
        """Those of these ids and usernames that belonged to an erased person."""
        ...


class CollectionUnit(ContentUnit, Protocol):
    """Content and checkpoints in one transaction."""

    @property
    def collections(self) -> CollectionRepository: ...


class CollectionStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[CollectionUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[CollectionUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...
