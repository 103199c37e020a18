"""Heads that learn alone on the encoder of a model as it is served: minutes, where a whole training takes hours."""

from collections.abc import Collection
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from socialflow.catalogue.records import Version
from socialflow.catalogue.registry import Catalogue
from socialflow.errors import InvalidInput
from socialflow.kit.progress import Progress
from socialflow.text.bundle import ENCODER_FILE, TOKENIZER_FILE, Bundle, HeadPart
from socialflow.training.text.bias import probes
from socialflow.training.text.curriculum import Curriculum, curriculum
from socialflow.training.text.fitting.losses import Heads, Network
from socialflow.training.text.fitting.network import Encoder, Noise
from socialflow.training.text.fitting.trainer import Trainer, quality_of
from socialflow.training.text.fitting.weights import head_part, take_up
from socialflow.training.text.lessons import Lesson
from socialflow.training.text.plan import Plan
from socialflow.training.text.prepare import tokeniser
from socialflow.training.text.remaking import Revision, remade
from socialflow.training.text.shape import Shape


class Served(Encoder):
    """The encoder of a bundle in an encoder's place: it gives the vectors that are served and learns nothing."""

    def __init__(self, bundle: Bundle, noise: Noise) -> None:
        import onnxruntime

        super().__init__(Shape(vocabulary=1, width=bundle.width, layers=0, positions=1), noise)
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = bundle.directory / ENCODER_FILE
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Vectors of tokens (b, t)."""
        asked = {"input_ids": ids.cpu().numpy(), "attention_mask": mask.cpu().numpy()}
        (hidden,) = self._session.run(["hidden"], asked)
        return torch.from_numpy(np.asarray(hidden, np.float32)).to(ids.device)


def train_heads(
    plan: Plan, names: Collection[str], before: Bundle, data: Path, *, catalogue: Catalogue, progress: Progress
) -> Version:
    """Let the heads `names` learn by `plan.alone` on the encoder of `before`, and store that model with them as a
    candidate.

    Each begins where it is, or anew where its course says so; `data` is the folder of the public sets.

    Raises InvalidInput: a head that the plan has no texts for.
    """
    by = tokeniser(before.directory / TOKENIZER_FILE)
    progress("reading", 0, 1)
    learnt = curriculum(data, by, plan)
    if unknown := sorted(set(names) - set(learnt.lessons)):
        raise InvalidInput(f"no texts for a head {unknown[0]!r}; there are {', '.join(learnt.lessons)}", field="heads")
    learnt = _only(learnt, names)
    asked = probes(data, by) if "toxicity" in names else {}
    return remade(Revision(before, taught(learnt, before, plan, progress), learnt, plan, asked), catalogue, progress)


def taught(learnt: Curriculum, before: Bundle, plan: Plan, progress: Progress) -> dict[str, HeadPart]:
    """The heads of some lessons, not yet calibrated."""
    torch.manual_seed(plan.seed)
    return {
        name: _learnt(plan, lesson, learnt.checks[name], before, progress) for name, lesson in learnt.lessons.items()
    }


def _only(learnt: Curriculum, names: Collection[str]) -> Curriculum:
    return Curriculum(
        {name: learnt.lessons[name] for name in names},
        {name: learnt.checks[name] for name in names},
        {name: learnt.tasks[name] for name in names},
    )


def _learnt(plan: Plan, lesson: Lesson, check: Lesson, before: Bundle, progress: Progress) -> HeadPart:
    noise, course, old = Noise(plan.dropout, plan.seed), plan.alone(lesson.head), before.heads.get(lesson.head)
    network = Network(Served(before, noise), Heads({lesson.head: lesson}, before.width, plan.width, noise))
    if not course.anew and old is not None and old.labels == lesson.labels:
        take_up(network.heads[lesson.head], old)
    trainer = Trainer(network, {lesson.head: lesson}, course, quality_of(check))
    trainer.run(partial(progress, f"training {lesson.head}"))
    return head_part(network, lesson)
