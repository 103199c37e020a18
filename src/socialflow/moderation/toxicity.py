"""Toxicity of a text: six kinds of it, the words that offend, irony, and what was said before."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypedDict

from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Status
from socialflow.moderation.checks import readable, threshold_of
from socialflow.text.multilingual import multilingual
from socialflow.text.ports import Answering
from socialflow.text.records import Analysis, Detection, Labels, Spans
from socialflow.text.told import Told, Turn, told

QUESTIONS = ("toxicity", "toxic_spans", "irony")
"""What the text model is asked."""
FLAG, APPROVE, REJECT = "flag_for_review", "approve", "reject"
SURE = 0.9
"""Score from which a text that is toxic by itself is to be rejected."""


class Offence(TypedDict):
    """The stretch `text[start:end]` that offends, with its probability."""

    start: int
    end: int
    text: str
    score: float


class Toxicity(Told):
    """What is said of one text; None, each, where it is missing.

    `scores` are probabilities, 0 to 1, of toxicity, severe_toxicity, obscene, threat, insult and identity_hate; `score`
    is the greatest and `found` are those above their thresholds. `confidence` is that of the verdict `is_toxic`. An
    ironic insult is one all the same: `is_sarcastic` is told for people to judge by, the verdict does not turn on it.
    `context_score` is the score of the text together with what it answers: None without context.
    """

    is_toxic: bool | None
    confidence: float | None
    score: float | None
    scores: Mapping[str, float]
    found: list[str]
    spans: list[Offence]
    is_sarcastic: bool | None
    sarcasm_score: float | None
    context_score: float | None
    recommended_action: str


class ToxicityDetector:
    """Hate speech, insults, threats and harassment, in every language whose toxicity a model of the package knows.

    Names of groups, quotations, reclaimed words and disguised spelling are what the model was trained against and is
    tested on (`tests/functional`). Actions: `reject` where the text by itself is toxic with a score of 0.9 or more,
    `flag_for_review` where it is less surely so, where it is so only together with what it answers, and where it could
    not be judged, else `approve`.

    Parameters:
        analyser: answers questions about texts; None: the models of the package, loaded at the first text.
        threshold: least score that counts as toxic; None: the model's own, one a label.

    Raises:
        InvalidInput: a threshold outside 0 to 1, or a text of more than 100,000 characters; names the field.
    """

    def __init__(self, analyser: Answering | None = None, *, threshold: float | None = None) -> None:
        self._analyser = analyser
        self._threshold = None if threshold is None else threshold_of(threshold)

    def predict(self, text: str, context: Sequence[str | Turn] = ()) -> Toxicity:
        """Judge one text; `context` are the messages it answers, the last of which counts. Raises InvalidInput,
        ArtefactError."""
        before = readable(Turn.of(context[-1]).text if context else "", "context")
        texts = [readable(text), *([before, f"{before}\n{text}"] if before.strip() else [])]
        try:
            alone, *others = (self._analyser or multilingual()).analyse(texts, QUESTIONS)
        except ModelUnavailable:
            alone, others = Analysis({}, Status.ABSTAINED, (*QUESTIONS, "text:model"), 0.0, 0), []
        return self._judged(text, alone, others)

    async def detect(self, text: str, context: Sequence[str | Turn] = ()) -> Toxicity:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, text, context)

    def _judged(self, text: str, alone: Analysis, others: Sequence[Analysis]) -> Toxicity:
        labels, irony = alone.record("toxicity", Labels), alone.record("irony", Detection)
        spans, score = alone.record("toxic_spans", Spans), _score(alone)
        toxic = self._toxic(alone)
        before, both = [*others, None, None][:2]
        answers = before is not None and both is not None and not self._toxic(before) and self._toxic(both)
        empty = "text:empty" in alone.missing
        return Toxicity(
            **told(alone),
            is_toxic=None if labels is None else toxic,
            confidence=None if score is None else (score if toxic else 1.0 - score),
            score=score,
            scores={} if labels is None else labels.scores,
            found=[] if labels is None else list(labels.found),
            spans=[
                Offence(start=span.start, end=span.end, text=text[span.start : span.end], score=span.score)
                for span in (spans.spans if spans is not None else ())
            ],
            is_sarcastic=None if irony is None else irony.found,
            sarcasm_score=None if irony is None else irony.score,
            context_score=None if both is None else _score(both),
            recommended_action=_action(score, toxic=toxic, doubtful=answers or (score is None and not empty)),
        )

    def _toxic(self, analysis: Analysis) -> bool:
        labels = analysis.record("toxicity", Labels)
        if labels is None:
            return False
        return bool(labels.found) if self._threshold is None else max(labels.scores.values()) >= self._threshold


def _score(analysis: Analysis) -> float | None:
    labels = analysis.record("toxicity", Labels)
    return None if labels is None else max(labels.scores.values())


def _action(score: float | None, *, toxic: bool, doubtful: bool) -> str:
    if toxic and score is not None and score >= SURE:
        return REJECT
    return FLAG if toxic or doubtful else APPROVE
