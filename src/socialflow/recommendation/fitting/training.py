"""The one training loop: Adam, averaged weights, early stopping on held-out quality, and going on after a stop."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from socialflow.recommendation.fitting.course import Course
from socialflow.recommendation.fitting.sequences import HeldOut

_log = logging.getLogger("socialflow.fitting")

_ROUND_STEPS = 50
"""Steps between two looks at the held-out quality, at least; small data goes through several epochs in one round."""
_AVERAGING = 0.999
_LONGEST_GRADIENT = 1.0
_LOOK = 256


class Task(Protocol):
    """What is learnt, over one pass of the data after another."""

    def batches(self, epoch: int) -> Iterator[Any]:
        """The data of one pass, in an order that follows from the epoch's number."""
        ...

    def loss(self, batch: Any) -> Tensor:
        """A scalar to make small."""
        ...

    def quality(self) -> float:
        """Greater is better; measured on what is held out, with the network as it is now. NaN where nothing is."""
        ...


class Trainer:
    """Trains `network` on `task` and leaves it with the averaged weights of the best round.

    With `checkpoint` (a file) every round is written down, and a trainer of the same file goes on where it stopped;
    the caller names the file by everything that the result depends on.
    """

    def __init__(
        self,
        network: nn.Module,
        task: Task,
        course: Course,
        noise: np.random.Generator,
        checkpoint: Path | None = None,
    ) -> None:
        self._network, self._task, self._course = network, task, course
        self._noise, self._checkpoint = noise, checkpoint
        self._optimiser = torch.optim.Adam(network.parameters(), lr=course.learning_rate, betas=(0.9, 0.98))
        self._epoch, self._steps, self._stale, self._best = 0, 0, 0, -math.inf
        self._average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self._kept = {name: value.clone() for name, value in self._average.items()}

    def run(self) -> float:
        """Learn; returns the best quality."""
        self._resume()
        while self._epoch < self._course.epochs and self._stale < self._course.patience:
            loss = self._round()
            quality = self._look()
            if math.isnan(quality):
                quality = -loss
            self._stale = 0 if quality > self._best else self._stale + 1
            if self._stale == 0:
                self._best = quality
                self._kept = {name: value.clone() for name, value in self._average.items()}
            _log.info("epoch %d, step %d: loss %.4f, held out %.4f", self._epoch, self._steps, loss, quality)
            self._write()
        self._network.load_state_dict(self._kept)
        self._network.eval()
        return self._best

    def _round(self) -> float:
        self._network.train()
        losses: list[float] = []
        while len(losses) < _ROUND_STEPS and self._epoch < self._course.epochs:
            before = len(losses)
            losses.extend(self._step(batch) for batch in self._task.batches(self._epoch))
            self._epoch += 1
            if len(losses) == before:
                break
        return float(np.mean(losses)) if losses else math.nan

    def _step(self, batch: Any) -> float:
        loss = self._task.loss(batch)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), _LONGEST_GRADIENT)
        self._optimiser.step()
        self._steps += 1
        share = 1.0 - min(_AVERAGING, self._steps / (self._steps + 10.0))
        with torch.no_grad():
            for name, value in self._network.state_dict().items():
                if value.is_floating_point():
                    self._average[name].lerp_(value, share)
                else:
                    self._average[name].copy_(value)
        return float(loss.detach())

    def _look(self) -> float:
        """Quality of the averaged weights."""
        learning = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._network.load_state_dict(self._average)
        self._network.eval()
        with torch.no_grad():
            quality = self._task.quality()
        self._network.load_state_dict(learning)
        return quality

    def _write(self) -> None:
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
                "counts": [self._epoch, self._steps, self._stale],
                "best": self._best,
                "noise": self._noise.bit_generator.state,
            },
            beside,
        )
        beside.replace(self._checkpoint)

    def _resume(self) -> None:
        if self._checkpoint is None or not self._checkpoint.exists():
            return
        state = torch.load(self._checkpoint, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._average, self._kept, self._best = state["average"], state["kept"], state["best"]
        self._epoch, self._steps, self._stale = state["counts"]
        self._noise.bit_generator.state = state["noise"]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw torch's numbers from `seed` inside, and leave its global state as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def checkpoint_file(
    directory: Path | None, name: str, facts: Sequence[object], arrays: Sequence[np.ndarray]
) -> Path | None:
    """Where an equal fit writes down how far it is: named by everything that the result depends on."""
    if directory is None:
        return None
    digest = blake2b(repr((name, torch.__version__, *facts)).encode(), digest_size=12)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return directory / f"{name}-{digest.hexdigest()}.pt"


def held_out_ndcg(held: HeldOut, scores: Callable[[slice], Tensor]) -> float:
    """NDCG@10 of one held-out item per history, everything taken before left out of the ranking; NaN without any.

    `scores` gives (b, n) for a slice of b of the histories.
    """
    gains: list[float] = []
    for start in range(0, len(held.histories), _LOOK):
        users = slice(start, start + _LOOK)
        told = scores(users)
        for place, row in enumerate(held.histories[users]):
            told[place, torch.from_numpy(row)] = -torch.inf
        own = told.gather(1, torch.from_numpy(held.targets[users, None]))
        better = (told > own).sum(1)
        gains.extend(torch.where(better < 10, 1.0 / torch.log2(better + 2.0), 0.0).tolist())
    return sum(gains) / len(gains) if gains else math.nan
