"""Training of the text encoder with all its heads at once, in rounds, with checkpoints."""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from socialflow.training.text.fitting.losses import Network, batch_loss
from socialflow.training.text.lessons import Batch, Lesson, batches, shares

_log = logging.getLogger("socialflow.training.text")

_AVERAGING = 0.999
_LONGEST_GRADIENT = 1.0
_DECAY = 0.01
_WRITTEN_EVERY = 300
"""Steps: some minutes on two cores."""


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to learn.

    Parameters:
        rounds: passes; a large set gives a part of itself to each (`lessons.shares`).
        size: texts of a step.
        rate, head_rate: greatest learning rates of the encoder and of the heads; both rise over `rise` of all steps and
            fall evenly to 0.
        most: texts of a set that count fully in a round.
        weights: by head, how much more or less often than others its texts are drawn.
        patience: rounds without a better quality after which learning ends.
    """

    rounds: int = 4
    size: int = 64
    rate: float = 1e-4
    head_rate: float = 1e-3
    rise: float = 0.06
    most: int = 8000
    weights: dict[str, float] = field(default_factory=dict)
    patience: int = 3
    seed: int = 0


class Trainer:
    """Trains a network on lessons and leaves it with the averaged weights of the best round.

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
        self._network, self._lessons, self._course = network, lessons, course
        self._quality, self._checkpoint = quality, checkpoint
        self._shares = shares(lessons, course.most, course.weights)
        self._of_round = math.ceil(sum(self._shares.values()) / course.size)
        self._optimiser = torch.optim.AdamW(_groups(network, course), betas=(0.9, 0.98), fused=True)
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._steps, self._stale, self._best = 0, 0, -math.inf
        self._average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self._kept = dict(self._average)

    @property
    def steps(self) -> int:
        """Of the whole course."""
        return self._of_round * self._course.rounds

    def run(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> float:
        """Learn; returns the best quality. `progress` hears steps done and in all."""
        self._resume()
        while self._steps < self.steps and self._stale < self._course.patience:
            loss = self._round(progress)
            quality = self._look()
            self._stale = 0 if quality > self._best else self._stale + 1
            if self._stale == 0:
                self._best = quality
                self._kept = {name: value.clone() for name, value in self._average.items()}
            _log.info("step %d of %d: loss %.4f, quality %.4f", self._steps, self.steps, loss, quality)
            self._write()
        self._network.load_state_dict(self._kept)
        self._network.eval()
        return self._best

    def _round(self, progress: Callable[[int, int], None]) -> float:
        """The rest of the round that the steps so far are in."""
        self._network.train()
        losses = []
        for batch in self._left():
            losses.append(self._step(batch))
            progress(self._steps, self.steps)
            if self._steps % _WRITTEN_EVERY == 0:
                self._write()
        return float(np.mean(losses)) if losses else math.nan

    def _left(self) -> Iterator[Batch]:
        number, done = divmod(self._steps, self._of_round)
        rng = np.random.default_rng((self._course.seed, number))
        for place, batch in enumerate(batches(self._lessons, self._shares, self._course.size, rng)):
            if place >= done:
                yield batch

    def _step(self, batch: Batch) -> float:
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * _pace(self._steps / self.steps, self._course.rise)
        loss = batch_loss(self._network, self._lessons, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), _LONGEST_GRADIENT)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self._steps += 1
        share = 1.0 - min(_AVERAGING, self._steps / (self._steps + 10.0))
        with torch.no_grad():
            learning = self._network.state_dict()
            names = list(self._average)
            torch._foreach_lerp_([self._average[name] for name in names], [learning[name] for name in names], share)
        return float(loss.detach())

    def _look(self) -> float:
        """Quality of the averaged weights."""
        learning = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._network.load_state_dict(self._average)
        self._network.eval()
        with torch.no_grad():
            quality = self._quality(self._network)
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
                "counts": [self._steps, self._stale],
                "best": self._best,
                "noise": self._network.encoder.noise.generator.bit_generator.state,
            },
            beside,
        )
        beside.replace(self._checkpoint)

    def _resume(self) -> None:
        if self._checkpoint is None or not self._checkpoint.exists():
            return
        state: dict[str, Any] = torch.load(self._checkpoint, weights_only=True)
        self._network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._average, self._kept, self._best = state["average"], state["kept"], state["best"]
        self._steps, self._stale = state["counts"]
        self._network.encoder.noise.generator.bit_generator.state = state["noise"]


def _pace(done: float, rise: float) -> float:
    """Share of the greatest rate when a share `done` of all steps is behind."""
    return done / rise if done < rise else (1.0 - done) / (1.0 - rise)


def _groups(network: Network, course: Course) -> list[dict[str, Any]]:
    """Parameters of the encoder and the heads, matrices apart from what must not decay."""
    groups = []
    for part, rate in ((network.encoder, course.rate), (network.heads, course.head_rate)):
        parameters: list[Tensor] = list(part.parameters())
        for many, decay in ((True, _DECAY), (False, 0.0)):
            chosen = [parameter for parameter in parameters if (parameter.dim() > 1) == many]
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    return groups
