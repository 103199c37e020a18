"""What heads have in common: from the tokens' vectors of one encoding to probabilities, spans and vectors.

b windows of t tokens, vectors of width d; ``gelu(x) = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.text.bundle import FloatArray, HeadPart, Kind
from socialflow.text.encoder import Encoded, Window
from socialflow.text.records import Choice, Combination, Detection, Record, Span, Spans

R_co = TypeVar("R_co", bound=Record, covariant=True)


class Head(ABC, Generic[R_co]):
    """One question to a text. `look` runs on every window, `answer` makes one record of a text's windows.

    A model's part may lack labels of a multi_label head: it says nothing of them.

    A head's file gives `name`, `labels` (empty: those of the taxonomy it was trained on), `combination` and what the
    figures mean; the arithmetic is its base's.
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
    def look(self, batch: Encoded) -> Sequence[FloatArray]:
        """What is found in each window of a batch."""

    @abstractmethod
    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> R_co:
        """One record from what `look` found in each window, one at least, of a text."""


@dataclass(frozen=True, slots=True)
class Stack:
    """H pooled heads as one, so that all of them cost a few products: arrays padded with zeros to the largest.

    pool (H, d), w1 (H, d, h), b1 (H, 1, h), w2 (H, h, labels), b2 (H, 1, labels), temperatures (H, 1, 1); several
    (H, 1, 1) tells who has any number of labels at once, padding (H, 1, labels) is -inf where a head has no label.
    """

    pool: FloatArray
    w1: FloatArray
    b1: FloatArray
    w2: FloatArray
    b2: FloatArray
    temperatures: FloatArray
    several: npt.NDArray[np.bool_]
    padding: FloatArray

    @classmethod
    def of(cls, parts: Sequence[HeadPart]) -> "Stack":
        """The stack of some heads, one at least, in their order."""
        temperatures = np.array([part.temperature for part in parts], np.float32)[:, None, None]
        pool = np.stack([part.arrays["pool"] for part in parts])
        b1, b2 = _padded(parts, "b1")[:, None], _padded(parts, "b2")[:, None]
        several = np.array([part.kind == "multi_label" for part in parts])[:, None, None]
        real = np.arange(b2.shape[-1]) < np.array([len(part.labels) for part in parts])[:, None, None]
        padding = np.where(real, np.float32(0), np.float32(-np.inf))
        return cls(pool, _padded(parts, "w1"), b1, _padded(parts, "w2"), b2, temperatures, several, padding)

    def logits(self, hidden: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        """(H, b, labels) of tokens (b, t, d): ``(gelu(p W1 + b1) W2 + b2) / temperature``.

        ``p = sum_t a_t hidden_t``, ``a = softmax(hidden . pool / sqrt(d))`` over the tokens that are not padding.
        """
        scaled = (hidden @ self.pool.T) * np.float32(hidden.shape[-1] ** -0.5)
        shares = softmax(np.where(mask[:, None], scaled.transpose(0, 2, 1), np.float32(-np.inf)))
        pooled: FloatArray = (shares @ hidden).transpose(1, 0, 2)
        found: FloatArray = (bent(pooled @ self.w1 + self.b1) @ self.w2 + self.b2) / self.temperatures
        return found

    def probabilities(self, hidden: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
        """(H, b, labels), as `probabilities` has them."""
        logits = self.logits(hidden, mask)
        chances = probabilities("multi_class", logits + self.padding)
        return np.where(self.several, probabilities("multi_label", logits), chances) if self.several.any() else chances


class Pooled(Head[R_co]):
    """Labels for a whole text, from the mean of its tokens by attention (`Stack`)."""

    @abstractmethod
    def record(self, probabilities: FloatArray) -> R_co:
        """What probabilities (labels,) say."""

    @abstractmethod
    def _most_harmful(self, found: FloatArray) -> FloatArray:
        """Of probabilities (windows, labels) those (labels,) that `Combination.MAX` tells."""

    @property
    def part(self) -> HeadPart:
        """What stacks are made of."""
        return self._part

    def look(self, batch: Encoded) -> Sequence[FloatArray]:
        """Probabilities (labels,) of each window."""
        (rows,) = Stack.of([self._part]).probabilities(batch.hidden, batch.mask)
        return list(rows)

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> R_co:
        """By the head's combination."""
        if len(found) == 1:
            return self.record(found[0])
        return self.combined(np.stack(found), [len(window.ids) for window in windows])

    def combined(self, rows: FloatArray, lengths: Sequence[int]) -> R_co:
        """One record from probabilities (windows, labels) of windows of these lengths, by the head's combination."""
        if len(rows) == 1:
            return self.record(rows[0])
        return self.record(self._most_harmful(rows) if self.combination is Combination.MAX else mean(lengths, rows))

    def named(self, probabilities: FloatArray) -> Mapping[str, float]:
        """Label -> probability."""
        return dict(zip(self._part.labels, probabilities.tolist(), strict=True))


class MultiClass(Pooled[R_co]):
    """One of several labels: softmax. Where the worst window decides, the first label is the harmless one."""

    kind = "multi_class"

    def _most_harmful(self, found: FloatArray) -> FloatArray:
        worst: FloatArray = found[found[:, 0].argmin()]
        return worst


class ChoiceHead(MultiClass[Choice]):
    """Which of several."""

    def record(self, probabilities: FloatArray) -> Choice:
        """The most probable label."""
        return Choice.of(self.named(probabilities))


class DetectionHead(MultiClass[Detection]):
    """Whether something is there: the second of two labels."""

    def record(self, probabilities: FloatArray) -> Detection:
        """Found where it is the likelier of the two."""
        return Detection.of(float(probabilities[1]))


class MultiLabel(Pooled[R_co]):
    """Any of several labels: a sigmoid each, against a threshold each."""

    kind = "multi_label"

    def _most_harmful(self, found: FloatArray) -> FloatArray:
        most: FloatArray = found.max(axis=0)
        return most

    def above(self, probabilities: FloatArray) -> tuple[str, ...]:
        """Labels at or above their threshold."""
        reached = np.flatnonzero(probabilities >= self._part.thresholds)
        return tuple(self._part.labels[place] for place in reached)


class SpansHead(Head[Spans]):
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

    def look(self, batch: Encoded) -> Sequence[FloatArray]:
        """Probabilities (t, tags) of each window, padding left out."""
        cases = np.zeros(batch.mask.shape, np.int64)
        cases[batch.mask] = np.concatenate([window.cases for window in batch.windows])
        found = softmax(perceptron(batch.hidden, self._part, self._part.arrays["case"][cases]))
        return [row[: len(window.ids)] for row, window in zip(found, batch.windows, strict=True)]

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> Spans:
        """What any window found."""
        tagged = zip(windows, found, strict=True)
        return Spans(joined([span for window, row in tagged for span in self._spans(window, row)]))

    def _spans(self, window: Window, found: FloatArray) -> list[Span]:
        spans: list[Span] = []
        tags, scores = found.argmax(axis=1).tolist(), found.max(axis=1).tolist()
        inside: list[int] = []  # places of the stretch that is being read
        for place in range(1, len(tags)):  # the last is the mark at the end: what is open closes
            if window.words[place] == window.words[place - 1]:
                tags[place] = tags[place - 1] + tags[place - 1] % 2  # after B- comes I-, after others the same
            tag = tags[place] if window.starts[place] >= 0 else 0
            goes_on = bool(inside) and tag > 0 and tag % 2 == 0 and tag // 2 == (tags[inside[0]] + 1) // 2
            if inside and not goes_on:
                label = self.labels[(tags[inside[0]] - 1) // 2]
                score = sum(scores[one] for one in inside) / len(inside)
                spans.append(Span(int(window.starts[inside[0]]), int(window.ends[inside[-1]]), label, score))
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


def mean_of_tokens(hidden: FloatArray, mask: npt.NDArray[np.bool_]) -> FloatArray:
    """Means (b, d) of the tokens (b, t, d) where `mask` is true."""
    real = mask.astype(np.float32)
    means: FloatArray = (real[:, None] @ hidden)[:, 0] / real.sum(axis=1, keepdims=True)
    return means


def perceptron(x: FloatArray, part: HeadPart, more: FloatArray | None = None) -> FloatArray:
    """``(gelu(x W1 + b1 + more) W2 + b2) / temperature``, over the last axis."""
    arrays = part.arrays
    inner: FloatArray = x @ arrays["w1"] + arrays["b1"]
    hidden = bent(inner if more is None else inner + more)
    logits: FloatArray = (hidden @ arrays["w2"] + arrays["b2"]) / np.float32(part.temperature)
    return logits


def bent(z: FloatArray) -> FloatArray:
    """``gelu(z)``, approximated by tanh."""
    inner = np.tanh(np.float32(np.sqrt(2 / np.pi)) * (z + np.float32(0.044715) * z * z * z))
    made: FloatArray = np.float32(0.5) * z * (1 + inner)
    return made


def _padded(parts: Sequence[HeadPart], array: str) -> FloatArray:
    """One array of each head, stacked, with zeros to the largest of each axis."""
    each = [part.arrays[array] for part in parts]
    whole = np.zeros((len(each), *np.max([one.shape for one in each], axis=0)), np.float32)
    for place, one in enumerate(each):
        whole[place][tuple(slice(size) for size in one.shape)] = one
    return whole


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
