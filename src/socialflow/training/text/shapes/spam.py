"""Spam and ordinary texts in languages of which no public set exists, written one by one; nobody checked them twice."""

import numpy as np

from socialflow.training.text.heads import HEADS
from socialflow.training.text.records import Example, Part, Task, in_columns, joined
from socialflow.training.text.shapes import frames

SOURCE = "shapes/spam"
LANGUAGES = ("ar", "de", "es", "fr", "hi", "it", "pt")
"""Those there are texts in (ISO 639-1)."""
VALIDATION_SHARE = 0.15


def task(seed: int) -> Task:
    """What the head of spam can learn; a set a language, named "shapes/spam/es", 15 % of each for validation."""
    rng = np.random.default_rng(seed)
    train: list[Part] = []
    validation: list[Part] = []
    for language, by_label in frames.document("spam_texts").items():
        part = _part(language, by_label)
        order = rng.permutation(len(part))
        cut = round(VALIDATION_SHARE * len(part))
        validation.append(part.take(np.sort(order[:cut])))
        train.append(part.take(np.sort(order[cut:])))
    return Task(HEADS["spam"], joined(train), joined(validation))


def _part(language: str, by_label: frames.Words) -> Part:
    head = HEADS["spam"]
    examples = [Example(text, head.labels.index(label)) for label, texts in by_label.items() for text in texts]
    return in_columns(head, examples, f"{SOURCE}/{language}")
