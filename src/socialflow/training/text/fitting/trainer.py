"""Training of the text encoder with all its heads at once, in rounds, with checkpoints."""

import logging
import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from socialflow.recommendation.fitting.learning import Learning, processors
from socialflow.training.text.fitting.answers import answers
from socialflow.training.text.fitting.losses import Network, batch_loss
from socialflow.training.text.lessons import Batch, Lesson, batches, shares
from socialflow.training.text.plan import Course
from socialflow.training.text.quality import quality

_log = logging.getLogger("socialflow.training.text")

_DECAY = 0.01
_WRITTEN_EVERY = 300
"""Steps: some minutes on two cores."""


class Trainer:
    """Trains a network on lessons and leaves it with the averaged weights of the best round.

    Where heads alone learn, they stay as they were unless that made them better.

    With `checkpoint` (a file) every few minutes are written down, and a trainer of the same file goes on where it
    stopped, to the same end.
    """

    def __init__(
        self,
        network: Network,
        lessons: dict[str, Lesson],
        course: Course,
        quality: Callable[[Network], float],
        checkpoint: Path | None = None,
    ) -> None:
        self._network, self._lessons, self._course, self._quality = network, lessons, course, quality
        network.encoder.requires_grad_(course.learns != "heads")
        network.encoder.words.weight.requires_grad_(course.learns == "whole")
        self._shares = shares(lessons, course.most, course.weights)
        self._of_round = math.ceil(sum(self._shares.values()) / course.size)
        self._optimiser = torch.optim.AdamW(_groups(network, course), betas=(0.9, 0.98), fused=True)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._learning = Learning(network, self._optimiser, network.encoder.noise.generator, checkpoint)

    @property
    def steps(self) -> int:
        """Of the whole course."""
        return self._of_round * self._course.rounds

    @processors()
    def run(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> float:
        """Learn; returns the best quality. `progress` hears steps done and in all."""
        learning = self._learning
        learning.resume()
        if learning.steps == 0 and self._course.learns == "heads":
            learning.judge(learning.look(partial(self._quality, self._network)))
        while learning.steps < self.steps and learning.stale < self._course.patience:
            loss = self._round(progress)
            quality = learning.look(partial(self._quality, self._network))
            learning.judge(quality)
            _log.info("step %d of %d: loss %.4f, quality %.4f", learning.steps, self.steps, loss, quality)
            learning.write()
        return learning.finish()

    def _round(self, progress: Callable[[int, int], None]) -> float:
        """The rest of the round that the steps so far are in."""
        self._network.train()
        losses = []
        for batch in self._left():
            for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
                group["lr"] = rate * _pace(self._learning.steps / self.steps, self._course.rise)
            losses.append(self._learning.step(batch_loss(self._network, self._lessons, batch)))
            progress(self._learning.steps, self.steps)
            if self._learning.steps % _WRITTEN_EVERY == 0:
                self._learning.write()
        return float(np.mean(losses)) if losses else math.nan

    def _left(self) -> Iterator[Batch]:
        number, done = divmod(self._learning.steps, self._of_round)
        rng = np.random.default_rng((self._course.seed, number))
        return islice(batches(self._lessons, self._shares, self._course.size, rng), done, None)


def quality_of(check: Lesson) -> Callable[[Network], float]:
    """How good a network is at one lesson."""
    return lambda network: quality(check, answers(network, check))


def _pace(done: float, rise: float) -> float:
    """Share of the greatest rate when a share `done` of all steps is behind."""
    return done / rise if done < rise else (1.0 - done) / (1.0 - rise)


def _groups(network: Network, course: Course) -> list[dict[str, Any]]:
    """Parameters of the encoder and the heads, matrices apart from what must not decay."""
    groups = []
    for part, rate in ((network.encoder, course.rate), (network.heads, course.head_rate)):
        parameters: list[Tensor] = [parameter for parameter in part.parameters() if parameter.requires_grad]
        for many, decay in ((True, _DECAY), (False, 0.0)):
            chosen = [parameter for parameter in parameters if (parameter.dim() > 1) == many]
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    return groups
