"""Words whose spelling hides what they say. All of it is heuristic: forms set by hand."""

import re
from collections.abc import Iterator, Sequence

Stretch = tuple[int, int]
"""Offsets of start and end in a text."""

_FORMS = re.compile(
    r"""(?<![^\W_])(?P<one>[^\W\d_])(?P<between>[ .\-_*])(?:[^\W\d_](?P=between)){2,40}[^\W\d_](?![^\W_])
    |(?<![\w*])[^\W\d_]{1,20}\*{1,6}[^\W\d_]{1,20}(?![\w*])""",
    re.VERBOSE,
)
"""Letters one by one (`i d i o t`), and letters under asterisks (`id*ot`)."""
_MAY = re.compile(r"\*|[ .\-_][^\W\d_][ .\-_][^\W\d_][ .\-_]")
"""Without this there are neither."""
_UNSEEN = re.compile(r"(?<=[a-zA-Z])[\xad\u200b-\u200d\u2060\ufeff]+(?=[a-zA-Z])")
"""Characters nobody sees between Latin letters; between others they may be needed."""
_LIKE = "аеорсухіјѕһԁԛԝӏκονρτυχαεıАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
"""Letters of other scripts that look like Latin ones."""
_MIXED = re.compile(rf"[a-zA-Z][{_LIKE}]|[{_LIKE}][a-zA-Z]")
_WORD = re.compile(r"\S+")


def disguised(text: str, read: Sequence[Stretch] = ()) -> tuple[float, tuple[Stretch, ...]]:
    """The share of words, 0 to 1, whose spelling is disguised, and where they are.

    `read` are stretches that a reader of the text took for disguised (figures for letters; it has the vocabulary that
    takes). Besides: letters one by one, asterisks in place of letters, letters of another script that look like Latin
    ones, characters nobody sees.

    >>> disguised("you i d i o t"), disguised("plain words, U.S. and mp3")
    ((0.8333, ((4, 13),)), (0.0, ()))
    """
    found = _merged(sorted({*read, *_found(text)}))
    if not found:
        return 0.0, ()
    words, hidden, place = 0, 0, 0
    for match in _WORD.finditer(text):
        while place < len(found) and found[place][1] <= match.start():
            place += 1
        words += 1
        hidden += place < len(found) and found[place][0] < match.end()
    return round(hidden / max(words, 1), 4), tuple(found)


def _merged(found: Sequence[Stretch]) -> list[Stretch]:
    """Stretches in order, those that overlap as one."""
    kept: list[Stretch] = []
    for start, end in found:
        if kept and start < kept[-1][1]:
            kept[-1] = kept[-1][0], max(end, kept[-1][1])
        else:
            kept.append((start, end))
    return kept


def _found(text: str) -> Iterator[Stretch]:
    if _MAY.search(text):
        yield from (match.span() for match in _FORMS.finditer(text) if _hides(match))
    if not text.isascii():
        yield from (match.span() for form in (_UNSEEN, _MIXED) for match in form.finditer(text))


def _hides(match: re.Match[str]) -> bool:
    """`a*b` is a product, and one letter beside an asterisk may be: four characters are a word."""
    return match["one"] is not None or len(match.group()) > 3
