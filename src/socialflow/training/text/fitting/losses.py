"""What each kind of head is taught by."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from socialflow.training.text.fitting.network import Encoder, Noise, Pooled, Spanned, Tagged, Vector
from socialflow.training.text.lessons import UNTOLD, Batch, Lesson, Part, padded

VECTOR_WEIGHT = 10.0
"""A cosine lost counts as much as ten nats: it is small where a sentence vector stays near its target."""
_STRANGERS, _SHARPNESS = 1024, 20.0
"""Targets of other texts that a vector must be farther from than from its own, and what cosines are multiplied by."""
SMOOTHING = 0.05
"""Share of certainty that single labels give up: many of them are one annotator's word."""


class Heads(nn.ModuleDict):
    """The heads of a set of lessons."""

    def __init__(self, lessons: dict[str, Lesson], width: int, inner: int, noise: Noise) -> None:
        super().__init__({name: _head(lesson, width, inner, noise) for name, lesson in lessons.items()})


class Network(nn.Module):
    """The encoder and its heads."""

    def __init__(self, encoder: Encoder, heads: Heads) -> None:
        super().__init__()
        self.encoder, self.heads = encoder, heads

    def logits(self, hidden: Tensor, mask: Tensor, lesson: Lesson, part: Part) -> Tensor:
        """What one head says of its rows of a batch."""
        places = torch.from_numpy(part.places).to(hidden.device)
        asked = [hidden[places], mask[places]]
        if lesson.spans is not None:
            asked.append(torch.from_numpy(_inside(lesson.spans[part.texts], hidden.shape[1])).to(hidden.device))
        if lesson.cases is not None:
            cases = padded(lesson, lesson.cases, part.texts, hidden.shape[1], 0)
            asked.append(torch.from_numpy(cases).to(hidden.device))
        told: Tensor = self.heads[lesson.head](*asked)
        return told


def loss_of(told: Tensor, lesson: Lesson, part: Part) -> Tensor:
    """Mean loss over the rows of one head; `told` is what it says of them."""
    told = told.float()
    if lesson.kind == "vector":
        wanted = torch.from_numpy(lesson.targets[part.texts]).to(told.device)
        strangers = torch.from_numpy(lesson.targets[:_STRANGERS]).to(told.device)
        return _of_vectors(told, wanted, strangers)
    if lesson.kind == "multi_label":
        return _told_of(told, torch.from_numpy(lesson.targets[part.texts]).to(told.device))
    if lesson.kind == "tokens":
        return _of_tags(told, lesson, part)
    labels = torch.from_numpy(lesson.targets[part.texts]).to(told.device)
    return functional.cross_entropy(told, labels, label_smoothing=SMOOTHING)


def _of_vectors(told: Tensor, wanted: Tensor, strangers: Tensor) -> Tensor:
    """To be where it should, and nearer to that than to other texts' places (InfoNCE: van den Oord et al., 2018)."""
    own = (told * wanted).sum(-1, keepdim=True)
    same = (wanted @ strangers.T) > 0.999
    others = (told @ strangers.T).masked_fill(same, -1.0)
    contrast = torch.cat((own, others), dim=1) * _SHARPNESS
    return (1.0 - own).mean() * VECTOR_WEIGHT - contrast.log_softmax(dim=1)[:, 0].mean()


def _told_of(told: Tensor, wanted: Tensor) -> Tensor:
    """Binary cross-entropy, summed over the labels that are told of, averaged over rows."""
    known = ~torch.isnan(wanted)
    each = functional.binary_cross_entropy_with_logits(told, torch.nan_to_num(wanted), reduction="none")
    return (each * known).sum() / len(told)


def _of_tags(told: Tensor, lesson: Lesson, part: Part) -> Tensor:
    wanted = torch.from_numpy(padded(lesson, lesson.targets, part.texts, told.shape[1], UNTOLD)).to(told.device)
    if lesson.asked is not None:
        unasked = torch.from_numpy(~lesson.asked[part.texts]).to(told.device)
        told = told.masked_fill(unasked[:, None], -1e4)
    return functional.cross_entropy(told.flatten(0, 1), wanted.flatten(), ignore_index=UNTOLD)


def _head(lesson: Lesson, width: int, inner: int, noise: Noise) -> nn.Module:
    if lesson.kind == "vector":
        return Vector(width)
    made = {"tokens": Tagged, "span": Spanned}.get(lesson.kind, Pooled)
    return made(width, inner, len(lesson.labels), noise)


def _inside(spans: np.ndarray, steps: int) -> np.ndarray:
    places = np.arange(steps)
    inside: np.ndarray = (places >= spans[:, :1]) & (places < spans[:, 1:])
    return inside


def batch_loss(network: Network, lessons: dict[str, Lesson], batch: Batch) -> Tensor:
    """Of one encoding of all texts of a batch, the heads' losses weighted by how many rows are theirs."""
    device = network.encoder.words.weight.device
    ids, mask = torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.mask).to(device)
    with torch.autocast(device.type, torch.bfloat16):
        hidden = network.encoder(ids, mask)
        told = [network.logits(hidden, mask, lessons[part.head], part) for part in batch.parts]
    losses = [
        loss_of(one, lessons[part.head], part) * len(part.places) for one, part in zip(told, batch.parts, strict=True)
    ]
    return torch.stack(losses).sum() / len(batch.ids)
