"""Tags from several kinds of evidence: what is written, what it is filed under, what the same people take."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from socialflow.analysis.keywords import extract
from socialflow.content.log import ItemText
from socialflow.text.stems import stem


class Source(StrEnum):
    """Where a tag comes from."""

    GIVEN = "given"
    """Hashtags and tags that people gave."""
    CATEGORY = "category"
    CLASSIFIED = "classified"
    """A category that a model told from the words."""
    PHRASE = "phrase"
    """Key phrases of the text."""
    TOPIC = "topic"
    COLLABORATIVE = "collaborative"
    """Tags of items that the same people take."""


TRUST: Mapping[Source, float] = {
    Source.GIVEN: 0.9,
    Source.CATEGORY: 0.8,
    Source.PHRASE: 0.6,
    Source.CLASSIFIED: 0.6,
    Source.COLLABORATIVE: 0.4,
    Source.TOPIC: 0.4,
}
"""How far one piece of full evidence is believed: set by hand, a heuristic."""


@dataclass(frozen=True, slots=True)
class Tag:
    """What something is about; `confidence` 0 to 1, `sources` the strongest evidence first."""

    name: str
    confidence: float
    sources: tuple[Source, ...]


Strengths = Mapping[str, float]
"""Name -> strength, 0 to 1."""


def combine(evidence: Mapping[Source, Strengths], limit: int) -> tuple[Tag, ...]:
    """The `limit` tags of most confidence, ``1 - prod_s (1 - trust_s strength_s)`` over the sources that name them.

    Names that differ in case, `#`, hyphens, spaces or English inflection alone are one tag, written as by its strongest
    source.

    >>> (tag,) = combine({Source.GIVEN: {"cats": 1}, Source.PHRASE: {"Cat": 1}}, 5)
    >>> tag.name, round(tag.confidence, 2)
    ('cats', 0.96)
    """
    found: dict[str, list[tuple[float, Source, str]]] = defaultdict(list)
    for source, names in evidence.items():
        for name, strength in names.items():
            if form := _form(name):
                found[form].append((TRUST[source] * min(1.0, strength), source, name))
    tags = []
    for pieces in found.values():
        pieces.sort(key=lambda piece: (-piece[0], piece[2]))
        doubt = 1.0
        by = {source: worth for worth, source, _ in reversed(pieces)}  # the strongest of a source counts
        for worth in by.values():
            doubt *= 1.0 - worth
        sources = sorted(by, key=lambda source: -by[source])
        tags.append(Tag(pieces[0][2].lstrip("#").strip(), 1.0 - doubt, tuple(sources)))
    return tuple(sorted(tags, key=lambda tag: (-tag.confidence, tag.name))[:limit])


def written(texts: Sequence[ItemText], phrases: int = 20) -> Mapping[Source, Strengths]:
    """Evidence of what items say: tags that they were given and categories by the share of items that have them, and
    key phrases of all their words together."""
    tags = _shares([() if "tags" in text.found else text.tags for text in texts])
    categories, classified = (
        _shares([(text.category,) for text in texts if ("category" in text.found) is found]) for found in (False, True)
    )
    together = "\n".join(f"{text.title}\n{text.description}\n{text.text}" for text in texts)
    said = {phrase.text: phrase.score for phrase in extract(together, phrases)}
    return {
        Source.GIVEN: tags,
        Source.CATEGORY: categories,
        Source.CLASSIFIED: classified,
        Source.PHRASE: said,
    }


def _shares(rows: Sequence[Sequence[str | None]]) -> Strengths:
    """The share of rows with each name, the most frequent at 1."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        for name in {name for name in row if name}:
            counts[name] += 1
    most = max(counts.values(), default=1)
    return {name: count / most for name, count in counts.items()}


def _form(name: str) -> str:
    words = name.casefold().lstrip("#").replace("-", " ").replace("_", " ").split()
    return "".join(stem(word) for word in words)
