"""A network as it learns, whatever it learns: averaged weights, the best of them, and going on after a stop."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from socialflow.recommendation.cooccurrence import threads

_AVERAGING = 0.999
_LONGEST_GRADIENT = 1.0


@contextmanager
def processors() -> Iterator[None]:
    """As many threads as a fit uses inside: the command line holds numeric libraries to one, for those who serve."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Learning:
    """Steps of `network` by `optimiser`, with the average of its weights beside it.

    `epoch`, `steps`: passes of the data and steps behind it; `stale`: looks since the `best` quality. With `checkpoint`
    (a file) `write` notes everything that what follows depends on, the state of `noise` too, and `resume` takes it up.
    """

    def __init__(
        self,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        noise: np.random.Generator,
        checkpoint: Path | None = None,
    ) -> None:
        self._network, self._optimiser = network, optimiser
        self._noise, self._checkpoint = noise, checkpoint
        self.epoch, self.steps, self.stale, self.best = 0, 0, 0, -math.inf
        self._average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self._kept = {name: value.clone() for name, value in self._average.items()}

    def step(self, loss: Tensor) -> float:
        """Make `loss` smaller by one step; returns it."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), _LONGEST_GRADIENT)
        self._optimiser.step()
        self.steps += 1
        share = 1.0 - min(_AVERAGING, self.steps / (self.steps + 10.0))
        with torch.no_grad():
            for name, value in self._network.state_dict().items():
                if value.is_floating_point():
                    self._average[name].lerp_(value, share)
                else:
                    self._average[name].copy_(value)
        return float(loss.detach())

    def look(self, quality: Callable[[], float]) -> float:
        """Quality of the averaged weights."""
        learning = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._network.load_state_dict(self._average)
        self._network.eval()
        with torch.no_grad():
            found = quality()
        self._network.load_state_dict(learning)
        return found

    def judge(self, quality: float) -> None:
        """Keep the averaged weights where they are the best so far."""
        self.stale = 0 if quality > self.best else self.stale + 1
        if self.stale == 0:
            self.best = quality
            self._kept = {name: value.clone() for name, value in self._average.items()}

    def finish(self) -> float:
        """Leave the network with the best weights; returns their quality."""
        self._network.load_state_dict(self._kept)
        self._network.eval()
        return self.best

    def write(self) -> None:
        """Note how far it is, in whole or not at all."""
        if self._checkpoint is None:
            return
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        beside = self._checkpoint.with_suffix(".part")
        torch.save(
            {
                "network": self._network.state_dict(),
                "optimiser": self._optimiser.state_dict(),
                "average": self._average,
                "kept": self._kept,
                "counts": [self.epoch, self.steps, self.stale],
                "best": self.best,
                "noise": self._noise.bit_generator.state,
            },
            beside,
        )
        beside.replace(self._checkpoint)

    def resume(self) -> None:
        """Go on where the file says, if there is one."""
        if self._checkpoint is None or not self._checkpoint.exists():
            return
        state: dict[str, Any] = torch.load(self._checkpoint, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._average, self._kept, self.best = state["average"], state["kept"], state["best"]
        self.epoch, self.steps, self.stale = state["counts"]
        self._noise.bit_generator.state = state["noise"]
