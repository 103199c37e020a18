"""Whether a picture is safe to publish: what it shows, and the words that are written in it."""

import asyncio
from collections.abc import Sequence
from typing import TypedDict

from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.image.analysis import ImageAnalysis, ImageReport, report
from socialflow.image.given import Given, seen_in
from socialflow.image.nsfw import NSFWAnalysis
from socialflow.image.objects import ImageObjects
from socialflow.image.reader import ImageReader
from socialflow.image.text import TextAnalysis
from socialflow.kit.answers import Provenance, Status
from socialflow.moderation.checks import threshold_of
from socialflow.moderation.gather.pictures import ARMS, SHOWN, picture_alone, words_of
from socialflow.moderation.gather.records import Looked
from socialflow.moderation.gather.text import analyses
from socialflow.moderation.records import Signals
from socialflow.text.multilingual import multilingual
from socialflow.text.ports import Answering
from socialflow.text.records import Analysis

TOXIC = 0.7
"""Least toxicity of words in a picture that makes it unsafe."""


class ImageModeration(TypedDict):
    """What is said of one picture; None, each, where nothing could tell, and `missing` says why.

    `safe`, `questionable` and `unsafe` are what the picture shows and add up to 1. `text_toxicity` is that of the words
    written in it, 0 where there are none; `weapons` a weak sign of knives, scissors and baseball bats, which decides
    nothing. `is_safe` only where both the picture and the words in it could be judged.
    """

    safe: float | None
    questionable: float | None
    unsafe: float | None
    is_safe: bool
    text_toxicity: float | None
    weapons: float | None
    recommended_action: str
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ImageModerator:
    """Judges pictures by what they show and by what is written in them, in one look.

    A picture is safe that is surely harmless (`safe` above 0.7) and in which nothing toxic is written. Where either
    could not be judged it is not called safe, `missing` says why, and people are asked to look.

    Parameters:
        models: those that others trained; None: those of this installation.
        analyser: answers questions about texts; None: the models of the package, loaded at the first picture.
        threshold: least toxicity of words that makes a picture unsafe.
        reader: decodes files in a bounded child; None: the one that all share.

    Raises:
        InvalidInput: a threshold outside 0 to 1; names the field.
    """

    def __init__(
        self,
        models: Models | None = None,
        analyser: Answering | None = None,
        *,
        threshold: float = TOXIC,
        reader: ImageReader | None = None,
    ) -> None:
        self._models, self._analyser = models, analyser
        self._threshold, self._reader = threshold_of(threshold), reader

    def predict(self, image: Given) -> ImageModeration:
        """Judge a picture: a path, a URL, the bytes of a file, or pixels. Raises what `image.given.seen_in` does."""
        models = self._models or shared_models()
        asked: list[ImageAnalysis] = [NSFWAnalysis(models), ImageObjects(models), TextAnalysis()]
        seen = report(seen_in(image, asked, self._reader), asked)
        (told,) = analyses(self._analyser or multilingual(), [words_of(seen)])
        return self._judged(seen, told, picture_alone(Looked(picture=seen), told))

    async def detect(self, image: Given) -> ImageModeration:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, image)

    async def analyze(self, image: Given) -> ImageModeration:
        """As `detect`."""
        return await self.detect(image)

    def _judged(self, seen: ImageReport, told: Analysis, signals: Signals) -> ImageModeration:
        judgement = seen.analyses["nsfw"].answer
        toxicity, safe = _value(signals, SHOWN), judgement["safe"]
        clean = toxicity is not None and toxicity < self._threshold
        is_safe = bool(judgement["is_safe"]) and clean
        action = str(judgement["recommended_action"])
        return ImageModeration(
            safe=safe,
            questionable=judgement["questionable"],
            unsafe=judgement["unsafe"],
            is_safe=is_safe,
            text_toxicity=toxicity,
            weapons=_value(signals, ARMS),
            recommended_action="flag_for_review" if action == "approve" and (not is_safe or seen.damaged) else action,
            status=Status.ABSTAINED if safe is None and toxicity is None else Status.PARTIAL,
            missing=_missing(seen, signals),
            provenance=_provenance(seen, told),
        )


def _value(signals: Signals, name: str) -> float | None:
    reading = signals.readings.get(name)
    return None if reading is None or isinstance(reading.value, tuple) else reading.value


def _missing(seen: ImageReport, signals: Signals) -> list[str]:
    """Why signals could not be had, and what no model here knows."""
    unknown: Sequence[str] = [one for one in seen.analyses["nsfw"].missing if one.startswith("category:")]
    return list(dict.fromkeys([*signals.missing.values(), *unknown]))


def _provenance(seen: ImageReport, told: Analysis) -> list[Provenance]:
    made = [one for answered in seen.analyses.values() if answered.answer for one in answered.provenance]
    return list(dict.fromkeys([*made, *(answer.provenance for answer in told.answers.values())]))
