"""How toxic the words are that media show or say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from socialflow.kit.answers import Provenance, Tier
from socialflow.moderation.gather.combining import MOST_PLACES, Sheet
from socialflow.moderation.gather.text import offences, why, worst
from socialflow.moderation.records import Place
from socialflow.text.records import Analysis


class Said(NamedTuple):
    """Words of a film, and from when to when they are there, seconds."""

    text: str
    start: float
    end: float


def toxicity_of(
    sheet: Sheet, name: str, reader: Provenance, told: Analysis | None, said: Sequence[Said] = (), *, weak: bool = False
) -> None:
    """Write down how toxic words are that `reader` read or heard, by what the text analysis says of them; None: there
    are no words.

    What made it is named as `reader>judge`. `said` are the words in time, joined by one character; `weak`: the reader
    errs so often that no word is sure, which makes the signal a heuristic.
    """
    if told is None or "text:empty" in told.missing:
        sheet.read(name, 0.0, reader, tier=Tier.HEURISTIC if weak else reader.tier)
        return
    found = worst(told)
    if found is None:
        sheet.lack(why(told), name)
        return
    sheet.readings[name] = replace(
        found,
        model=f"{reader.model}>{found.model}",
        version=f"{reader.version}>{found.version}",
        tier=Tier.HEURISTIC if weak else found.tier,
        places=_times(offences(told), said),
    )


def _times(places: Sequence[Place], said: Sequence[Said]) -> tuple[Place, ...]:
    """When the words are there whose offsets are given: each of them once, by the greatest score."""
    found = dict[Said, float]()
    begin = 0
    for one in said:
        end = begin + len(one.text)
        scores = [place.score for place in places if place.start < end and place.end > begin]
        if scores:
            found[one] = max(scores)
        begin = end + 1
    return tuple(Place(one.start, one.end, score) for one, score in found.items())[:MOST_PLACES]
