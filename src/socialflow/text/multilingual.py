"""Which model answers: the encoder for English, another one for the languages that it knows, nobody for the rest.

This is the one place where the language of a text decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from socialflow.errors import ArtefactError
from socialflow.kit.answers import Provenance, Tier
from socialflow.text.analyser import HOME, Analyser, bundled, checked, stretches, unspoken
from socialflow.text.bundle import ENCODER_FILE, read_bundle
from socialflow.text.language import UNDETERMINED, identifier
from socialflow.text.ngram_analyser import NgramAnalyser
from socialflow.text.ngram_bundle import PACKAGED, read_ngrams
from socialflow.text.ports import Answering, Identifying, Model
from socialflow.text.reading import Target
from socialflow.text.records import Analysis, Language

SURE = 0.95
"""Least confidence at which a text is taken to be in a language that no model knows: chosen on English tweets for
training, of which 3 in 1,000 are. How many others are misread, `benchmarks/text_languages.py` tells."""


class MultilingualAnalyser:
    """Answers about every text with the model of its language. Safe to use from several threads.

    A text is taken to be in the encoder's language unless it is likelier in another one that there is a model for, or
    surely in one that there is none for. Such a text gets no answer; `missing` then names every question, and
    `language:CODE`, as it does where the language's model lacks some question.
    """

    def __init__(self, home: Model, others: Mapping[str, Answering], identifier: Identifying) -> None:
        self._home, self._others, self._identifier = home, dict(others), identifier

    @property
    def questions(self) -> tuple[str, ...]:
        """What can be asked in some language."""
        return self._home.questions

    @property
    def digest(self) -> str:
        """That of the encoder, which makes the sentence vectors."""
        return self._home.digest

    @property
    def makers(self) -> str:
        """Of the encoder and the models of other languages."""
        return " ".join(dict.fromkeys([self._home.makers, *(model.digest[:12] for model in self._others.values())]))

    @property
    def provenance(self) -> Provenance:
        """That of the encoder; each answer has its own."""
        return self._home.provenance

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that there is a model for."""
        return tuple(sorted({HOME, *self._others}))

    def analyse(
        self, texts: Sequence[str], questions: Collection[str], targets: Sequence[Sequence[Target]] | None = None
    ) -> list[Analysis]:
        """As `analyser.Analyser.analyse`; texts of one language go through its model together."""
        asked = checked(questions)
        given = stretches(texts, targets, asked="aspect" in asked)
        spoken = self.spoken(texts)
        analyses: dict[int, Analysis] = {}
        for language in dict.fromkeys(spoken):
            places = [place for place, code in enumerate(spoken) if code == language]
            of_these = [given[place] for place in places]
            told = self._told(language, [texts[place] for place in places], asked, of_these)
            analyses.update(zip(places, told, strict=True))
        return [analyses[place] for place in range(len(texts))]

    def spoken(self, texts: Sequence[str]) -> list[str]:
        """Code of the language that each text is taken to be in."""
        return [self._taken(language) for language in self._identifier.identify(texts)]

    def analyse_in(self, language: str, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
        """As `analyse`, of texts whose language is known: they go through its model together."""
        return self._told(language, texts, checked(questions), stretches(texts, None, asked="aspect" in questions))

    def _taken(self, language: Language) -> str:
        if language.code in self._others:
            return language.code
        return HOME if language == UNDETERMINED or language.confidence < SURE else language.code

    def _told(
        self,
        language: str,
        texts: Sequence[str],
        questions: Collection[str],
        targets: Sequence[Sequence[Target]],
    ) -> list[Analysis]:
        if language == HOME:
            return self._home.analyse(texts, questions, targets)
        model = self._others.get(language)
        if model is None:
            return [unspoken(language, questions) for _ in texts]
        told = model.analyse(texts, questions, targets)
        if set(questions) <= set(model.questions):
            return told
        return [replace(one, missing=(*one.missing, f"language:{language}")) for one in told]


@cache
def multilingual() -> MultilingualAnalyser:
    """The models of the package, one a process. Raises ModelUnavailable, ArtefactError."""
    return MultilingualAnalyser(bundled(), others(), identifier())


def others(folder: Path | None = None) -> Mapping[str, Answering]:
    """Models by language: linear ones (`ngram_bundle`), or one encoder (`bundle`) for all that its manifest names.

    A folder is a version of the catalogue; None: the linear model of the package.

    Raises:
        ModelUnavailable, ArtefactError: as `bundle.read_bundle`.
    """
    if folder is None or not (folder / ENCODER_FILE).exists():
        found = read_ngrams(folder or PACKAGED, Tier.BUNDLED if folder is None else Tier.TRAINED)
        return {language: NgramAnalyser(found, language) for language in found.languages if language != HOME}
    encoder = read_bundle(folder, Tier.TRAINED)
    if not encoder.languages:
        raise ArtefactError(f"{folder}: its manifest names no languages that it is for")
    analyser = Analyser(encoder)
    return {language: analyser for language in encoder.languages if language != HOME}
