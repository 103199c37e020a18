"""Whether a picture is fit for work, from the five classes of a model: six categories, a view of three, and an action.

What is not in the model is None and named as missing, never 0: it knows nothing of violence and gore. Its one class
between harmless and explicit, `sexy`, is what others part into suggestive and racy: both carry its probability.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, TypedDict

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.errors import InvalidInput
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.reader import Seen
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status

MODEL = "nsfw-mobilenet-v2"
UNKNOWN = ("category:violence", "category:gore")
"""What the model does not know."""
THRESHOLD = 0.7
"""Least probability that counts."""
SAFE = 0.7
"""Probability of harmless above which a picture is called safe."""
SURE = 0.9
"""Probability of explicit from which rejecting is recommended."""
APPROVE, FLAG, REJECT = "approve", "flag_for_review", "reject"

View = Literal["safe", "questionable", "unsafe"]
Probabilities = Mapping[str, float]
"""Of drawing, hentai, neutral, porn and sexy."""


class Judgement(TypedDict):
    """What is said of a picture; every number is None, and `is_safe` False, where nothing could judge it.

    `categories` are safe, suggestive, explicit, racy, violence and gore; they do not add up to 1. `safe`,
    `questionable` and `unsafe` do: `verdict` is the greatest. `score` is that of unsafe, and `confidence` that of the
    answer `is_nsfw`.
    """

    is_nsfw: bool | None
    confidence: float | None
    score: float | None
    categories: dict[str, float | None]
    safe: float | None
    questionable: float | None
    unsafe: float | None
    verdict: View | None
    is_safe: bool
    recommended_action: str


def threshold_of(threshold: float) -> float:
    """The least probability that counts. Raises InvalidInput where it is not above 0 and at most 1."""
    if not 0.0 < threshold <= 1.0:
        raise InvalidInput(f"a threshold is above 0 and at most 1, not {threshold}", field="threshold")
    return threshold


def views(of: Probabilities) -> dict[View, float]:
    """Harmless, in between, explicit.

    >>> views({"drawing": 0.25, "hentai": 0.0, "neutral": 0.5, "porn": 0.125, "sexy": 0.125})
    {'safe': 0.75, 'questionable': 0.125, 'unsafe': 0.125}
    """
    return {
        "safe": round(of["drawing"] + of["neutral"], 4),
        "questionable": round(of["sexy"], 4),
        "unsafe": round(of["hentai"] + of["porn"], 4),
    }


def judged(of: Probabilities, threshold: float = THRESHOLD) -> Judgement:
    """What the model's probabilities mean. Rejecting is recommended from `SURE` on, a look by people where explicit and
    in between together come to the threshold."""
    seen = views(of)
    verdict: View = max(seen, key=lambda name: seen[name])
    unsafe, questionable = seen["unsafe"], seen["questionable"]
    nsfw = unsafe >= threshold
    flagged = nsfw or unsafe + questionable >= threshold
    return Judgement(
        is_nsfw=nsfw,
        confidence=round(unsafe if nsfw else 1.0 - unsafe, 4),
        score=unsafe,
        categories={
            "safe": seen["safe"],
            "suggestive": questionable,
            "explicit": unsafe,
            "racy": questionable,
            "violence": None,
            "gore": None,
        },
        safe=seen["safe"],
        questionable=questionable,
        unsafe=unsafe,
        verdict=verdict,
        is_safe=seen["safe"] > SAFE and not nsfw,
        recommended_action=REJECT if nsfw and unsafe >= SURE else FLAG if flagged else APPROVE,
    )


def unjudged() -> Judgement:
    """What is said where there is no model: people have to look."""
    names = ("safe", "suggestive", "explicit", "racy", "violence", "gore")
    return Judgement(
        is_nsfw=None,
        confidence=None,
        score=None,
        categories=dict.fromkeys(names),
        safe=None,
        questionable=None,
        unsafe=None,
        verdict=None,
        is_safe=False,
        recommended_action=FLAG,
    )


def probabilities(labels: Sequence[str], row: Sequence[float]) -> Probabilities:
    """A row of the model by name."""
    return {label: float(value) for label, value in zip(labels, row, strict=True)}


class NSFWAnalysis(ImageAnalysis):
    """Whether a picture is fit for work: a `Judgement`, and where what it found is.

    `regions` [{box, drop, unsafe, questionable}] are those without which the picture would be judged milder, by how
    much (`drop`), with what the model says of each alone. That is for people to look at and judges nothing: shown
    details of ordinary photos, the model takes every third photo for explicit. `heat` (6 x 6) are the drops.
    """

    name: ClassVar[str] = "nsfw"

    def __init__(self, models: Models, threshold: float = THRESHOLD) -> None:
        self._model, self._lacking = first_of(models, MODEL)
        self._threshold = threshold_of(threshold)

    @property
    def watches(self) -> Options:
        """The looker, with the model."""
        return {"nsfw": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Seen) -> Answered:
        """The judgement; without the model it abstains, and people have to look."""
        if self._model is None:
            return Answered(Status.ABSTAINED, (*self._lacking, *UNKNOWN), (), {**unjudged(), "regions": [], "heat": []})
        found = seen.findings["nsfw"].body
        judgement = judged(found["probabilities"], self._threshold)
        answer = {**judgement, "regions": found["regions"], "heat": found["heat"]}
        return Answered(Status.PARTIAL, UNKNOWN, (provenance(self._model),), answer)
