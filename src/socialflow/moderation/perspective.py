"""Scores of a comment under the attribute names of Perspective, for clients that were written for that service.

Its attributes and our labels of toxicity go back to the same contest of 2018 and its definitions. `ATTRIBUTES` says
which label answers which attribute, `ELSEWHERE` what stands in where a language's model has no such label.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from socialflow.kit.answers import Provenance
from socialflow.text.analyser import HOME
from socialflow.text.normalise import normalise
from socialflow.text.ports import Model
from socialflow.text.records import Analysis, Choice, Detection, Labels
from socialflow.text.told import distinct

MAX_BYTES = 20_480
"""Bytes of a comment as UTF-8, at most: the bound of the service."""
MOST_SPANS = 100
"""Sentences of a comment that are scored one by one; where there are more, neighbours are taken together."""
ATTRIBUTES: Mapping[str, str] = {
    "TOXICITY": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_hate",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "THREAT": "threat",
}
"""Attribute -> label of the question `toxicity`."""


@dataclass(frozen=True, slots=True)
class Source:
    """The probability of one of these labels, which exclude each other, of a question."""

    question: str
    labels: tuple[str, ...]


ELSEWHERE: Mapping[str, Mapping[str, Source]] = {
    "ar": {"IDENTITY_ATTACK": Source("hate", ("hate",))},
    "de": {"TOXICITY": Source("offensive", ("offensive",))},
    "ko": {"TOXICITY": Source("hate_speech", ("offensive", "hatespeech"))},
}
"""Language -> attribute -> what answers where no model tells toxicity. French hate is left out: on the texts its model
was chosen by, it was hardly better than the most frequent answer."""

UNTOLD = "und"
"""The language of a comment in another script than the Latin one that cannot be told."""
_LATIN_ENDS = "\u024f"
_EXPERIMENTAL = "_EXPERIMENTAL"
_END = re.compile(
    r"""(?<![.!?…])[.!?…]++["'”’»)\]]*+(?=\s)"""  # an end that white space follows
    r"""|[。！？]++[”’」』）)]*+"""  # scripts that put none
    r"""|[\r\n]++"""
)
_BLANK = re.compile(r"\S(?:.*\S)?", re.DOTALL)

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Scores of the stretch `text[start:end]` by attribute."""

    start: int
    end: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """What is said of a comment.

    `summary` has the attributes that every one of `languages` can be asked about, `unsupported` the others; both are
    empty where the comment says nothing (`text:empty` in `missing`) or has no word that a model can read
    (`text:unreadable`). `detected` is the language it is taken to be in, or `UNTOLD`.
    """

    languages: tuple[str, ...]
    detected: str
    summary: Mapping[str, float]
    spans: tuple[SpanScores, ...]
    unsupported: tuple[str, ...]
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]


def attribute_of(name: str) -> str | None:
    """The attribute that a requested name stands for; None where it is unknown.

    >>> attribute_of("INSULT_EXPERIMENTAL"), attribute_of("FLIRTATION")
    ('INSULT', None)
    """
    known = name.removesuffix(_EXPERIMENTAL)
    return known if known in ATTRIBUTES else None


def primary(language: str) -> str:
    """The language of a tag, without region or script.

    >>> primary("pt-BR")
    'pt'
    """
    return re.split("[-_]", language, maxsplit=1)[0].lower()


def sentences(text: str) -> list[Stretch]:
    """Stretches of the sentences of a text, in order, none blank; at most `MOST_SPANS`.

    A heuristic: a sentence ends at a full stop, question or exclamation mark before white space (of Chinese and
    Japanese also elsewhere), at an ellipsis, and at the end of a line. Abbreviations end one too soon.

    >>> sentences("You fool! What now? Version 1.2")
    [(0, 9), (10, 19), (20, 31)]
    """
    cuts = [0, *(end.end() for end in _END.finditer(text)), len(text)]
    found = [inner.span() for start, end in pairwise(cuts) if (inner := _BLANK.search(text, start, end)) is not None]
    together = -(-len(found) // MOST_SPANS) or 1
    groups = [found[first : first + together] for first in range(0, len(found), together)]
    return [(group[0][0], group[-1][1]) for group in groups]


def scored(
    model: Model,
    text: str,
    attributes: Collection[str],
    languages: Sequence[str] = (),
    *,
    by_sentence: bool = False,
) -> Scored:
    """Score a comment as a whole, and each sentence where wanted; every piece goes through a model once.

    Args:
        model: what answers.
        attributes: names of `ATTRIBUTES`.
        languages: those the comment is in, by the caller's word; none: the one it is taken to be in. Of several the
            greatest score counts.
        by_sentence: whether `spans` are sentences; otherwise there is one, the whole text.
    """
    detected = spoken_in(model, text)
    used = tuple(distinct(map(primary, languages))) or (detected,)
    stretches = sentences(text) if by_sentence else [(0, len(text))]
    pieces = distinct([text, *(text[start:end] for start, end in stretches)])
    heard, told = [], []
    for language in used:
        sources = {name: _sources(language, name) for name in attributes}
        questions = distinct(source.question for each in sources.values() for source in each)
        analyses = model.analyse_in(language, pieces, questions)
        heard.append(analyses[0])
        told.append([_scores(analysis, sources) for analysis in analyses])
    scores = {piece: _greatest(each) for piece, *each in zip(pieces, *told, strict=True)}
    spans = (SpanScores(start, end, scores[text[start:end]]) for start, end in stretches)
    missing = distinct(name for one in heard for name in one.missing if name.startswith("text:"))
    silent = "text:empty" in missing
    if not silent and any(_unreadable(one) for one in heard):
        missing, silent = ["text:unreadable", *missing], True
    return Scored(
        languages=used,
        detected=detected,
        summary={} if silent else scores[text],
        spans=() if silent else tuple(span for span in spans if span.scores),
        unsupported=() if silent else tuple(name for name in attributes if name not in scores[text]),
        missing=tuple(missing),
        provenance=tuple(distinct(answer.provenance for one in heard for answer in one.answers.values())),
    )


def _unreadable(analysis: Analysis) -> bool:
    """Whether a model that knows the language could read nothing."""
    nothing = not analysis.answers and analysis.coverage == 0.0
    return nothing and not any(name.startswith("language:") for name in analysis.missing)


def utf16(text: str, place: int) -> int:
    """The offset of a character in UTF-16 code units, as other languages count.

    >>> utf16("a😀b", 2)
    3
    """
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


def spoken_in(model: Model, text: str) -> str:
    """The language that a comment is taken to be in.

    What cannot be told is taken for the encoder's language, which is right for slips and slang in Latin script, and
    wrong where most letters are of another one.
    """
    (taken,) = model.spoken([text])
    letters = [character for character in normalise(text).text if character.isalpha()]
    foreign = sum(character > _LATIN_ENDS for character in letters)
    return UNTOLD if taken == HOME and 2 * foreign > len(letters) else taken


def _sources(language: str, attribute: str) -> list[Source]:
    """What may answer, the best first."""
    other = ELSEWHERE.get(language, {}).get(attribute)
    return [Source("toxicity", (ATTRIBUTES[attribute],)), *([] if other is None else [other])]


def _scores(analysis: Analysis, sources: Mapping[str, Sequence[Source]]) -> dict[str, float]:
    """Each attribute from the first source that has an answer."""
    found = {}
    for name, each in sources.items():
        values = [value for source in each if (value := _probability(analysis, source)) is not None]
        if values:
            found[name] = values[0]
    return found


def _probability(analysis: Analysis, source: Source) -> float | None:
    answer = analysis.answers.get(source.question)
    match answer.record if answer is not None else None:
        case Labels(scores=scores):
            return scores.get(source.labels[0])
        case Choice(probabilities=scores):
            return min(1.0, sum(scores[label] for label in source.labels))
        case Detection(score=score):
            return score
    return None


def _greatest(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of each attribute that all have."""
    return {name: max(one[name] for one in scores) for name in scores[0] if all(name in one for one in scores)}
