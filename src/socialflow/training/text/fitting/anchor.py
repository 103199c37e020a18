"""The sentence vector's own lesson: to stay where the base encoder has it."""

from collections.abc import Mapping

import numpy as np

from socialflow.training.text.fitting.answers import answers
from socialflow.training.text.fitting.losses import Heads, Network
from socialflow.training.text.fitting.network import Encoder, Noise
from socialflow.training.text.lessons import IntArray, Lesson, drawn, tokens_of

HEAD = "sentence"


def anchored(encoder: Encoder, lessons: Mapping[str, Lesson], count: int, seed: int) -> Lesson:
    """`count` texts of the lessons, as many of each as there are, with the mean token vectors of `encoder` as it is
    now, of length 1."""
    tokens = drawn(lessons, count, np.random.default_rng(seed))
    width = encoder.shape.width
    unknown = Lesson(HEAD, "vector", (), tokens, np.zeros((len(tokens), width), np.float32))
    network = Network(encoder, Heads({HEAD: unknown}, width, 1, Noise(0.0, 0)))
    network.eval()
    targets = answers(network, unknown)
    return Lesson(HEAD, "vector", (), tokens, targets / np.linalg.norm(targets, axis=1, keepdims=True))


def parted(lesson: Lesson, checks: int) -> tuple[Lesson, Lesson]:
    """A vector lesson without its last `checks` texts, and those."""
    cut = len(lesson) - checks
    return _rows(lesson, np.arange(cut)), _rows(lesson, np.arange(cut, len(lesson)))


def _rows(lesson: Lesson, rows: IntArray) -> Lesson:
    tokens = tokens_of([lesson.tokens.row(row) for row in rows.tolist()])
    return Lesson(lesson.head, lesson.kind, lesson.labels, tokens, lesson.targets[rows])
