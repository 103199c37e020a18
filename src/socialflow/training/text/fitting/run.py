"""A training from plan to network: lessons, encoder, heads, rounds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from socialflow.training.text.curriculum import Curriculum, curriculum, looks
from socialflow.training.text.fitting.anchor import HEAD, anchored, parted
from socialflow.training.text.fitting.losses import Heads, Network
from socialflow.training.text.fitting.network import Encoder, Noise
from socialflow.training.text.fitting.quality import qualities
from socialflow.training.text.fitting.trainer import Trainer
from socialflow.training.text.plan import Plan
from socialflow.training.text.prepare import tokeniser
from socialflow.training.text.shape import Shape

_log = logging.getLogger("socialflow.training.text")


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after training, with what it was taught by; `quality` of each head on the looks of the best round."""

    network: Network
    curriculum: Curriculum
    quality: dict[str, float]


def trained(
    plan: Plan,
    base: Path,
    data: Path,
    work: Path,
    *,
    shape: Shape | None = None,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _all: None,
) -> Trained:
    """Train by `plan`, on the public sets in `data`, from the encoder in `base` (model.safetensors, tokenizer.json).

    `work` keeps a checkpoint: called again with it, training goes on where it stopped. `progress` hears (stage, done,
    all). Raises InvalidInput.
    """
    by = tokeniser(base / "tokenizer.json")
    progress("reading", 0, 1)
    learnt = curriculum(data, by, plan)
    seen = looks(learnt.checks, learnt.tasks, by, plan)
    torch.manual_seed(plan.seed)
    noise = Noise(plan.dropout, plan.seed)
    encoder = Encoder(shape or Shape(), noise)
    encoder.load(base / "model.safetensors")
    progress("anchoring", 0, 1)
    near, seen[HEAD] = parted(anchored(encoder, learnt.lessons, plan.anchors, plan.seed), plan.checks)
    lessons = {**learnt.lessons, HEAD: near}
    learnt = Curriculum(lessons, {**learnt.checks, HEAD: seen[HEAD]}, learnt.tasks)
    network = Network(encoder, Heads(lessons, encoder.shape.width, plan.width, noise))

    def judged(one: Network) -> float:
        found = qualities(one, seen)
        _log.info("quality %s", {name: round(value, 4) for name, value in found.items()})
        return float(np.mean(list(found.values())))

    trainer = Trainer(network, lessons, plan.course, judged, work / "checkpoint.pt")
    trainer.run(lambda done, every: progress("training", done, every))
    return Trained(network, learnt, qualities(network, seen))
