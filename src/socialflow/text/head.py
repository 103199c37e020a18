"""What heads have in common: from what the graph of a bundle says of windows to probabilities, spans and vectors.

b windows of t tokens, vectors of width d; ``gelu(x) = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.text.bundle import FloatArray, HeadPart, Kind
from socialflow.text.encoder import Encoded
from socialflow.text.reading import Window
from socialflow.text.records import Choice, Combination, Detection, Record, Span, Spans

_LINEAR = np.float32(np.sqrt(2 / np.pi))
_CUBED = np.float32(0.044715 * np.sqrt(2 / np.pi))

R_co = TypeVar("R_co", bound=Record, covariant=True)
F = TypeVar("F")


class Head(ABC, Generic[R_co, F]):
    """One question to a text. `look` finds something in every window, `answer` makes one record of a text's windows.

    A model's part may lack labels of a multi_label head: it says nothing of them.

    A head's file gives `name`, `labels` (empty: those of the taxonomy it was trained on), `combination` and what the
    figures mean; the arithmetic is the graph's, which `training.text.heads_export` writes.
    """

    name: ClassVar[str]
    kind: ClassVar[Kind]
    labels: ClassVar[tuple[str, ...]]
    combination: ClassVar[Combination]

    def __init__(self, part: HeadPart) -> None:
        known = part.labels == self.tags() or (part.kind == "multi_label" and set(part.labels) <= set(self.tags()))
        if part.kind != self.kind or (self.labels and not known):
            raise ArtefactError(f"the model's head {self.name} is {part.kind} of {', '.join(part.labels)}")
        self._part = part

    @classmethod
    def tags(cls) -> tuple[str, ...]:
        """What the last layer tells apart: the labels."""
        return cls.labels

    @abstractmethod
    def look(self, batch: Encoded) -> Iterable[F]:
        """What is found in each window of a batch."""

    @abstractmethod
    def answer(self, windows: Sequence[Window], found: Sequence[F]) -> R_co:
        """One record from what `look` found in each window, one at least, of a text."""


class Pooled(Head[R_co, list[float]]):
    """Labels for a whole text: ``(gelu(p W1 + b1) W2 + b2) / temperature`` of a mean ``p`` of its tokens by attention.

    ``p = sum_t a_t hidden_t``, ``a = softmax(hidden . pool / sqrt(d))`` over the tokens that are not padding.
    """

    @abstractmethod
    def record(self, probabilities: Sequence[float]) -> R_co:
        """What probabilities (labels,) say; what stands behind them says nothing."""

    @abstractmethod
    def _most_harmful(self, found: FloatArray) -> FloatArray:
        """Of probabilities (windows, labels) those (labels,) that `Combination.MAX` tells."""

    @property
    def part(self) -> HeadPart:
        """What a model holds of the head."""
        return self._part

    def look(self, batch: Encoded) -> Iterable[list[float]]:
        """Probabilities (labels,) of each window, and behind them what is nobody's."""
        return batch.told.chances[self.name]

    def answer(self, windows: Sequence[Window], found: Sequence[list[float]]) -> R_co:
        """By the head's combination."""
        if len(found) == 1:
            return self.record(found[0])
        rows = np.array(found, np.float32)[:, : len(self._part.labels)]
        return self.combined(rows, [len(window.ids) for window in windows])

    def combined(self, rows: FloatArray, lengths: Sequence[int]) -> R_co:
        """One record from probabilities (windows, labels) of windows of these lengths, by the head's combination."""
        if len(rows) == 1:
            return self.record(rows[0].tolist())
        whole = self._most_harmful(rows) if self.combination is Combination.MAX else mean(lengths, rows)
        return self.record(whole.tolist())

    def named(self, probabilities: Sequence[float]) -> Mapping[str, float]:
        """Label -> probability."""
        return dict(zip(self._part.labels, probabilities, strict=False))


AnyHead = Head[Record, Any]
"""What one finds is read by itself alone."""


class MultiClass(Pooled[R_co]):
    """One of several labels: softmax. Where the worst window decides, the first label is the harmless one."""

    kind = "multi_class"

    def _most_harmful(self, found: FloatArray) -> FloatArray:
        worst: FloatArray = found[found[:, 0].argmin()]
        return worst


class ChoiceHead(MultiClass[Choice]):
    """Which of several."""

    def record(self, probabilities: Sequence[float]) -> Choice:
        """The most probable label."""
        return Choice.of(self.named(probabilities))


class DetectionHead(MultiClass[Detection]):
    """Whether something is there: the second of two labels."""

    def record(self, probabilities: Sequence[float]) -> Detection:
        """Found where it is the likelier of the two."""
        return Detection.of(probabilities[1])


class MultiLabel(Pooled[R_co]):
    """Any of several labels: a sigmoid each, against a threshold each."""

    kind = "multi_label"

    def __init__(self, part: HeadPart) -> None:
        super().__init__(part)
        self._thresholds: list[float] = part.thresholds.tolist()

    def _most_harmful(self, found: FloatArray) -> FloatArray:
        most: FloatArray = found.max(axis=0)
        return most

    def above(self, probabilities: Sequence[float]) -> tuple[str, ...]:
        """Labels at or above their threshold."""
        told = zip(self._part.labels, probabilities, self._thresholds, strict=False)
        return tuple(label for label, probability, threshold in told if probability >= threshold)


class SpansHead(Head[Spans, FloatArray]):
    """Labelled stretches: ``logits_t = gelu(hidden_t W1 + b1 + case_t) W2 + b2`` over O and, for each label, B- and I-.

    A stretch begins at B-, or at I- after something else; the pieces of a word go with its first. A stretch in which
    windows overlap is joined.
    """

    kind = "tokens"
    combination = Combination.UNION

    @classmethod
    def tags(cls) -> tuple[str, ...]:
        """As `bio`."""
        return bio(cls.labels)

    def look(self, batch: Encoded) -> Iterable[FloatArray]:
        """Logits (t, tags) of each window, with those of padding behind."""
        return batch.told.arrays[self.name]

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> Spans:
        """What any window found."""
        tagged = zip(windows, found, strict=True)
        return Spans(joined([span for window, row in tagged for span in self._spans(window, row)]))

    def _spans(self, window: Window, found: FloatArray) -> list[Span]:
        spans: list[Span] = []
        found = found[: len(window.ids)]
        tags = found.argmax(axis=1).tolist()
        if not any(tags):
            return spans
        scores = softmax(found).max(axis=1).tolist()
        inside: list[int] = []  # places of the stretch that is being read
        for place in range(1, len(tags)):  # the last is the mark at the end: what is open closes
            if window.words[place] == window.words[place - 1]:
                tags[place] = tags[place - 1] + tags[place - 1] % 2  # after B- comes I-, after others the same
            tag = tags[place] if window.starts[place] >= 0 else 0
            goes_on = bool(inside) and tag > 0 and tag % 2 == 0 and tag // 2 == (tags[inside[0]] + 1) // 2
            if inside and not goes_on:
                label = self.labels[(tags[inside[0]] - 1) // 2]
                score = sum(scores[one] for one in inside) / len(inside)
                spans.append(Span(window.starts[inside[0]], window.ends[inside[-1]], label, score))
                inside = []
            if tag > 0:
                inside.append(place)
        return spans


def bio(labels: Sequence[str]) -> tuple[str, ...]:
    """Tags of tokens: outside, and for each label its first token and those after it.

    >>> bio(["PER"])
    ('O', 'B-PER', 'I-PER')
    """
    return ("O", *(f"{place}-{label}" for label in labels for place in "BI"))


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Stretches in order, none overlapping: those of one label become one, of two labels the better scored stays.

    >>> joined([Span(4, 9, "LOC", 0.5), Span(0, 6, "LOC", 0.9), Span(8, 12, "ORG", 0.4)])
    (Span(start=0, end=9, label='LOC', score=0.9),)
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        last = kept[-1] if kept else None
        if last is None or span.start >= last.end:
            kept.append(span)
        elif span.label == last.label:
            kept[-1] = Span(last.start, max(last.end, span.end), span.label, max(last.score, span.score))
        elif span.score > last.score:
            kept[-1] = span
    return tuple(kept)


def attended(hidden: FloatArray, likeness: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
    """Means (b, d) of tokens (b, t, d) by ``softmax(likeness / sqrt(d))``, (b, t), where `mask` is true."""
    scaled = likeness * np.float32(hidden.shape[-1] ** -0.5)
    means: FloatArray = (softmax(np.where(mask, scaled, np.float32(-np.inf)))[:, None] @ hidden)[:, 0]
    return means


def spanned(
    hidden: FloatArray, inside: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_], part: HeadPart
) -> FloatArray:
    """Logits (b, labels) of a stretch of each text: ``s`` the mean of its tokens, which `inside` (b, t) tells,
    ``c = sum_t a_t hidden_t`` with ``a = softmax(hidden (Wq s) / sqrt(d))``, then the perceptron of ``[s; c]``."""
    weights = inside.astype(np.float32) / inside.sum(axis=1, keepdims=True, dtype=np.float32)
    span = (weights[:, None] @ hidden)[:, 0]
    likeness = (hidden @ (span @ part.arrays["wq"].T)[:, :, None])[:, :, 0]
    return perceptron(np.concatenate((span, attended(hidden, likeness, mask)), axis=1), part)


def perceptron(x: FloatArray, part: HeadPart, more: FloatArray | None = None) -> FloatArray:
    """``(gelu(x W1 + b1 + more) W2 + b2) / temperature``, over the last axis."""
    arrays = part.arrays
    inner: FloatArray = x @ arrays["w1"] + arrays["b1"]
    hidden = bent(inner if more is None else inner + more)
    logits: FloatArray = (hidden @ arrays["w2"] + arrays["b2"]) / np.float32(part.temperature)
    return logits


def bent(z: FloatArray) -> FloatArray:
    """``gelu(z)``, approximated by tanh."""
    inner: FloatArray = z * z
    inner *= _CUBED
    inner += _LINEAR
    inner *= z
    np.tanh(inner, out=inner)
    inner += 1
    inner *= z
    inner *= np.float32(0.5)
    return inner


def probabilities(kind: Kind, logits: FloatArray) -> FloatArray:
    """Of labels (..., labels): a sigmoid each where any number of them applies at once, else a softmax."""
    return sigmoid(logits) if kind == "multi_label" else softmax(logits)


def softmax(logits: FloatArray) -> FloatArray:
    """Over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: FloatArray = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def sigmoid(logits: FloatArray) -> FloatArray:
    """``1 / (1 + exp(-x))`` without overflow."""
    shares: FloatArray = np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * logits))
    return shares


def mean(lengths: Sequence[int], rows: FloatArray) -> FloatArray:
    """Mean of rows (windows, n), each weighted by its window's length."""
    weights = np.array(lengths, np.float32)
    weighted: FloatArray = weights / weights.sum() @ rows
    return weighted
