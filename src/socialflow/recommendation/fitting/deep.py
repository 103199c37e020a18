"""Trainer of `deep`: what was taken, how much it was liked and after what pause, through three attention layers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from socialflow.recommendation.fitting.course import Course
from socialflow.recommendation.fitting.modules import Block, Dropout
from socialflow.recommendation.fitting.sequences import (
    HeldOut,
    Sequences,
    batches,
    hold_out,
    padded,
    sequences_of,
    windows,
)
from socialflow.recommendation.fitting.softmax import catalogue_loss, rivals
from socialflow.recommendation.fitting.training import Trainer, checkpoint_file, held_out_ndcg, seeded
from socialflow.recommendation.interactions import FloatArray, IntArray
from socialflow.recommendation.protocol import FitData

_FORGOTTEN = 0.1
"""Share of items that a step knows by category and channel alone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    width: int
    layers: int
    heads: int
    length: int
    dropout: float


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of each interaction beside its item: a bucket of weight and one of the pause before it."""

    weights: IntArray
    pauses: IntArray
    n_weights: int
    n_pauses: int


def fit(
    data: FitData, signals: Signals, shape: Shape, course: Course, checkpoints: Path | None
) -> dict[str, FloatArray]:
    """The arrays that `deep` serves with; rows of items of which nothing is known are NaN.

    `signals` stand beside `data.interactions`.
    """
    every = sequences_of(data)
    groups = groups_of(data)
    taken = np.bincount(every.items, minlength=data.n_items) > 0
    kept, held = hold_out(every, course.seed)
    with seeded(course.seed):
        network = Network(shape, data.n_items, groups, signals, course.seed)
        task = NextOfSignals(network, (every, kept, held), signals, course)
        facts = (kept.indptr, kept.items, held.targets, groups, signals.weights[every.rows], signals.pauses[every.rows])
        file = checkpoint_file(checkpoints, "deep", (shape, course), facts)
        Trainer(network, task, course, network.noise, file).run()
    with torch.no_grad():
        arrays = {name: value.numpy() for name, value in network.served(torch.from_numpy(taken)).items()}
    nothing = (~taken & ~groups.any(axis=1)) | (not taken.any())
    arrays["vectors"] = np.where(nothing[:, None], np.float32(np.nan), arrays["vectors"])
    return arrays


def groups_of(data: FitData) -> IntArray:
    """Category and channel of each item as numbers (n_items, 2); 0 where there is none. No two share a number."""
    groups = np.zeros((data.n_items, 2), np.int64)
    if data.items is not None:
        names = sorted({name for name in data.items.categories if name is not None})
        number = {name: place for place, name in enumerate(names, 1)}
        groups[data.items.ids, 0] = [0 if name is None else number[name] for name in data.items.categories]
        known, channels = np.unique(data.items.channels, return_inverse=True)
        shift = len(names) + 1 - int(np.searchsorted(known, 0))
        groups[data.items.ids, 1] = np.where(data.items.channels < 0, 0, channels + shift)
    return groups


class Network(nn.Module):
    """Vectors of items and of the histories that end at each position."""

    def __init__(self, shape: Shape, n_items: int, groups: IntArray, signals: Signals, seed: int) -> None:
        super().__init__()
        self.length, self.noise = shape.length, np.random.default_rng(seed)
        width = shape.width
        self.own = nn.Embedding(n_items, width)
        self.group = nn.Embedding(int(groups.max(initial=0)) + 1, width, padding_idx=0)
        self.weight, self.pause = nn.Embedding(signals.n_weights, width), nn.Embedding(signals.n_pauses, width)
        for table in (self.own, self.group, self.weight, self.pause):
            nn.init.normal_(table.weight, std=width**-0.5 / 2)
        nn.init.zeros_(self.group.weight[0])
        self.register_buffer("groups", torch.from_numpy(groups), persistent=False)
        self.dropout = Dropout(shape.dropout, self.noise)
        self.blocks = nn.ModuleList(Block(width, shape.heads, self.dropout) for _ in range(shape.layers))
        self.last = nn.LayerNorm(width)
        self.head, self.even, self.out = (
            nn.Linear(width, 2 * width),
            nn.BatchNorm1d(2 * width),
            nn.Linear(2 * width, width),
        )

    def vectors(self, keep: Tensor) -> Tensor:
        """Item vectors (n, width); `keep` (n,) is 0 for items to be known by category and channel alone."""
        together: Tensor = self.own.weight * keep[:, None] + self.group(self.groups).sum(1)
        return together

    def forward(self, vectors: Tensor, rows: Tensor, weights: Tensor, pauses: Tensor) -> Tensor:
        """What each position of (b, l) rows, right-padded, has heard so far: (b, l, width), before the head."""
        with torch.autocast("cpu", torch.bfloat16):
            x = (
                functional.embedding(rows, vectors) * vectors.shape[1] ** 0.5
                + self.weight(weights)
                + self.pause(pauses)
            )
            x = self.dropout(x)
            for block in self.blocks:
                x = block(x)
            hidden: Tensor = self.last(x).float()
        return hidden

    def judge(self, hidden: Tensor) -> Tensor:
        """The head: (t, width) to (t, width), to be multiplied with item vectors."""
        judged: Tensor = self.out(self.dropout(functional.relu(self.even(self.head(hidden)))))
        return judged

    def served(self, taken: Tensor) -> dict[str, Tensor]:
        """Weights as serving wants them: groups added to items, and the batch norm worked into the layer before it."""
        state = self.state_dict()
        kept = {name: state[name] for name in state if name.startswith(("blocks.", "last.", "out."))}
        gain = self.even.weight / torch.sqrt(self.even.running_var + self.even.eps)
        return {
            **kept,
            "vectors": self.vectors(taken.float()),
            "weight": self.weight.weight,
            "pause": self.pause.weight,
            "head.weight": self.head.weight * gain[:, None],
            "head.bias": (self.head.bias - self.even.running_mean) * gain + self.even.bias,
        }


class NextOfSignals:
    """Task: at every position, tell the next item from the whole catalogue."""

    def __init__(
        self, network: Network, split: tuple[Sequences, Sequences, HeldOut], signals: Signals, course: Course
    ) -> None:
        every, kept, self._held = split
        self._network, self._batch, self._seed = network, course.batch, course.seed
        self._items, self._every = kept.items, every
        self._signals = (signals.weights[kept.rows], signals.pauses[kept.rows])
        self._before = (signals.weights[every.rows], signals.pauses[every.rows])
        self._places = Sequences(kept.indptr, np.arange(len(kept.items)), kept.rows)
        self._taken = np.unique(every.items)
        self._column = np.zeros(int(self._taken.max(initial=0)) + 1, np.int64)
        self._column[self._taken] = np.arange(len(self._taken))

    def batches(self, epoch: int) -> Iterator[list[IntArray]]:
        """Pieces of histories, as places among the items; each user's cut anew."""
        rng = np.random.default_rng((self._seed, epoch))
        return batches(windows(self._places, self._network.length, rng), self._batch, rng)

    def loss(self, batch: list[IntArray]) -> Tensor:
        """Mean cross-entropy over all positions; items nobody took are no rivals.

        The first row of a piece has no row before it, in training as in serving.
        """
        noise = self._network.noise
        places, lengths = padded(batch, 0, inputs=True), torch.tensor(list(map(len, batch)))
        rows = torch.from_numpy(self._items[places])
        weights, pauses = (torch.from_numpy(signal[places[:, :-1]]) for signal in self._signals)
        pauses[:, 0] = 0
        keep = torch.from_numpy((noise.random(len(self._network.groups)) >= _FORGOTTEN).astype(np.float32))
        if not self._network.groups.any():
            keep = torch.ones_like(keep)
        vectors = self._network.vectors(keep)
        hidden = self._network(vectors, rows[:, :-1], weights, pauses)
        labelled = torch.arange(rows.shape[1] - 1)[None] < lengths[:, None] - 1
        judged = self._network.judge(hidden[labelled])
        targets = torch.from_numpy(self._column)[rows[:, 1:][labelled]]
        return catalogue_loss(judged, vectors[torch.from_numpy(self._taken)], targets, rivals(len(self._taken), noise))

    def quality(self) -> float:
        """NDCG@10 of the held-out items."""
        vectors = self._network.vectors(torch.ones(len(self._network.groups)))

        def scores(users: slice) -> Tensor:
            latest = [row[-self._network.length :] for row in self._held.places[users]]
            filled, ends = padded(latest, 0), torch.tensor([len(row) - 1 for row in latest])
            weights, pauses = (torch.from_numpy(signal[filled]) for signal in self._before)
            pauses[:, 0] = 0
            hidden = self._network(vectors, torch.from_numpy(self._every.items[filled]), weights, pauses)
            told: Tensor = self._network.judge(hidden[torch.arange(len(ends)), ends]) @ vectors.T
            return told

        return held_out_ndcg(self._held, scores)
