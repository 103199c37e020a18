"""Trainer of `transformer`: causal self-attention over users' items, the next item as label at every position."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from socialflow.recommendation.fitting.content import word_vectors
from socialflow.recommendation.fitting.course import Course
from socialflow.recommendation.fitting.modules import Block, Dropout, ItemVectors
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
"""Share of items that a step knows by their words alone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    width: int
    blocks: int
    heads: int
    length: int
    dropout: float


def fit(
    data: FitData, shape: Shape, course: Course, checkpoints: Path | None
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Item vectors (n_items, width), NaN for items without interactions and words, and the network's weights."""
    every = sequences_of(data)
    words = word_vectors(data, course.seed)
    taken = np.bincount(every.items, minlength=data.n_items) > 0
    kept, held = hold_out(every, course.seed)
    with seeded(course.seed):
        network = Network(shape, data.n_items, words, course.seed)
        task = NextItem(network, kept, held, course)
        file = checkpoint_file(
            checkpoints, "transformer", (shape, course), (kept.indptr, kept.items, held.targets, words)
        )
        Trainer(network, task, course, network.noise, file).run()
    with torch.no_grad():
        keep = torch.from_numpy(taken[:, None].astype(np.float32))
        vectors = network.vectors(keep).numpy().copy()
    vectors[~taken & ~words.any(axis=1)] = np.nan
    if not taken.any():
        vectors[:] = np.nan
    weights = {name: value.numpy() for name, value in network.state_dict().items() if not name.startswith("vectors.")}
    return vectors, weights


class Network(nn.Module):
    """Vectors of items and of the histories that end at each position."""

    def __init__(self, shape: Shape, n_items: int, words: FloatArray, seed: int) -> None:
        super().__init__()
        self.length, self.noise = shape.length, np.random.default_rng(seed)
        self.vectors = ItemVectors(n_items, shape.width, words)
        self.dropout = Dropout(shape.dropout, self.noise)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads, self.dropout) for _ in range(shape.blocks))
        self.last = nn.LayerNorm(shape.width)

    def forward(self, vectors: Tensor, rows: Tensor) -> Tensor:
        """What each position of `rows` (b, l) item columns, right-padded, has heard so far: (b, l, width)."""
        with torch.autocast("cpu", torch.bfloat16):
            x = self.dropout(nn.functional.embedding(rows, vectors) * vectors.shape[1] ** 0.5)
            for block in self.blocks:
                x = block(x)
            hidden: Tensor = self.last(x).float()
        return hidden


class NextItem:
    """Task: at every position, tell the next item from the whole catalogue."""

    def __init__(self, network: Network, kept: Sequences, held: HeldOut, course: Course) -> None:
        self._network, self._sequences, self._held = network, kept, held
        self._length, self._batch, self._seed = network.length, course.batch, course.seed
        self._taken = np.unique(np.concatenate((kept.items, held.targets)))
        self._place = np.zeros(int(self._taken.max(initial=0)) + 1, np.int64)
        self._place[self._taken] = np.arange(len(self._taken))

    def batches(self, epoch: int) -> Iterator[list[IntArray]]:
        """Pieces of histories, each user's cut anew."""
        rng = np.random.default_rng((self._seed, epoch))
        return batches(windows(self._sequences, self._length, rng), self._batch, rng)

    def loss(self, batch: list[IntArray]) -> Tensor:
        """Mean cross-entropy over all positions; items nobody took are no rivals."""
        rows, lengths = (
            torch.from_numpy(padded(batch, int(self._taken[0]), inputs=True)),
            torch.tensor(list(map(len, batch))),
        )
        vectors = self._network.vectors(self._network.vectors.forget(_FORGOTTEN, self._network.noise))
        hidden = self._network(vectors, rows[:, :-1])
        labelled = torch.arange(rows.shape[1] - 1)[None] < lengths[:, None] - 1
        targets = torch.from_numpy(self._place)[rows[:, 1:][labelled]]
        sample = rivals(len(self._taken), self._network.noise)
        return catalogue_loss(hidden[labelled], vectors[torch.from_numpy(self._taken)], targets, sample)

    def quality(self) -> float:
        """NDCG@10 of the held-out items."""
        vectors = self._network.vectors()

        def scores(users: slice) -> Tensor:
            latest = [row[-self._length :] for row in self._held.histories[users]]
            hidden = self._network(vectors, torch.from_numpy(padded(latest, 0)))
            ends = torch.tensor([len(row) - 1 for row in latest])
            told: Tensor = hidden[torch.arange(len(ends)), ends] @ vectors.T
            return told

        return held_out_ndcg(self._held, scores)
