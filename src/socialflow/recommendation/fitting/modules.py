"""Pieces of networks that several trainers use; named so that `recommendation.layers` reads their weights."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


class Dropout(nn.Module):
    """Dropout whose noise is drawn by the byte: on a processor, drawing it by the float takes a third of a step."""

    def __init__(self, share: float, noise: np.random.Generator) -> None:
        super().__init__()
        self._cut, self._noise = round(share * 256), noise

    def forward(self, x: Tensor) -> Tensor:
        """A share of `x` set to zero, the rest scaled up, in training; `x` itself otherwise."""
        if not self.training or not self._cut:
            return x
        drawn = torch.frombuffer(bytearray(self._noise.bytes(x.numel())), dtype=torch.uint8)
        return x * ((drawn >= self._cut).view(x.shape) * (256.0 / (256 - self._cut)))


class Attention(nn.Module):
    """Causal self-attention that prefers what is near, by a fixed slope per head instead of positions."""

    slopes: Tensor

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.register_buffer("slopes", 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads))

    def forward(self, x: Tensor) -> Tensor:
        """x (b, l, width) to the same shape."""
        rows, steps, width = x.shape
        parts = self.inward(x).view(rows, steps, 3, self._heads, width // self._heads).permute(2, 0, 3, 1, 4)
        places = torch.arange(steps)
        distance = (places[:, None] - places).float()
        bias = (-distance * self.slopes[:, None, None]).masked_fill(distance < 0, -torch.inf)
        with torch.autocast("cpu", enabled=False):  # torch's attention is slower in bfloat16 here
            query, key, value = parts.float()
            mixed = functional.scaled_dot_product_attention(query, key, value, bias[None])
        out: Tensor = self.outward(mixed.transpose(1, 2).reshape(rows, steps, width))
        return out


class Block(nn.Module):
    """A causal pre-norm transformer block."""

    def __init__(self, width: int, heads: int, dropout: Dropout) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.dropout = Attention(width, heads), dropout
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x (b, l, width) to the same shape."""
        x = x + self.dropout(self.attention(self.before(x)))
        out: Tensor = x + self.dropout(self.down(functional.relu(self.up(self.between(x)))))
        return out


class ItemVectors(nn.Module):
    """A learnt vector per item, and a projection of what is written about it where there is an item table."""

    words: Tensor

    def __init__(self, n_items: int, width: int, words: np.ndarray) -> None:
        super().__init__()
        self.own = nn.Embedding(n_items, width)
        nn.init.normal_(self.own.weight, std=width**-0.5 / 2)
        self.register_buffer("words", torch.from_numpy(words), persistent=False)
        self.project = nn.Linear(words.shape[1], width, bias=False) if words.shape[1] else None

    def forward(self, keep: Tensor | None = None) -> Tensor:
        """Vectors (n, width); `keep` (n, 1) is 0 for items to be known by their words alone."""
        own = self.own.weight if keep is None else self.own.weight * keep
        return own if self.project is None else own + self.project(self.words)

    def forget(self, share: float, noise: np.random.Generator) -> Tensor | None:
        """`keep` with a drawn share of zeros, so that words learn to stand alone; None without words."""
        if self.project is None:
            return None
        return torch.from_numpy((noise.random((len(self.words), 1)) >= share).astype(np.float32))
