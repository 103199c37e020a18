"""Models held in memory by name: loaded when first asked for, let go of when memory is short."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

from socialflow.errors import ModelUnavailable, Overloaded
from socialflow.inference.ports import LoadObserver

M = TypeVar("M")

BUDGET_SETTING = "ML_MODEL_MEMORY_MB"
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class _Held(Generic[M]):
    """A place that a model has in memory: its `size` in bytes, and the model once it is loaded."""

    size: int
    model: Future[M]


class LoadedModels(Generic[M]):
    """Loads each model once, however many threads ask for it, and keeps as many as `budget` bytes allow.

    What was used longest ago leaves first, before the new one is read. A model that somebody still works with lives
    until they are done: the budget is about what is kept. It counts weights; what a run takes comes on top.

    >>> models = LoadedModels(str.upper, len, budget=8)
    >>> models.get("alpha"), models.get("beta"), models.names()
    ('ALPHA', 'BETA', ['beta'])

    Args:
        load: reads a model by name; it may raise.
        size_of: bytes that a model will take, told without loading it; it may raise as `load` does.
        budget: bytes of all models that are kept.
    """

    def __init__(self, load: Callable[[str], M], size_of: Callable[[str], int], *, budget: int) -> None:
        self._load = load
        self._size_of = size_of
        self.budget = budget
        self._guard = threading.Lock()
        self._held: OrderedDict[str, _Held[M]] = OrderedDict()
        self.observer: LoadObserver | None = None

    def get(self, name: str) -> M:
        """The model, loaded now if need be. A failure reaches everybody who waits; the next call tries again.

        Raises:
            ModelUnavailable: it alone is larger than the budget.
            Overloaded: models that are being loaded at this moment fill the budget.
            SocialflowError: whatever loading it raises.
        """
        with self._guard:
            held = self._touched(name)
        if held is None:
            size = self._size_of(name)  # may look at files: not under the guard
            with self._guard:
                held = self._touched(name)
                mine = held is None
                if held is None:
                    held = self._place(name, size)
            if mine:
                self._fill(name, held)
        return held.model.result()

    def unload(self, name: str) -> bool:
        """Let go of a model; False where it is not in memory. One that is being loaded goes to who waits for it."""
        with self._guard:
            gone = self._held.pop(name, None)
        self._tell()
        return gone is not None

    def names(self) -> list[str]:
        """Models in memory, the one used longest ago first."""
        with self._guard:
            return [name for name, held in self._held.items() if held.model.done()]

    @property
    def size(self) -> int:
        """Bytes of the models in memory, those being loaded included."""
        with self._guard:
            return self._total()

    def _touched(self, name: str) -> _Held[M] | None:
        if name in self._held:
            self._held.move_to_end(name)
        return self._held.get(name)

    def _place(self, name: str, size: int) -> _Held[M]:
        """Make room, and take it; the caller holds the guard."""
        if size > self.budget:
            raise ModelUnavailable(
                f"{name} takes {-(-size // _MB)} MB and models may take {self.budget // _MB}; "
                f"set {BUDGET_SETTING} to {-(-size // _MB)} or more"
            )
        idle = [other for other, held in self._held.items() if held.model.done()]
        fixed = sum(held.size for held in self._held.values() if not held.model.done())
        if fixed + size > self.budget:
            raise Overloaded(f"other models are being loaded and leave no room for {name}; try again")
        for other in idle:
            if self._total() + size <= self.budget:
                break
            del self._held[other]
        self._held[name] = _Held(size, Future())
        return self._held[name]

    def _fill(self, name: str, held: _Held[M]) -> None:
        begun = perf_counter()
        try:
            model = self._load(name)
        except BaseException as failure:  # whatever ended it belongs to everybody who waits
            with self._guard:
                if self._held.get(name) is held:
                    del self._held[name]
            held.model.set_exception(failure)
        else:
            held.model.set_result(model)
            if self.observer is not None:
                self.observer.model_loaded(name, perf_counter() - begun)
        self._tell()

    def _tell(self) -> None:
        if self.observer is not None:
            self.observer.models_held(len(self.names()), self.size)

    def _total(self) -> int:
        return sum(held.size for held in self._held.values())
