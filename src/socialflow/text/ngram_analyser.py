"""What a small linear model says of texts in one language."""

from collections.abc import Collection, Sequence

import numpy as np

from socialflow.errors import ArtefactError
from socialflow.kit.answers import Status
from socialflow.text.analyser import checked
from socialflow.text.builders import HEADS
from socialflow.text.head import Pooled, probabilities
from socialflow.text.ngram_bundle import NgramBundle, NgramHead
from socialflow.text.ngrams import Features, features, pieces
from socialflow.text.reading import Target
from socialflow.text.records import Analysis, Answer, Record


class NgramAnalyser:
    """Answers with those heads of a bundle that know a language. Safe to use from several threads.

    Raises:
        ArtefactError: a head of the bundle is not what this version takes it for.
    """

    def __init__(self, bundle: NgramBundle, language: str) -> None:
        self.digest = bundle.digest
        self._provenance, self._shape, self._language = bundle.provenance, bundle.shape, language
        known = {name: head for name, head in bundle.heads.items() if language in head.parts}
        self._weights = {name: (head, head.biases[language]) for name, head in known.items()}
        self._heads = {name: _pooled(name, head, language) for name, head in known.items()}

    @property
    def questions(self) -> tuple[str, ...]:
        """What this model can be asked in its language."""
        return tuple(name for name in HEADS if name in self._heads)

    def analyse(
        self,
        texts: Sequence[str],
        questions: Collection[str],
        targets: Sequence[Sequence[Target]] | None = None,  # noqa: ARG002
    ) -> list[Analysis]:
        """As `analyser.Analyser.analyse`; of labels that the model does not know `missing` names `QUESTION:LABEL`."""
        asked = checked(questions)
        return [self._analysis(text, asked) for text in texts]

    def _analysis(self, text: str, questions: Collection[str]) -> Analysis:
        read, coverage, cut = pieces(text)
        found = [features(piece, self._language, self._shape) for piece in read]
        asked = [name for name in questions if name in self._heads and found]
        answers = {name: self._answer(name, found, [len(piece) for piece in read]) for name in asked}
        missing = [name for name in questions if name not in answers]
        missing += [
            f"{name}:{label}"
            for name in asked
            for label in HEADS[name].labels
            if label not in self._heads[name].part.labels
        ]
        missing += ["text:empty"] * (not read) + ["text:windows"] * cut
        short = Status.PARTIAL if answers else Status.ABSTAINED
        return Analysis(answers, short if missing else Status.COMPLETE, tuple(missing), coverage, len(read))

    def _answer(self, name: str, found: Sequence[Features], lengths: Sequence[int]) -> Answer:
        head = self._heads[name]
        weights, bias = self._weights[name]
        rows = np.stack([one.values @ weights.weights[one.buckets(weights.bits)] for one in found]) + bias
        if head.kind == "multi_class":
            rows = np.pad(rows, ((0, 0), (1, 0)))
        rows = (rows / np.float32(head.part.temperature)).astype(np.float32)
        record = head.combined(probabilities(head.kind, rows), lengths)
        return Answer(record, self._provenance, head.combination if len(found) > 1 else None)


def _pooled(name: str, head: NgramHead, language: str) -> Pooled[Record]:
    made = HEADS[name](head.parts[language]) if name in HEADS else None
    if not isinstance(made, Pooled):
        raise ArtefactError(f"the model has a head {name}, which is no question to a whole text")
    return made
