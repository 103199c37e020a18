"""Generated rows as the tasks of heads."""

from collections.abc import Sequence

import numpy as np

from socialflow.training.text.heads import HEADS
from socialflow.training.text.records import Example, Head, Part, Target, Task, in_columns
from socialflow.training.text.shapes import Kind, Row, rows

KINDS: tuple[Kind, ...] = ("harm", "category", "intent")
VALIDATION_SHARE = 0.1


def tasks(seed: int) -> dict[str, Task]:
    """By head: what it can learn from generated text; a tenth of the frames, unseen in training, are for validation."""
    rng = np.random.default_rng(seed)
    found: dict[str, Task] = {}
    for kind in KINDS:
        generated = rows(kind, seed)
        frames = sorted({row.frame for row in generated})
        held = {
            frame for frame, chance in zip(frames, rng.random(len(frames)), strict=True) if chance < VALIDATION_SHARE
        }
        for name in sorted({head for row in generated for head in row.labels}):
            told = [row for row in generated if name in row.labels]
            train, validation = ([row for row in told if (row.frame in held) == side] for side in (False, True))
            source = f"shapes/{kind}"
            found[name] = Task(HEADS[name], _part(HEADS[name], train, source), _part(HEADS[name], validation, source))
    return found


def _part(head: Head, told: Sequence[Row], source: str) -> Part:
    return in_columns(head, [Example(row.text, _target(head, row.labels[head.name])) for row in told], source)


def _target(head: Head, labels: Sequence[str]) -> Target:
    if head.kind == "multi_label":
        return tuple(float(label in labels) for label in head.labels)
    (label,) = labels
    return head.labels.index(label)
