"""The running recommender as others see it: whether it can answer, and the state behind the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from socialflow.inference.lane import Lane
from socialflow.recommendation.context import FeedSettings, World
from socialflow.recommendation.live import LiveState
from socialflow.recommendation.shelf import Loaded


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether feeds can be answered, and from what."""

    ready: bool
    reason: str
    interactions: int
    items: int
    models: dict[str, str]
    """Model -> version in use, or why there is none."""


@dataclass(frozen=True, slots=True)
class ModelAge:
    """How old what a model knows is. `updated_at`: when it had last counted everything, after its fit; None where it
    does not follow, or has not yet. `unknown_items`: items of the platform that it cannot speak of."""

    fitted_at: datetime | None
    updated_at: datetime | None
    unknown_items: int


@dataclass(frozen=True, slots=True)
class Present:
    """The state behind the answers, for work on many users or items: to be read, never written.

    What is read between two awaits is of one moment; `lane` is where arithmetic over it does not hold up answers.
    """

    live: LiveState
    models: Mapping[str, Loaded]
    settings: FeedSettings
    lane: Lane

    def world(self) -> World:
        """What a request would see of it now."""
        return self.live.world(self.models, self.settings)
