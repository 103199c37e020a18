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
from socialflow.recommendation.fitting.learning import Learning, processors
from socialflow.recommendation.fitting.sequences import HeldOut

_log = logging.getLogger("socialflow.fitting")

_ROUND_STEPS = 50
"""Steps between two looks at the held-out quality, at least; small data goes through several epochs in one round."""
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
        optimiser = torch.optim.Adam(network.parameters(), lr=course.learning_rate, betas=(0.9, 0.98))
        self._learning = Learning(network, optimiser, noise, checkpoint)

    @processors()
    def run(self) -> float:
        """Learn; returns the best quality."""
        learning = self._learning
        learning.resume()
        while learning.epoch < self._course.epochs and learning.stale < self._course.patience:
            loss = self._round()
            quality = learning.look(self._task.quality)
            learning.judge(-loss if math.isnan(quality) else quality)
            _log.info("epoch %d, step %d: loss %.4f, held out %.4f", learning.epoch, learning.steps, loss, quality)
            learning.write()
        return learning.finish()

    def _round(self) -> float:
        learning = self._learning
        self._network.train()
        losses: list[float] = []
        while len(losses) < _ROUND_STEPS and learning.epoch < self._course.epochs:
            before = len(losses)
            losses.extend(learning.step(self._task.loss(batch)) for batch in self._task.batches(learning.epoch))
            learning.epoch += 1
            if len(losses) == before:
                break
        return float(np.mean(losses)) if losses else math.nan


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
