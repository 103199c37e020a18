"""Labelled texts in columns: heads, examples, parts and tasks.

A model with many heads is trained on sets of which each knows about some heads only. A text therefore stands in the
task of every head it has a label for and in no other, and where a set knows about some labels of a head only, the rest
is masked: NaN among 0 and 1, or a label not `asked`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

import numpy as np
import numpy.typing as npt

from socialflow.text.bundle import Kind

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

PartName = Literal["train", "validation", "test"]
Stretch = tuple[int, int, int]
"""First character, the one after the last, label: offsets into the text as given."""
Target = int | tuple[float, ...] | tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A question about a text, and the answers it may have.

    `multi_class`: one of the labels. `multi_label`: any of them. `tokens`: stretches of the text, a label each. `span`:
    the label of a stretch that is given with the text. `vector`: no label, a place in space.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One text with what is known of it, as a reader yields it.

    Parameters:
        target: the place of its label (multi_class); 0, 1 or NaN per label (multi_label); stretches (tokens; exactly
            one for span).
        part: as the set was published; sets without official parts say "train" everywhere (see `sources.load`).
        group: rows of one group are never parted (videos, conversations); without one, rows of equal texts are.
    """

    text: str
    target: Target
    part: PartName = "train"
    group: str = ""


@dataclass(frozen=True, slots=True)
class Spans:
    """m labelled stretches of n texts, ordered by text: places of the texts, offsets and labels, (m,) each.

    `asked` (n, labels) tells which labels were looked for in a text: where one was not, no stretch says nothing.
    """

    rows: Ints
    starts: Ints
    ends: Ints
    labels: Ints
    asked: Bools

    def __len__(self) -> int:
        return len(self.asked)

    def take(self, rows: Ints) -> "Spans":
        """The stretches of some texts, which are numbered anew in the order given."""
        order = np.argsort(self.rows, kind="stable")
        first, last = np.searchsorted(self.rows, rows), np.searchsorted(self.rows, rows, side="right")
        picked = order[np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [rows[:0]])]
        return Spans(
            np.repeat(np.arange(len(rows)), last - first),
            self.starts[picked],
            self.ends[picked],
            self.labels[picked],
            self.asked[rows],
        )


Targets = Ints | Floats | Spans


@dataclass(frozen=True, slots=True)
class Part:
    """n texts with their targets: (n,) places of labels, (n, labels) of 0, 1 and NaN, or stretches, by the head's kind.

    `sources` names the set each text is from.
    """

    texts: list[str]
    targets: Targets
    sources: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Ints) -> "Part":
        """Some texts, in the order given.

        >>> part = Part(["good", "bad"], np.array([1, 0]), ["a", "b"]).take(np.array([1]))
        >>> part.texts, part.targets.tolist(), part.sources
        (['bad'], [0], ['b'])
        """
        targets = self.targets.take(rows) if isinstance(self.targets, Spans) else self.targets[rows]
        return Part([self.texts[row] for row in rows], targets, [self.sources[row] for row in rows])

    def plain(self) -> list[Target]:
        """Targets one by one, as examples have them."""
        if not isinstance(self.targets, Spans):
            rows = self.targets.tolist()
            return [tuple(row) for row in rows] if self.targets.ndim == 2 else rows
        spans = self.targets
        stretches: list[list[Stretch]] = [[] for _ in self.texts]
        columns = (spans.rows.tolist(), spans.starts.tolist(), spans.ends.tolist(), spans.labels.tolist())
        for row, start, end, label in zip(*columns, strict=True):
            stretches[row].append((start, end, label))
        return [tuple(one) for one in stretches]


@dataclass(frozen=True, slots=True)
class Parts:
    """A set as it is divided."""

    train: Part
    validation: Part
    test: Part


@dataclass(frozen=True, slots=True)
class Task:
    """What one head learns from, and by what it is chosen; `dropped` counts overlapping texts per set, not used."""

    head: Head
    train: Part
    validation: Part
    dropped: Mapping[str, int] = field(default_factory=dict)


def in_columns(head: Head, examples: Sequence[Example], source: str, asked: Sequence[str] | None = None) -> Part:
    """The part that holds these examples; `asked` are the labels the set knows about (all)."""
    texts = [example.text for example in examples]
    targets = [example.target for example in examples]
    return Part(texts, _targets(head, targets, asked), [source] * len(texts))


def _targets(head: Head, targets: Sequence[Target], asked: Sequence[str] | None) -> Targets:
    width = len(head.labels)
    if head.kind == "multi_class":
        return np.array(targets, np.int64)
    if head.kind == "multi_label":
        return np.array(targets, np.float32).reshape(-1, width)
    stretches = [target for target in targets if isinstance(target, tuple)]
    flat = np.array([*chain.from_iterable(stretches)], np.int64).reshape(-1, 3)
    rows = np.repeat(np.arange(len(stretches)), [len(target) for target in stretches])
    known = np.array([asked is None or label in asked for label in head.labels])
    return Spans(rows, flat[:, 0], flat[:, 1], flat[:, 2], np.tile(known, (len(stretches), 1)))


def joined(parts: Sequence[Part]) -> Part:
    """Parts of one head, one after the other (at least one)."""
    texts = [*chain.from_iterable(part.texts for part in parts)]
    sources = [*chain.from_iterable(part.sources for part in parts)]
    spans = [part.targets for part in parts if isinstance(part.targets, Spans)]
    if spans:
        return Part(texts, _joined_spans(spans), sources)
    return Part(texts, np.concatenate([part.targets for part in parts if not isinstance(part.targets, Spans)]), sources)


def _joined_spans(spans: Sequence[Spans]) -> Spans:
    before = np.cumsum([0, *(len(one) for one in spans[:-1])])
    return Spans(
        np.concatenate([one.rows + offset for one, offset in zip(spans, before, strict=True)]),
        np.concatenate([one.starts for one in spans]),
        np.concatenate([one.ends for one in spans]),
        np.concatenate([one.labels for one in spans]),
        np.concatenate([one.asked for one in spans]),
    )
