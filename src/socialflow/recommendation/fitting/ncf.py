"""Trainer of `neural_cf`: a pooled history against each item, by a product and by a small perceptron."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from socialflow.recommendation.fitting.course import Course
from socialflow.recommendation.fitting.modules import Dropout
from socialflow.recommendation.fitting.sequences import (
    HeldOut,
    Sequences,
    batches,
    hold_out,
    padded,
    sequences_of,
    windows,
)
from socialflow.recommendation.fitting.training import Trainer, checkpoint_file, held_out_ndcg, seeded
from socialflow.recommendation.interactions import FloatArray, IntArray
from socialflow.recommendation.protocol import FitData

_POSITIONS = 16
"""Labels drawn from each piece of history per pass; the perceptron looks at every pair of history and rival."""
_STEEPNESS = (0.0, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network. `rivals`: items drawn per step that every label is told from."""

    width: int
    heads: int
    hidden: int
    length: int
    dropout: float
    rivals: int


def fit(data: FitData, shape: Shape, course: Course, checkpoints: Path | None) -> dict[str, FloatArray]:
    """The arrays that `neural_cf` serves with; rows of items that nobody took are NaN."""
    every = sequences_of(data)
    taken = np.bincount(every.items, minlength=data.n_items) > 0
    kept, held = hold_out(every, course.seed)
    with seeded(course.seed):
        network = Network(shape, data.n_items, course.seed)
        task = NextOfPooled(network, kept, held, course)
        file = checkpoint_file(checkpoints, "neural_cf", (shape, course), (kept.indptr, kept.items, held.targets))
        Trainer(network, task, course, network.noise, file).run()
    with torch.no_grad():
        arrays = {name: value.numpy() for name, value in network.served().items()}
    arrays["wanted"] = np.where(taken[:, None], arrays["wanted"], np.float32(np.nan))
    return arrays


class Network(nn.Module):
    """Pools histories and compares them with items."""

    def __init__(self, shape: Shape, n_items: int, seed: int) -> None:
        super().__init__()
        self.length, self.rivals, self.noise = shape.length, shape.rivals, np.random.default_rng(seed)
        width, hidden = shape.width, shape.hidden
        self.taken, self.wanted = nn.Embedding(n_items, width), nn.Embedding(n_items, width)
        self.inner, self.bias = nn.Embedding(n_items, hidden), nn.Embedding(n_items, 1)
        for table in (self.taken, self.wanted, self.inner):
            nn.init.normal_(table.weight, std=width**-0.5 / 2)
        nn.init.zeros_(self.bias.weight)
        self.pull = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, shape.heads))
        steep = [_STEEPNESS[head % len(_STEEPNESS)] for head in range(shape.heads)]
        self.steepness = nn.Parameter(torch.tensor(steep))
        self.norm = nn.LayerNorm(width)
        self.outer = nn.Linear(width, hidden)
        self.second, self.third = nn.Linear(hidden, hidden // 2), nn.Linear(hidden // 2, 1, bias=False)
        self.dropout = Dropout(shape.dropout, self.noise)

    def pool(self, rows: Tensor, places: Tensor) -> Tensor:
        """Vectors (b, p, width) of what was taken up to each of `places` (b, p) in `rows` (b, l), right-padded."""
        vectors = self.taken(rows)
        age = places[:, None, :, None] - torch.arange(rows.shape[1])
        fading = torch.log1p(age.clamp(min=0).float()) * self.steepness[:, None, None]
        pull = self.pull(vectors).transpose(1, 2)[:, :, None]
        shares = (pull - fading).masked_fill(age < 0, -torch.inf).softmax(-1)
        parts = vectors.view(*rows.shape, len(self.steepness), -1).transpose(1, 2)
        pooled = (shares @ parts).transpose(1, 2).reshape(*places.shape, -1)
        out: Tensor = self.dropout(self.norm(pooled))
        return out

    def pairs(self, pooled: Tensor, items: Tensor) -> Tensor:
        """Scores (t, r) of items (r,) for pooled histories (t, width)."""
        inner = functional.relu(self.outer(pooled)[:, None] + self.inner(items))
        judged = self.third(functional.relu(self.second(inner)))[..., 0]
        scores: Tensor = pooled @ self.wanted(items).T + judged + self.bias(items)[:, 0]
        return scores

    def own(self, pooled: Tensor, items: Tensor) -> Tensor:
        """Scores (t,) of one item each."""
        inner = functional.relu(self.outer(pooled) + self.inner(items))
        judged = self.third(functional.relu(self.second(inner)))[:, 0]
        scores: Tensor = (pooled * self.wanted(items)).sum(1) + judged + self.bias(items)[:, 0]
        return scores

    def served(self) -> dict[str, Tensor]:
        """Weights as serving wants them: what depends on an item alone is worked out for every item."""
        state = {name: value for name, value in self.state_dict().items() if not name.startswith("pull.")}
        tables = {name: state.pop(f"{name}.weight") for name in ("taken", "wanted", "inner", "bias")}
        tables["bias"] = tables["bias"][:, 0]
        return {**state, **tables, "pull": self.pull(self.taken.weight)}


class NextOfPooled:
    """Task: tell the item taken next from items drawn from the catalogue, at some positions of each history."""

    def __init__(self, network: Network, kept: Sequences, held: HeldOut, course: Course) -> None:
        self._network, self._sequences, self._held = network, kept, held
        self._batch, self._seed = course.batch, course.seed
        self._items = np.unique(np.concatenate((kept.items, held.targets)))

    def batches(self, epoch: int) -> Iterator[list[IntArray]]:
        """Pieces of histories, each user's cut anew."""
        rng = np.random.default_rng((self._seed, epoch))
        return batches(windows(self._sequences, self._network.length, rng), self._batch, rng)

    def loss(self, batch: list[IntArray]) -> Tensor:
        """Mean cross-entropy of the next item against the drawn ones."""
        noise = self._network.noise
        rows = torch.from_numpy(padded(batch, int(self._items[0]), inputs=True))
        drawn = [noise.permutation(len(row) - 1)[:_POSITIONS] for row in batch]
        places, valid = torch.from_numpy(padded(drawn, 0)), torch.from_numpy(padded(drawn, -1) >= 0)
        pooled = self._network.pool(rows[:, :-1], places)[valid]
        targets = rows.gather(1, places + 1)[valid]
        rivals = torch.from_numpy(noise.choice(self._items, self._network.rivals))
        against = self._network.pairs(pooled, rivals).masked_fill(rivals == targets[:, None], -torch.inf)
        own = self._network.own(pooled, targets)
        return (torch.cat((own[:, None], against), 1).logsumexp(1) - own).mean()

    def quality(self) -> float:
        """NDCG@10 of the held-out items."""
        items = torch.arange(len(self._network.bias.weight))

        def scores(users: slice) -> Tensor:
            latest = [row[-self._network.length :] for row in self._held.histories[users]]
            ends = torch.tensor([len(row) - 1 for row in latest])
            pooled = self._network.pool(torch.from_numpy(padded(latest, 0)), ends[:, None])[:, 0]
            return torch.cat([self._network.pairs(pooled[row : row + 1], items) for row in range(len(pooled))])

        return held_out_ndcg(self._held, scores)
