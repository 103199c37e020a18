"""A training of the text model, from plan to candidate version."""

import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from socialflow.catalogue.records import Version
from socialflow.catalogue.registry import Catalogue
from socialflow.kit.progress import Progress
from socialflow.training.text.bias import probes
from socialflow.training.text.curriculum import Curriculum, curriculum, looks
from socialflow.training.text.fitting.anchor import HEAD, anchored, parted
from socialflow.training.text.fitting.answers import answers
from socialflow.training.text.fitting.losses import Heads, Network
from socialflow.training.text.fitting.network import Encoder, Noise
from socialflow.training.text.fitting.trainer import Trainer, quality_of
from socialflow.training.text.fitting.weights import encoder_weights, head_part
from socialflow.training.text.making import Draft, made
from socialflow.training.text.plan import Plan
from socialflow.training.text.prepare import tokeniser
from socialflow.training.text.quality import quality
from socialflow.training.text.shape import shape_of

WEIGHTS_FILE, TOKENIZER_FILE, CONFIG_FILE = "model.safetensors", "tokenizer.json", "config.json"
"""Of a base: a BERT-like encoder as it is published."""
CHECKPOINT_FILE = "checkpoint.pt"

_log = logging.getLogger("socialflow.training.text")


def train_text(plan: Plan, base: Path, data: Path, work: Path, *, catalogue: Catalogue, progress: Progress) -> Version:
    """Train by `plan` from the encoder in the folder `base`, on the public sets in `data`, and store a candidate.

    `work` keeps a checkpoint: called again after a stop, training goes on where it was. Raises InvalidInput.
    """
    network, learnt = _trained(plan, base, data, work / CHECKPOINT_FILE, progress)
    heads = {name: head_part(network, lesson) for name, lesson in learnt.lessons.items()}
    asked = probes(data, tokeniser(base / TOKENIZER_FILE))
    draft = Draft(encoder_weights(network), network.encoder.shape, heads, learnt, plan, asked)
    version = made(draft, base / TOKENIZER_FILE, catalogue, progress)
    (work / CHECKPOINT_FILE).unlink()
    return version


def _trained(plan: Plan, base: Path, data: Path, checkpoint: Path, progress: Progress) -> tuple[Network, Curriculum]:
    by = tokeniser(base / TOKENIZER_FILE)
    progress("reading", 0, 1)
    learnt = curriculum(data, by, plan)
    seen = looks(learnt, by, plan)
    torch.manual_seed(plan.seed)
    noise = Noise(plan.dropout, plan.seed)
    encoder = Encoder(shape_of(base / CONFIG_FILE), noise)
    encoder.load(base / WEIGHTS_FILE)
    progress("anchoring", 0, 1)
    near, seen[HEAD] = parted(anchored(encoder, learnt.lessons, plan.anchors, plan.seed), plan.checks)
    lessons, checks = {**learnt.lessons, HEAD: near}, {**learnt.checks, HEAD: seen[HEAD]}
    network = Network(encoder, Heads(lessons, encoder.shape.width, plan.width, noise))

    def judged(one: Network) -> float:
        found = {name: quality(check, answers(one, check)) for name, check in seen.items()}
        _log.info("quality %s", {name: round(value, 4) for name, value in found.items()})
        return float(np.mean(list(found.values())))

    trainer = Trainer(network, lessons, plan.course, judged, checkpoint)
    trainer.run(lambda done, every: progress("training", done, every))
    for name, course in plan.afterwards.items():
        if course.anew:
            network.heads.update(Heads({name: lessons[name]}, encoder.shape.width, plan.width, noise))
        alone = Trainer(network, {name: lessons[name]}, course, quality_of(checks[name]))
        alone.run(partial(progress, f"training {name}"))
    return network, replace(learnt, lessons=lessons, checks=checks)
