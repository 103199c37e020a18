"""What recommendation needs from outside, besides `content.ports`."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from socialflow.content.ports import ContentUnit
from socialflow.ids import UserKey
from socialflow.kit.answers import Provenance
from socialflow.recommendation.exposures import Shown
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.ranker import Ranker
from socialflow.recommendation.records import Impression, ValueModel
from socialflow.recommendation.rewards import Due, Reaction
from socialflow.recommendation.rules import RuleSet


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

    def exposures(self, until: datetime) -> AsyncIterator[Sequence[Shown]]:
        """What was shown to people up to an instant, as far as its signals were kept, the newest first, in blocks."""
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


class RuleRepository(Protocol):
    """Versions of the rules of the feed; exactly one is active."""

    async def active(self) -> RuleSet:
        """The active version; a new store holds version 1, without rules."""
        ...

    async def version(self, version: int) -> RuleSet:
        """Any version. Raises NotFound."""
        ...

    async def versions(self) -> Sequence[tuple[RuleSet, bool]]:
        """All versions, newest first, without their rules; and which is active."""
        ...

    async def add(self, rules: RuleSet) -> RuleSet:
        """Store as the next version and make it active; returns it with its number."""
        ...

    async def activate(self, version: int) -> RuleSet:
        """Make another version active. Raises NotFound."""
        ...


class BanditRepository(Protocol):
    """What the bandit believes, and the choices whose rewards it has not learnt from."""

    async def revision(self) -> int:
        """Another number after every change."""
        ...

    async def population(self) -> tuple[int, Mapping[str, Any]]:
        """The revision, and what is believed of everybody; empty at first."""
        ...

    async def people(self, keys: Collection[UserKey]) -> Mapping[UserKey, Person]:
        """What is known of these people; those of whom nothing is are left out."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Choices whose reward is closed and not learnt, the oldest first, at most `limit`."""
        ...

    async def reactions(self, due: Sequence[Due]) -> Mapping[str, Sequence[Reaction]]:
        """By request: what the person it was given to did under its id before the reward closed, in storage order."""
        ...

    async def save(
        self,
        revision: int,
        state: Mapping[str, Any],
        people: Mapping[UserKey, Person],
        rewards: Mapping[tuple[str, int], float],
    ) -> None:
        """Store what was learnt from a state read under `revision`, and note the rewards (by request id and page).

        Raises Conflict where anything was stored since; then nothing may be kept of it.
        """
        ...


class RecommendationUnit(ContentUnit, Protocol):
    """Repositories of one unit of work."""

    @property
    def impressions(self) -> ImpressionRepository: ...
    @property
    def value_models(self) -> ValueModelRepository: ...
    @property
    def rules(self) -> RuleRepository: ...
    @property
    def bandit(self) -> BanditRepository: ...


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
        """Name -> version of every active recommender and ranker; cheap enough for every request."""
        ...

    def load(self, name: str) -> tuple[Recommender, Provenance]:
        """Load the active version of a recommender. Raises ModelNotFound, ArtefactError."""
        ...

    def load_ranker(self, name: str) -> tuple[Ranker, Provenance]:
        """Load the active version of a ranker. Raises as `load`."""
        ...

    def fitted_at(self, name: str, version: str) -> datetime:
        """When a version was made. Raises ModelNotFound, ArtefactError."""
        ...
