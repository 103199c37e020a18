"""English word stems, by the algorithm of Porter."""

from functools import lru_cache

_PLURALS = (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", ""))
_DOUBLE = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
)
_SINGLE = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)
_LAST = tuple(
    (ending, "")
    for ending in (
        *("ement", "ance", "ence", "able", "ible", "ment", "ent", "ant", "ism", "ate", "iti", "ous", "ive", "ize"),
        *("ion", "al", "er", "ic", "ou"),
    )
)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem that inflected and derived forms of an English word share; other scripts come back as they are.

    M. F. Porter, An algorithm for suffix stripping, Program 14(3), 1980.

    Examples
    --------
    >>> [stem(word) for word in ("relational", "hopping", "ponies", "adjustment", "generalizations")]
    ['relat', 'hop', 'poni', 'adjust', 'gener']
    """
    if len(word) < 3 or not word.isascii():
        return word
    word = _replace(word, _PLURALS, -1)
    word = _past(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replace(word, _DOUBLE, 0)
    word = _replace(word, _SINGLE, 0)
    word = _replace(word, _LAST, 1)
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _short(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word


def _letters(word: str) -> str:
    """The word as v(owels) and c(onsonants); a y after a consonant is a vowel."""
    kinds = ""
    for place, letter in enumerate(word):
        vowel = letter in "aeiou" or (letter == "y" and place > 0 and kinds[-1] == "c")
        kinds += "v" if vowel else "c"
    return kinds


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant."""
    return _letters(word).count("vc")


def _has_vowel(word: str) -> bool:
    return "v" in _letters(word)


def _short(word: str) -> bool:
    """Whether it ends consonant, vowel, consonant, the last not w, x or y."""
    return _letters(word).endswith("cvc") and word[-1] not in "wxy"


def _replace(word: str, rules: tuple[tuple[str, str], ...], least: int) -> str:
    """By the longest ending that fits, where what stands before it measures more than `least`."""
    fitting = [rule for rule in rules if word.endswith(rule[0])]
    if not fitting:
        return word
    ending, instead = max(fitting, key=lambda rule: len(rule[0]))
    rest = word[: -len(ending)]
    if _measure(rest) <= least or (ending == "ion" and not rest.endswith(("s", "t"))):
        return word
    return rest + instead


def _past(word: str) -> str:
    """Without -ed and -ing, an e or a doubled consonant put right."""
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    rest = word[:-2] if word.endswith("ed") else word.removesuffix("ing")
    if rest == word or not _has_vowel(rest):
        return word
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if rest[-2:] == rest[-1:] * 2 and _letters(rest)[-1] == "c" and rest[-1] not in "lsz":
        return rest[:-1]
    return rest + "e" if _measure(rest) == 1 and _short(rest) else rest
