"""What is told of a text. Probabilities are calibrated, 0 to 1; offsets are those of the text as it was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from socialflow.kit.answers import Provenance, Status


@dataclass(frozen=True, slots=True)
class Choice:
    """One label out of several that exclude each other; `probabilities` sum to 1, `confidence` is the label's."""

    label: str
    confidence: float
    probabilities: Mapping[str, float]

    @classmethod
    def of(cls, probabilities: Mapping[str, float]) -> "Choice":
        """The most probable label."""
        label = max(probabilities, key=probabilities.__getitem__)
        return cls(label, probabilities[label], probabilities)


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether something is there; `score` is its probability."""

    found: bool
    score: float

    @classmethod
    def of(cls, score: float) -> "Detection":
        """Found where it is likelier than not."""
        return cls(score > 0.5, score)


@dataclass(frozen=True, slots=True)
class Sentiment:
    """How the author feels: `score` = P(positive) - P(negative), -1 to 1."""

    label: str
    score: float
    probabilities: Mapping[str, float]

    @classmethod
    def of(cls, probabilities: Mapping[str, float]) -> "Sentiment":
        """From the probabilities of negative, neutral and positive."""
        label = max(probabilities, key=probabilities.__getitem__)
        return cls(label, probabilities["positive"] - probabilities["negative"], probabilities)


@dataclass(frozen=True, slots=True)
class Emotions:
    """Each emotion's probability, and `present`, those above their threshold: none, one or several.

    `dominant` is the most probable of all, neutral among them; `intensity` the probability of the strongest emotion
    that is not neutral.
    """

    scores: Mapping[str, float]
    present: tuple[str, ...]
    dominant: str
    intensity: float


@dataclass(frozen=True, slots=True)
class Labels:
    """Each label's probability, and `found`, those above their threshold."""

    scores: Mapping[str, float]
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch `text[start:end]` and what it is; `score` is the mean probability of its tokens' tags."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Spans:
    """Stretches in the order of the text; none overlaps another."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Polarity:
    """How the author feels about the stretch `text[start:end]`."""

    start: int
    end: int
    sentiment: Sentiment


@dataclass(frozen=True, slots=True)
class Polarities:
    """One for each stretch that was asked about and could be read, in the order of the text."""

    targets: tuple[Polarity, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """The text as a vector of length 1, float32: the cosine of two says how alike their meanings are."""

    values: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its ISO 639-1 code and English name; `confidence` is its probability among the known ones."""

    code: str
    name: str
    confidence: float


Record = Choice | Detection | Sentiment | Emotions | Labels | Spans | Polarities | Vector
R = TypeVar("R", bound=Record)


class Combination(StrEnum):
    """How the windows of a long text become one answer."""

    MAX = "max"
    """The most harmful window decides."""
    MEAN = "mean"
    """The mean, each window weighted by its tokens."""
    UNION = "union"
    """What any window found; what overlaps is joined."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's answer; `combination` is None where one window held the whole text."""

    record: Record
    provenance: Provenance
    combination: Combination | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that was asked of one text.

    `coverage`, 0 to 1, is the share of the text that was read, in `windows` windows. `missing` names what could not be
    had: a question whose head the model lacks, `aspect:START-END` for a stretch that was not read, `text:windows` where
    the text goes on after the last window, `text:vocabulary` where it has characters or words the model does not know,
    `text:empty` where it says nothing. `language` (ISO 639-1) is the one that it was taken to be in, None where nobody
    told. `disguised` are stretches that were read as they are meant, and not as they are spelt.
    """

    answers: Mapping[str, Answer]
    status: Status
    missing: tuple[str, ...]
    coverage: float
    windows: int
    language: str | None = None
    disguised: tuple[tuple[int, int], ...] = ()

    def record(self, question: str, kind: type[R]) -> R | None:
        """The answer to a question as the record it is known to be; None where it is missing.

        Raises:
            TypeError: the question is answered by another record.
        """
        answer = self.answers.get(question)
        if answer is None:
            return None
        if not isinstance(answer.record, kind):
            raise TypeError(f"{question} is answered by {type(answer.record).__name__}, not {kind.__name__}")
        return answer.record
