"""Key phrases of one text, by statistics of the text alone."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from socialflow.text.stems import stem
from socialflow.text.stopwords import guess_language, stop_words

_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+|(?<!\w)@\w+")
_BREAK = re.compile(r"(?<=[.!?…。！？])[\"'”’)]*\s+|[\n,;:()\[\]{}\"“”«»„—–|/…。！？、，]|\s-+\s|--+|\.{2,}")
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e\u200c\u200d"
_WORD = re.compile(rf"[\w{_MARKS}]+(?:['’.\-][\w{_MARKS}]+)*")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|un|(?:a|da|de|ne|su)ll)['’](?=\w)|['’]s$", re.IGNORECASE)
"""The article or pronoun that French and Italian words begin with, the possessive that English ones end with."""

_FREQUENCY, _LENGTH, _POSITION = 0.7, 1.0, 0.5
_LONGEST_COUNTED = 12
_NAME, _PHRASE = 1.5, 1.2
_SWALLOWED = 0.5

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyPhrase:
    """What a text is about, in its own words."""

    text: str
    """As it is most often written there."""
    score: float
    """0 to 1, relative to the best phrase of this text; scores of two texts do not compare."""
    count: int
    """Occurrences, in any inflected form that is recognised."""


@dataclass(slots=True)
class _Candidate:
    first: int
    """Content words before its first occurrence."""
    spellings: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        return self.spellings.total()

    @property
    def spelling(self) -> str:
        return max(self.spellings, key=lambda text: self.spellings[text])

    def is_name(self) -> bool:
        return all(word[0].isupper() for text in self.spellings for word in text.split())


def extract(text: str, limit: int = 10, longest: int = 3, language: str | None = None) -> list[KeyPhrase]:
    """The best `limit` key phrases of up to `longest` words, best first: a heuristic that needs no training.

    Candidates are words, and runs of words that no function word and no punctuation interrupts. A word that occurs
    f times in any form, is l letters long (12 at most) and stands behind n content words weighs

        w = f^0.7 * l / sqrt(ln(e + n))

    (frequent, long, early: length stands in for rarity, by Zipf's law of abbreviation); a phrase weighs the mean of its
    words, times its cohesion (its frequency over that of its most frequent word), times 1.2 (1.5 for one that is always
    capitalised) for every word after the first. Of a phrase and a part of it, only the better one is kept where half of
    the occurrences of the part are within the phrase. The constants were chosen on half of a public set
    (`python -m benchmarks keywords`); case and spread of single words added nothing there.

    Args:
        text: at any length; time grows with it in proportion.
        language: ISO 639-1; without it, the one whose function words the text has. Inflected forms are recognised in
            English, written forms alone elsewhere. Languages without spaces between words give whole clauses.

    Examples
    --------
    >>> [phrase.text for phrase in extract("A walk through the night market: the night market opens at nine.", 2)]
    ['night market', 'walk']
    """
    clauses = list(_clauses(text))
    spoken = [word.lower() for clause in clauses for word in clause]
    language = language or guess_language(spoken)
    candidates = _candidates(clauses, longest, language)
    scores = _scores(candidates)
    chosen: list[Key] = []
    for key in sorted(scores, key=lambda key: -scores[key]):
        if len(chosen) == limit:
            break
        if not any(_overlap(key, other, candidates) for other in chosen):
            chosen.append(key)
    best = scores[chosen[0]] if chosen else 1.0
    return [KeyPhrase(candidates[key].spelling, scores[key] / best, candidates[key].count) for key in chosen]


def content_words(text: str, language: str | None = None) -> list[str]:
    """The words of a text that say what it is about, in lower case and in order; `language` as in `extract`.

    >>> content_words("The drone filmed the glacier!")
    ['drone', 'filmed', 'glacier']
    """
    words = [word.lower() for clause in _clauses(text) for word in clause]
    language = language or guess_language(words)
    functional = stop_words(language) if language else frozenset()
    return [word for word in words if _speaks(word, functional)]


def _clauses(text: str) -> Iterator[list[str]]:
    """Words between one punctuation mark and the next, without links and user names."""
    plain = _NOISE.sub(" | ", unicodedata.normalize("NFC", text))
    for clause in _BREAK.split(plain):
        yield [_ELIDED.sub("", word).strip("_") for word in _WORD.findall(clause)]


def _candidates(clauses: Sequence[Sequence[str]], longest: int, language: str | None) -> Mapping[Key, _Candidate]:
    """Runs of 1 to `longest` content words, under the stems of their words."""
    functional = stop_words(language) if language else frozenset()
    found: dict[Key, _Candidate] = {}
    before = 0
    for clause in clauses:
        for run in _runs(clause, functional):
            stems = [_stem(word, language) for word in run]
            for start in range(len(run)):
                for end in range(start + 1, min(start + longest, len(run)) + 1):
                    key = tuple(stems[start:end])
                    candidate = found.setdefault(key, _Candidate(before + start))
                    candidate.spellings[" ".join(run[start:end])] += 1
            before += len(run)
    return found


def _runs(clause: Sequence[str], functional: frozenset[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for word in clause:
        if _speaks(word, functional):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _speaks(word: str, functional: frozenset[str]) -> bool:
    """Whether a word can be a key phrase: three letters (two, outside ASCII), not a number, not a function word."""
    least = 3 if word.isascii() else 2
    return len(word) >= least and word[0].isalpha() and word.lower().replace("’", "'") not in functional


def _stem(word: str, language: str | None) -> str:
    folded = word.lower().replace("’", "'")
    return stem(folded) if language in ("en", None) else folded


def _scores(candidates: Mapping[Key, _Candidate]) -> dict[Key, float]:
    words = {}
    for key, one in candidates.items():
        if len(key) == 1:
            length = min(len(one.spelling), _LONGEST_COUNTED)
            words[key[0]] = one.count**_FREQUENCY * length**_LENGTH / math.log(math.e + one.first) ** _POSITION
    scores = {}
    for key, one in candidates.items():
        if len(set(key)) < len(key):
            continue
        cohesion = one.count / max(candidates[(word,)].count for word in key)
        bonus = (_NAME if one.is_name() else _PHRASE) ** (len(key) - 1)
        scores[key] = sum(words[word] for word in key) / len(key) * cohesion * bonus
    return scores


def _overlap(one: Key, other: Key, candidates: Mapping[Key, _Candidate]) -> bool:
    """Whether the shorter lies within the longer in at least half of its occurrences."""
    part, whole = sorted((one, other), key=len)
    within = any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))
    return within and candidates[whole].count >= _SWALLOWED * candidates[part].count
