"""Words written with figures for letters, as they are meant: what hides a word from a reader of words."""

import re
from collections.abc import Callable, Sequence

_SIGNS = re.compile(r"[\d@$]")
_AMOUNT = re.compile(r"\d{2,}[^\W\d_]{1,2}")
"""10k, 100m, 80s."""
_MIXED = re.compile(
    r"(?<![\w@$])(?=[\d@$]*[^\W\d_])(?=[^\W\d_]*[\d@$])[^\W_@$]*(?:[@$]+[^\W_]+)*(?![\w@$])", re.UNICODE
)
_MEANT = str.maketrans("0134578@$", "oieastbas")
_ALSO = str.maketrans("0134578@$", "oleastbas")
"""A 1 is an l as well."""
_SHORTEST = 3
_PLAIN = 2
"""Words that surely are disguised, from which every mixed word of a text is taken to be."""


def undisguised(text: str, known: Callable[[str], bool]) -> str:
    """As `unmasked`, the text alone.

    >>> vocabulary = {"hate", "the", "mp3"}
    >>> undisguised("1 h473 7h3 mp3 of b2b kl4u5", vocabulary.__contains__)
    '1 hate the mp3 of b2b klaus'
    """
    return unmasked(text, known)[0]


def unmasked(text: str, known: Callable[[str], bool]) -> tuple[str, Sequence[tuple[int, int]]]:
    """A text of the same length, in which words that mix letters and figures stand as they are meant, and where.

    A word is changed where it is unknown as it stands and known as it is meant, so that `mp3`, `2nd` and `b2b` stay;
    all that mix both are where two such words are in the text.

    >>> unmasked("1 h473 it", {"hate", "it"}.__contains__)
    ('1 hate it', [(2, 6)])
    """
    if not _SIGNS.search(text):
        return text, ()
    words = [match for match in _MIXED.finditer(text) if len(match.group()) >= _SHORTEST]
    unknown = [match for match in words if not known(match.group().lower()) and not _AMOUNT.fullmatch(match.group())]
    meant = {match.span(): found for match in unknown if (found := _meant(match.group(), known))}
    if len(meant) >= _PLAIN:
        meant = {match.span(): meant.get(match.span()) or match.group().translate(_MEANT) for match in unknown}
    for (start, end), word in meant.items():
        text = text[:start] + word + text[end:]
    return text, list(meant)


def _meant(word: str, known: Callable[[str], bool]) -> str | None:
    return next((read for table in (_MEANT, _ALSO) if known((read := word.translate(table)).lower())), None)
