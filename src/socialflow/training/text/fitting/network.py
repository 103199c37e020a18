"""The text encoder and its heads.

Named as the checkpoints of BERT-like encoders are taken apart: `Encoder.load` reads such weights (safetensors).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from socialflow.errors import InvalidInput
from socialflow.text.casing import CASES
from socialflow.training.text.shape import Shape


class Noise(nn.Module):
    """Dropout whose noise is drawn by the byte: on a processor, drawing it by the float takes a tenth of a step."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._cut, self.generator = round(share * 256), np.random.default_rng(seed)

    def forward(self, x: Tensor) -> Tensor:
        """A share of `x` set to zero, the rest scaled up, in training; `x` itself otherwise."""
        if not self.training or not self._cut:
            return x
        drawn = torch.frombuffer(bytearray(self.generator.bytes(x.numel())), dtype=torch.uint8).to(x.device)
        return x * ((drawn >= self._cut).view(x.shape) * (256.0 / (256 - self._cut))).to(x.dtype)


class Layer(nn.Module):
    """Self-attention and a perceptron, each with a normalised residual after it (Vaswani et al., NeurIPS 2017)."""

    def __init__(self, shape: Shape, noise: Noise) -> None:
        super().__init__()
        self._heads, width = shape.heads, shape.width
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, shape.inner), nn.Linear(shape.inner, width)
        self.after_attention, self.after_all = (nn.LayerNorm(width, eps=1e-12) for _ in range(2))
        self.noise = noise

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """x (b, t, width) to the same shape; `real` (b, 1, 1, t) says which tokens are no padding."""
        rows, steps, width = x.shape
        query, key, value = self.inward(x).view(rows, steps, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        # Written out: torch's fused attention takes a third of a step more on a processor.
        likeness = query @ key.transpose(-1, -2) * (width // self._heads) ** -0.5
        shares = likeness.masked_fill(~real, -1e4).softmax(-1).to(value.dtype)
        mixed = (shares @ value).transpose(1, 2).reshape(rows, steps, width)
        x = self.after_attention(x + self.noise(self.outward(mixed)))
        out: Tensor = self.after_all(x + self.noise(self.down(functional.gelu(self.up(x)))))
        return out


class Encoder(nn.Module):
    """Tokens (b, t) to vectors (b, t, width)."""

    def __init__(self, shape: Shape, noise: Noise) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.vocabulary, shape.width)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.first = nn.LayerNorm(shape.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(shape, noise) for _ in range(shape.layers))
        self.noise = noise

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors of tokens (b, t); `mask` (b, t) is 1 for real ones."""
        x = self.noise(self.first(self.words(ids) + self.places.weight[: ids.shape[1]]))
        real = mask[:, None, None].bool()
        for layer in self.layers:
            x = layer(x, real)
        return x

    def load(self, weights: Path) -> None:
        """Take up the weights of a BERT-like encoder of this shape (safetensors). Raises InvalidInput."""
        from safetensors.torch import load_file

        found = {name.removeprefix("bert."): value for name, value in load_file(weights).items()}
        try:
            self.load_state_dict(renamed(found, self.shape.layers))
        except (KeyError, RuntimeError) as problem:
            raise InvalidInput(f"{weights} holds no encoder of this shape: {problem}", field="base") from problem


def renamed(found: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Weights under our names; the type embedding of first sentences, which all of ours are, joins the places."""
    state = {
        "words.weight": found["embeddings.word_embeddings.weight"],
        "places.weight": found["embeddings.position_embeddings.weight"]
        + found["embeddings.token_type_embeddings.weight"][0],
    }
    for part in ("weight", "bias"):
        state[f"first.{part}"] = found[f"embeddings.LayerNorm.{part}"]
        for number in range(layers):
            theirs, ours = f"encoder.layer.{number}", f"layers.{number}"
            three = (found[f"{theirs}.attention.self.{name}.{part}"] for name in ("query", "key", "value"))
            state[f"{ours}.inward.{part}"] = torch.cat(list(three))
            state[f"{ours}.outward.{part}"] = found[f"{theirs}.attention.output.dense.{part}"]
            state[f"{ours}.after_attention.{part}"] = found[f"{theirs}.attention.output.LayerNorm.{part}"]
            state[f"{ours}.up.{part}"] = found[f"{theirs}.intermediate.dense.{part}"]
            state[f"{ours}.down.{part}"] = found[f"{theirs}.output.dense.{part}"]
            state[f"{ours}.after_all.{part}"] = found[f"{theirs}.output.LayerNorm.{part}"]
    return state


class Pooled(nn.Module):
    """A head for whole texts: its own attention over the tokens, then a perceptron."""

    def __init__(self, width: int, inner: int, labels: int, noise: Noise) -> None:
        super().__init__()
        self.pool = nn.Parameter(torch.zeros(width))
        self.inward, self.outward = nn.Linear(width, inner), nn.Linear(inner, labels)
        self.noise = noise

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Logits (b, labels)."""
        pooled = attended(hidden, functional.linear(hidden, self.pool[None])[..., 0], mask)
        logits: Tensor = self.outward(self.noise(functional.gelu(self.inward(self.noise(pooled)), approximate="tanh")))
        return logits


class Tagged(nn.Module):
    """A head for every token, which also sees how its word is written."""

    def __init__(self, width: int, inner: int, labels: int, noise: Noise) -> None:
        super().__init__()
        self.inward, self.outward = nn.Linear(width, inner), nn.Linear(inner, labels)
        self.case = nn.Embedding(len(CASES), inner)
        nn.init.zeros_(self.case.weight)
        self.noise = noise

    def forward(self, hidden: Tensor, mask: Tensor, cases: Tensor) -> Tensor:
        """Logits (b, t, labels); `cases` (b, t) are places in `casing.CASES`."""
        del mask
        inner = self.inward(self.noise(hidden)) + self.case(cases)
        logits: Tensor = self.outward(self.noise(functional.gelu(inner, approximate="tanh")))
        return logits


class Spanned(nn.Module):
    """A head for a stretch of the text: what the stretch attends to, beside the stretch itself."""

    def __init__(self, width: int, inner: int, labels: int, noise: Noise) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.inward, self.outward = nn.Linear(2 * width, inner), nn.Linear(inner, labels)
        self.noise = noise

    def forward(self, hidden: Tensor, mask: Tensor, spans: Tensor) -> Tensor:
        """Logits (b, labels); `spans` (b, t) is 1 for the tokens of the stretch."""
        inside = spans.to(hidden.dtype)
        span = (hidden * inside[..., None]).sum(1) / inside.sum(1, keepdim=True).clamp_min(1.0)
        context = attended(hidden, (hidden * self.query(span)[:, None]).sum(-1), mask)
        both = self.noise(torch.cat((span, context), dim=-1))
        logits: Tensor = self.outward(self.noise(functional.gelu(self.inward(both), approximate="tanh")))
        return logits


class Vector(nn.Module):
    """The sentence embedding: the mean of the tokens, turned, of length 1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.turn = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.turn.weight)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Vectors (b, width)."""
        real = mask.to(hidden.dtype)[..., None]
        mean = (hidden * real).sum(1) / real.sum(1)
        return functional.normalize(self.turn(mean), dim=-1)


def attended(hidden: Tensor, likeness: Tensor, mask: Tensor) -> Tensor:
    """Mean of tokens (b, t, width), (b, width), by the softmax of ``likeness / sqrt(width)`` over the real ones."""
    scaled = likeness * hidden.shape[-1] ** -0.5
    shares = scaled.masked_fill(mask == 0, -1e4).softmax(-1).to(hidden.dtype)
    return (shares[:, None] @ hidden)[:, 0]
