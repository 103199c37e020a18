"""Ways of writing that carry no meaning: tricks of spelling, and casual style.

All are put on harmful and harmless text alike, so that a disguise by itself is no sign of harm.
"""

import re
from collections.abc import Callable

import numpy as np

_LEET = str.maketrans(
    {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7", "A": "4", "E": "3", "I": "1", "O": "0", "S": "5"}
)
_LIGHT_LEET = str.maketrans({"a": "@", "i": "!", "s": "$", "o": "0", "e": "3"})
_LOOKALIKE = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "i": "і", "s": "ѕ", "y": "у"})
_WORD = re.compile(r"[^\W\d_]{4,}")
_VOWEL = re.compile(r"[aeiouAEIOU]")
_ENDINGS = (
    "",
    "",
    "",
    "!",
    "!!",
    " lol",
    " smh",
    " tbh",
    " 😂",
    " 🙄",
    " 🔥",
    " ❤️",
    " 😡",
    "...",
    " #fyp",
    " honestly",
    " 💯",
)
_OPENINGS = ("", "", "", "@user ", "lol ", "ok so ", "honestly, ", "RT ", "Hmm. ", "@user @user ")

Rewrite = Callable[[str, np.random.Generator], str]


def _stars(word: str, rng: np.random.Generator) -> str:
    """Vowels after the first letter hidden, one or all: h*te, b**utiful."""
    return word[0] + _VOWEL.sub("*", word[1:], count=int(rng.integers(2)))


def _repeated(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word)))
    return word[:at] + word[at] * int(rng.integers(2, 5)) + word[at:]


def _swapped(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word) - 2))
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _dropped(word: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(word) - 1))
    return word[:at] + word[at + 1 :]


WORD_DISGUISES: dict[str, Rewrite] = {
    "leet": lambda word, _: word.translate(_LEET),
    "light_leet": lambda word, _: word.translate(_LIGHT_LEET),
    "stars": _stars,
    "spaced": lambda word, _: " ".join(word),
    "dotted": lambda word, _: ".".join(word),
    "dashed": lambda word, _: "-".join(word),
    "repeated": _repeated,
    "swapped": _swapped,
    "dropped": _dropped,
    "lookalike": lambda word, _: word.translate(_LOOKALIKE),
    "shouted": lambda word, _: word.upper(),
}
TEXT_DISGUISES: dict[str, Rewrite] = {
    "leet_all": lambda text, _: text.translate(_LEET),
    "joined": lambda text, _: text.replace(" ", ""),
    "hashtag": lambda text, _: "#" + re.sub(r"\W", "", text.title()),
    "spaced_all": lambda text, _: " ".join(text.replace(" ", "")),
    "shouted_all": lambda text, _: text.upper(),
    "lookalike_all": lambda text, _: text.translate(_LOOKALIKE),
}
_WHOLE_SHARE = 0.2
_WHOLE_LIMIT = 60


def disguised(text: str, rng: np.random.Generator) -> str:
    """The text with one trick: on half of its longer words (two at least), or on a short text as a whole."""
    if len(text) <= _WHOLE_LIMIT and rng.random() < _WHOLE_SHARE:
        return TEXT_DISGUISES[list(TEXT_DISGUISES)[rng.integers(len(TEXT_DISGUISES))]](text, rng)
    trick = WORD_DISGUISES[list(WORD_DISGUISES)[rng.integers(len(WORD_DISGUISES))]]
    spots = list(_WORD.finditer(text))
    chosen = set(rng.permutation(len(spots))[: max(2, len(spots) // 2)].tolist())
    for place in sorted(chosen, reverse=True):
        spot = spots[place]
        text = text[: spot.start()] + trick(spot.group(), rng) + text[spot.end() :]
    return text


def casual(text: str, rng: np.random.Generator) -> str:
    """The text as typed in a hurry: lower case, no full stop, an opening or an ending that says nothing."""
    if rng.random() < 0.6:
        text = text.lower()
    ending = _ENDINGS[rng.integers(len(_ENDINGS))]
    return _OPENINGS[rng.integers(len(_OPENINGS))] + (text.removesuffix(".") + ending if ending else text)
