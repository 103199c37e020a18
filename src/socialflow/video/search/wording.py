"""Names of classes as people say them, and the words of a text as they are compared."""

import re

from socialflow.text.stems import stem
from socialflow.text.stopwords import stop_words

_APART = re.compile(r"\s*[,;/()\[\]]\s*")
_JOINED = re.compile(r"[_\s]+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
SHORT = 2_000
"""Characters that are read of one text."""
MOST_PHRASES = 16
"""Phrases of a query that are looked for one by one."""


def spellings(label: str) -> tuple[str, ...]:
    """Ways to say the name of a class, each once: what commas, slashes and brackets set apart are other names for it.

    >>> spellings("tabby, tabby cat"), spellings("traffic_light"), spellings("Filing (rasp)")
    (('tabby', 'tabby cat'), ('traffic light',), ('filing', 'rasp'))
    """
    parts = (_JOINED.sub(" ", part).strip().casefold() for part in _APART.split(label))
    return tuple(dict.fromkeys(part for part in parts if part)) or (label.strip().casefold(),)


def phrases(text: str) -> tuple[str, ...]:
    """What stands between the words of a text that only say how it is built; none where it is one phrase.

    >>> phrases("A woman is playing with a dog on the lead"), phrases("a soccer ball")
    (('woman', 'playing', 'dog', 'lead'), ())
    """
    found: list[list[str]] = [[]]
    for word in _WORD.findall(text[:SHORT]):
        if word.casefold().replace("’", "'") in stop_words("en"):
            found.append([])
        else:
            found[-1].append(word)
    told = tuple(dict.fromkeys(" ".join(words) for words in found if words))[:MOST_PHRASES]
    return told if len(told) > 1 else ()


def stems(text: str) -> tuple[str, ...]:
    """Stems of the words that say something, each once, in order; all words' where none does.

    >>> stems("The dogs were running"), stems("who is it")
    (('dog', 'run'), ('who', 'is', 'it'))
    """
    words = [word.casefold().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text[:SHORT])]
    telling = [word for word in words if word not in stop_words("en")] or words
    return tuple(dict.fromkeys(stem(word) for word in telling))
