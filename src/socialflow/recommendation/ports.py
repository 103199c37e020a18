"""What recommendation needs from outside, besides `content.ports`."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from socialflow.content.ports import ContentUnit
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.records import Impression, Provenance, ValueModel


class ImpressionRepository(Protocol):
    """Answers as they were given."""

    async def add(self, impression: Impression) -> None:
        """Store one answer. Raises Conflict if this request_id and page are stored already."""
        ...

    async def add_many(self, answers: Sequence[Impression]) -> None:
        """Store first pages under new request ids, all or none."""
        ...

    async def pages(self, request_id: str) -> Sequence[Impression]:
        """All stored pages of a request, in page order; empty if there is none."""
        ...


class ValueModelRepository(Protocol):
    """Versions of the value model; exactly one is active."""

    async def active(self) -> ValueModel:
        """The active version; a new store holds version 1."""
        ...

    async def versions(self) -> Sequence[ValueModel]:
        """All versions, oldest first."""
        ...

    async def add(self, model: ValueModel) -> ValueModel:
        """Store as the next version and make it active; returns it with its number."""
        ...

    async def activate(self, version: int) -> ValueModel:
        """Make an older version active again. Raises NotFound."""
        ...


class RecommendationUnit(ContentUnit, Protocol):
    """Repositories of one unit of work."""

    @property
    def impressions(self) -> ImpressionRepository: ...
    @property
    def value_models(self) -> ValueModelRepository: ...


class RecommendationStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[RecommendationUnit]:
        """A unit that may only read."""
        ...

    def write(self) -> AbstractAsyncContextManager[RecommendationUnit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        ...


class ModelSource(Protocol):
    """Active recommenders, as the catalogue holds them."""

    def versions(self) -> dict[str, str]:
        """Name -> active version of every recommender with an active version; cheap enough for every request."""
        ...

    def load(self, name: str) -> tuple[Recommender, Provenance]:
        """Load the active version. Raises ModelNotFound, ArtefactError."""
        ...
