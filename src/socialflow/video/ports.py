"""What the domain of videos needs from outside."""

from typing import Protocol

from socialflow.kit.analyses import Options
from socialflow.video.records import Pass


class Scorer(Protocol):
    """A trained judge of how pictures look. What it has to see is seen by an observer in the same pass."""

    @property
    def name(self) -> str:
        """The model, as provenance names it."""
        ...

    @property
    def version(self) -> str:
        """Of the model."""
        ...

    @property
    def watches(self) -> Options:
        """Observers it needs, by name, with their options."""
        ...

    def score(self, told: Pass) -> float | None:
        """0 (bad) to 1; None where it saw nothing."""
        ...
