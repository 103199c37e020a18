"""Stretches of a text that may be what it speaks of: a heuristic, by its function words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from socialflow.text.reading import Target
from socialflow.text.stopwords import guess_language, stop_words

_MOST_RUNS, _LONGEST_RUN = 100, 3
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@\w+")
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
_POINTING = "the a an my your his her its our their this that these those of with for"
_BEING = "is are was were isn't aren't wasn't weren't"
_JUDGING = """
    amazing annoying average awesome awful bad beautiful best better big boring brilliant broken cheap clean clear
    comfy cool crappy cute decent delicious dirty disappointing disgusting dreadful dull easy excellent expensive
    fabulous fantastic fast fine fresh friendly fun funny garbage good gorgeous great hard heavy helpful hideous high
    hilarious horrible huge impressive incredible interesting lame lazy loud lousy lovely low mediocre nasty neat new
    nice noisy ok okay old overpriced overrated perfect pleasant poor pretty quick quiet reliable rude sad sharp shiny
    slow small smooth solid stunning stupid superb sweet terrible tiny ugly underrated unreliable unusable useful
    useless weak weird wonderful worse worst worth wrong
    admire adore adored blows bought breaks broke costs crashed crashes deserves died disappointed dislike disliked
    enjoy enjoyed failed fails feels felt hate hated hates improved keeps lacks lasts like liked looked looks love
    loved loves needs prefer recommend rocks ruined sounded sounds stinks stopped sucked sucks tasted tastes turned
    worked works"""
"""English words that judge or say how something does: a noun phrase ends before them and begins after them."""
_SELDOM = """
    bit couple day days fact hour hours issue issues lot minute minutes money month months one people person point
    problem problems reason thing things time times way week weeks year years"""
"""Nouns that are seldom what somebody feels about."""
_LISTING = frozenset({",", "and", "or", "&", ", and", ", or"})
"""What stands between the things of a list."""
_BREAKING, _VAGUE = frozenset(_JUDGING.split()), frozenset(_SELDOM.split())
_BEFORE = _BREAKING | frozenset(_POINTING.split())
_AFTER = _BREAKING | frozenset(_BEING.split())


class FoundBy(StrEnum):
    """What found an aspect."""

    GIVEN = "given"
    ENTITIES = "entities"
    HASHTAGS = "hashtags"
    NOUN_PHRASES = "noun_phrases"
    """A heuristic, of English alone: words that stand after an article or beside a word that judges."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch that may be an aspect; where `by` is None, only if the model finds an entity in it."""

    start: int
    end: int
    by: FoundBy | None

    @property
    def target(self) -> Target:
        """As the encoder is asked about it."""
        return self.start, self.end


def places_of(text: str) -> tuple[list[Place], str | None]:
    """Runs of words that may be aspects, the first 100, and the language by which they were found (None: unknown).

    >>> [(place.start, place.end, place.by) for place in places_of("Love the screen")[0]]
    [(9, 15, <FoundBy.NOUN_PHRASES: 'noun_phrases'>)]
    """
    plain = _NO_WORDS.sub(lambda match: "|" * len(match.group()), text)
    words = list(_WORD.finditer(plain))
    spoken = [match.group().lower().replace("’", "'") for match in words]
    language = guess_language(spoken)
    english, functional = language in (None, "en"), stop_words(language or "en")
    places: list[Place] = []
    for first, last in islice(_runs(plain, words, spoken, functional), _MOST_RUNS):
        start = words[max(first, last + 1 - _LONGEST_RUN)].start()
        before = spoken[first - 1] if first and _beside(plain, words, first - 1) else ""
        after = spoken[last + 1] if last + 1 < len(words) and _beside(plain, words, last) else ""
        listed = places and places[-1].by and plain[places[-1].end : start].strip() in _LISTING
        by = None
        if _is_hashtag(plain, words[first]):
            by = FoundBy.HASHTAGS
        elif english and spoken[last] not in _VAGUE and (before in _BEFORE or after in _AFTER or listed):
            by = FoundBy.NOUN_PHRASES
        places.append(Place(start, words[last].end(), by))
    return places, language


def _runs(
    text: str, words: Sequence[re.Match[str]], spoken: Sequence[str], functional: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """First and last word of each stretch that nothing interrupts; a hashtag is one of its own."""
    first = 0
    while first < len(words):
        last = first
        if not _ends(spoken[first], functional):
            while (
                last + 1 < len(words)
                and _beside(text, words, last)
                and not _ends(spoken[last + 1], functional)
                and not _is_hashtag(text, words[first])
            ):
                last += 1
            yield first, last
        first = last + 1


def _ends(word: str, functional: frozenset[str]) -> bool:
    """Whether a noun phrase cannot hold this word."""
    adverb = len(word) > 4 and word.endswith("ly")
    return word in functional or word in _BREAKING or adverb or word.isdigit()


def _is_hashtag(text: str, word: re.Match[str]) -> bool:
    return word.start() > 0 and text[word.start() - 1] == "#"


def _beside(text: str, words: Sequence[re.Match[str]], place: int) -> bool:
    """Whether only a space stands between a word and the next."""
    return text[words[place].end() : words[place + 1].start()] == " "
