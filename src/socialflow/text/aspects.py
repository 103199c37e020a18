"""How an author feels about each thing that a text speaks of: things that are named, or that are found in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.text.phrases import FoundBy, Place, places_of
from socialflow.text.ports import Answering
from socialflow.text.reading import Target
from socialflow.text.records import Analysis, Polarities, Sentiment, Spans
from socialflow.text.told import Told, told

MOST_MENTIONS = 10
"""Mentions of one aspect that are read, the first ones."""
MOST_FOUND = 20
"""Aspects that are found in one text, the first ones."""
_NOUN_PHRASES = Provenance("noun_phrases", "1", Tier.HEURISTIC)


class Mention(TypedDict):
    """The stretch `text[start:end]`."""

    start: int
    end: int


class AspectTold(TypedDict):
    """How the author feels about one thing, the mean of its mentions; scores as in `feelings.SentimentTold`."""

    aspect: str
    sentiment: str
    sentiment_score: float
    positive_score: float
    negative_score: float
    neutral_score: float
    confidence: float
    mentions: list[Mention]
    found_by: FoundBy


class AspectsTold(Told):
    """In the order of the text; what was given and stands nowhere in it, or could not be read, is `aspect:NAME` of
    `missing`."""

    aspects: list[AspectTold]


def aspects(analyser: Answering, text: str, given: Sequence[str] | None = None) -> AspectsTold:
    """Sentiment towards each of the `given` aspects, or towards those that are found where none are given.

    One encoding finds entities and judges every stretch that may be an aspect; the others are then dropped.
    """
    if given is not None:
        return _given(analyser, text, dict.fromkeys(given))
    places, language = places_of(text)
    targets = [place.target for place in places]
    (analysis,) = analyser.analyse([text], ("entities", "aspect"), [targets])
    named = analysis.record("entities", Spans)
    entities = [] if named is None else [(span.start, span.end) for span in named.spans]
    kept = [settled for place in places if (settled := _settled(place, entities)).by]
    mentions: dict[str, list[Place]] = {}
    for place in kept:
        mentions.setdefault(text[place.start : place.end].casefold(), []).append(place)
    first = dict(list(mentions.items())[:MOST_FOUND])
    found = _told(text, analysis, first)
    if language not in (None, "en"):
        found["missing"].append("aspects:noun_phrases")
        found["status"] = Status.PARTIAL if found["aspects"] else Status.ABSTAINED
    elif any(aspect["found_by"] is FoundBy.NOUN_PHRASES for aspect in found["aspects"]):
        found["provenance"].append(_NOUN_PHRASES)
    return found


def _given(analyser: Answering, text: str, names: Iterable[str]) -> AspectsTold:
    mentions = {name: list(_mentions(text, name)) for name in names}
    targets = [place.target for places in mentions.values() for place in places]
    (analysis,) = analyser.analyse([text], ("aspect",), [targets])
    found = _told(text, analysis, mentions)
    judged = {aspect["aspect"] for aspect in found["aspects"]}
    unread = [f"aspect:{name}" for name in mentions if name not in judged]
    found["missing"] += unread
    if unread or not mentions:
        found["status"] = Status.PARTIAL if judged else Status.ABSTAINED
    return found


def _mentions(text: str, name: str) -> Iterable[Place]:
    """Where a name stands as whole words, in any case."""
    if not name.strip():
        return
    whole = re.compile(rf"(?<!\w){re.escape(name.strip())}(?!\w)", re.IGNORECASE)
    for number, match in enumerate(whole.finditer(text)):
        if number == MOST_MENTIONS:
            break
        yield Place(*match.span(), FoundBy.GIVEN)


def _told(text: str, analysis: Analysis, mentions: Mapping[str, Sequence[Place]]) -> AspectsTold:
    """Mentions of each aspect as one answer, in the order of their first."""
    record = analysis.record("aspect", Polarities)
    read = {} if record is None else {(one.start, one.end): one.sentiment for one in record.targets}
    judged: list[AspectTold] = []
    for name, places in mentions.items():
        known = [place for place in places if place.target in read][:MOST_MENTIONS]
        if known:
            shown = name if known[0].by is FoundBy.GIVEN else text[known[0].start : known[0].end]
            judged.append(_aspect(shown, known, [read[place.target] for place in known]))
    judged.sort(key=lambda aspect: aspect["mentions"][0]["start"])
    of_text = told(analysis)
    of_text["missing"] = [name for name in of_text["missing"] if not name.startswith("aspect:")]
    if not of_text["missing"] and of_text["status"] is Status.PARTIAL:
        of_text["status"] = Status.COMPLETE
    return AspectsTold(**of_text, aspects=judged)


def _aspect(name: str, places: Sequence[Place], felt: Sequence[Sentiment]) -> AspectTold:
    labels = felt[0].probabilities
    mean = Sentiment.of({label: sum(one.probabilities[label] for one in felt) / len(felt) for label in labels})
    return AspectTold(
        aspect=name,
        sentiment=mean.label,
        sentiment_score=mean.score,
        positive_score=mean.probabilities["positive"],
        negative_score=mean.probabilities["negative"],
        neutral_score=mean.probabilities["neutral"],
        confidence=mean.probabilities[mean.label],
        mentions=[Mention(start=place.start, end=place.end) for place in places],
        found_by=places[0].by or FoundBy.ENTITIES,
    )


def _settled(place: Place, entities: Sequence[Target]) -> Place:
    """As it is, or found by the entity that stands in it."""
    inside = any(start < place.end and end > place.start for start, end in entities)
    return replace(place, by=FoundBy.ENTITIES) if inside and place.by is not FoundBy.HASHTAGS else place
