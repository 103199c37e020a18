"""How people go on: phrases that several of them used, by what they begin with."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from socialflow.text.normalise import normalise

PEOPLE = 3
"""How many people must have used a phrase, or a tag, before it is shown to anybody: what few said is theirs."""
LONGEST = 6
"""Words of a phrase at most."""
BACK_OFF = 0.4
"""What a continuation is worth less for each word of the draft that is left out of account."""

_END = re.compile(r"[.!?…]+(?:\s+|$)|[\n;:()\"“”]+")
_TOKEN = re.compile(r"[^\s,]+")
_SPACES = re.compile(r"\s+")
_PRIVATE = re.compile(r"@user|http|#|\d{4}|@")
"""Names, links, tags and long numbers end a phrase."""

Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Continuation:
    """What could come next: `added` goes right after the draft; `share`, 0 to 1, of what so began went on so."""

    added: str
    share: float


class Phrases:
    """Phrases and how many people, or texts, had each; looked up by their beginning."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts
        self._sorted = sorted(counts)

    def beginning(self, start: str) -> Iterator[tuple[str, int]]:
        """Those that begin with `start` and go on, in order of the alphabet."""
        for place in range(bisect_left(self._sorted, start), len(self._sorted)):
            phrase = self._sorted[place]
            if not phrase.startswith(start):
                return
            if len(phrase) > len(start):
                yield phrase, self._counts[phrase]

    def after(self, draft: str) -> list[Continuation]:
        """Continuations of a draft by its last three words, or fewer where nobody went on from them, best first.

        The share is counted among those who so began, times 0.4 a word that was left out (Brants et al., 2007). Best is
        what saves most letters on average: ``share * letters``.
        """
        words = open_words(draft)
        most = min(len(words), 3)
        for used in range(most, 0, -1):
            start = " ".join(words[-used:]) + " " * draft[-1:].isspace()
            found = list(self.beginning(start))
            if len(start) > 1 and found:
                whole = max(self._counts.get(start.strip(), 0), *(count for _, count in found))
                discount = BACK_OFF ** (most - used)
                shares = [Continuation(one[len(start) :], discount * count / whole) for one, count in found]
                return apart(sorted(shares, key=lambda one: -one.share * len(one.added)))
        return []


def apart(continuations: Sequence[Continuation]) -> list[Continuation]:
    """Without those that are the beginning of a better one, or go on from it."""
    kept: list[Continuation] = []
    for one in continuations:
        if not any(one.added.startswith(other.added) or other.added.startswith(one.added) for other in kept):
            kept.append(one)
    return kept


def common(texts: Mapping[int, Sequence[str]]) -> Phrases:
    """Phrases of up to six words that at least three people used, from the texts of each person.

    A phrase is only looked for where both of its parts without one word are common (Agrawal & Srikant, 1994).
    """
    spoken = [[words for text in said for words in sentences(text)] for said in texts.values()]
    kept: dict[Gram, int] = {}
    for length in range(1, LONGEST + 1):
        counts = Counter[Gram]()
        for own in spoken:
            counts.update({gram for words in own for gram in _grams(words, length, kept)})
        frequent = {gram: count for gram, count in counts.items() if count >= PEOPLE}
        if not frequent:
            break
        kept |= frequent
    return Phrases({" ".join(gram): count for gram, count in kept.items()})


def sentences(text: str) -> Iterator[Gram]:
    """Words of each stretch of a text that nothing private and no full stop interrupts, in lower case.

    >>> list(sentences("Thank you so much, @ann! See you at 10"))
    [('thank', 'you', 'so', 'much'), ('see', 'you', 'at', '10')]
    """
    for sentence in _END.split(normalise(text).text):
        words: list[str] = []
        for token in _TOKEN.findall(sentence.lower()):
            if _PRIVATE.search(token):
                yield from (tuple(words),) if words else ()
                words = []
            else:
                words.append(token)
        if words:
            yield tuple(words)


def open_words(draft: str) -> list[str]:
    """Words of the sentence that a draft ends in, in lower case.

    >>> open_words("Hi! Thank you, so mu")
    ['thank', 'you', 'so', 'mu']
    """
    return open_sentence(draft).replace(",", " ").split()


def open_sentence(draft: str) -> str:
    """The sentence that a draft ends in, in lower case, without the spaces that lead to it.

    >>> open_sentence("Hi there! Thanks, I  st")
    'thanks, i st'
    """
    return _SPACES.sub(" ", _END.split(draft)[-1].lower()).lstrip()


def _grams(words: Gram, length: int, known: Mapping[Gram, int]) -> Iterable[Gram]:
    for place in range(len(words) - length + 1):
        gram = words[place : place + length]
        if length == 1 or (gram[:-1] in known and gram[1:] in known):
            yield gram
