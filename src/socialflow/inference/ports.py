"""What runs, and who hears of it."""

from collections.abc import Mapping
from typing import Protocol

from socialflow.inference.records import Array, Tensor


class Graph(Protocol):
    """A loaded graph of whatever runtime; safe to use from several threads."""

    @property
    def inputs(self) -> tuple[Tensor, ...]: ...
    @property
    def outputs(self) -> tuple[Tensor, ...]: ...
    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Every output by name. Raises InvalidInput for other inputs than `inputs`, ArtefactError where it fails."""
        ...


class LoadObserver(Protocol):
    """Hears what is loaded into memory and what leaves it; called from any thread, must not block."""

    def model_loaded(self, model: str, seconds: float) -> None: ...
    def models_held(self, count: int, size: int) -> None:
        """How many models are in memory now, and their weights in bytes."""
        ...
