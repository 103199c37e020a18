"""Toxicity scores of a text by the names that the toxic comment challenge gave them, and whether it is safe."""

from typing import TypedDict

from socialflow.kit.answers import Provenance, Status
from socialflow.moderation.toxicity import ToxicityDetector
from socialflow.text.ports import Answering


class Scores(TypedDict):
    """Probabilities, 0 to 1; `overall_toxic` is the greatest. None, each, where a text could not be judged: `missing`
    says why."""

    toxic: float | None
    severe_toxic: float | None
    obscene: float | None
    threat: float | None
    insult: float | None
    identity_hate: float | None
    overall_toxic: float | None
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class TextModerator:
    """`ToxicityDetector` under those names.

    Parameters:
        analyser: answers questions about texts; None: the models of the package, loaded at the first text.
    """

    categories = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")

    def __init__(self, analyser: Answering | None = None) -> None:
        self._detector = ToxicityDetector(analyser)

    def predict(self, text: str) -> Scores:
        """Scores of one text. Raises InvalidInput, ArtefactError."""
        found = self._detector.predict(text)
        scores = found["scores"]
        return Scores(
            toxic=scores.get("toxicity"),
            severe_toxic=scores.get("severe_toxicity"),
            obscene=scores.get("obscene"),
            threat=scores.get("threat"),
            insult=scores.get("insult"),
            identity_hate=scores.get("identity_hate"),
            overall_toxic=found["score"],
            status=found["status"],
            missing=found["missing"],
            provenance=found["provenance"],
        )

    def is_safe(self, text: str, threshold: float = 0.7) -> bool:
        """Whether every score is below `threshold`. A text that says nothing is safe, one that could not be judged is
        not. Raises InvalidInput, ArtefactError."""
        scores = self.predict(text)
        if scores["overall_toxic"] is None:
            return "text:empty" in scores["missing"]
        return scores["overall_toxic"] < threshold
