"""The one normalisation of text, the same in training and in serving, that remembers where everything stood."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_MARKS = 30
"""Combining marks kept in a row: the bound of Unicode's stream-safe text, far beyond any language's need."""

_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters that are not white space
    r"\ud800-\udfff\ufff9-\ufffb"  # lone surrogates, marks of annotation
    # what Unicode calls default-ignorable: zero-width, direction, variation, tags, fillers
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_TONE = re.compile("[\U0001f3fb-\U0001f3ff]+")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_PICTURE = re.compile(r"([\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff])\1*")
_NAMES = {"\u2764": "heart", "\u2665": "heart", "\u2763": "heart"}
"""Of pictures that Unicode calls by what they look like in black and white."""
_SPACE = re.compile(r"\s{2,}|[^\S ]")
_LINK = re.compile(r"""(?:https?://|\bwww\.)\S*[^\s.,;:!?)\]}'"]""", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w@])@\w+")
_MORE_NAME = re.compile(r"[.-]?\w+")

_Edit = tuple[int, int, str]
"""Replace the characters from the first to before the second offset."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as the encoder reads it.

    `origin` has one entry more than `text` has characters: where each of them begins in the given text, never
    decreasing, and where the last one ends. Characters that were made from the same ones share their entry.
    """

    text: str
    origin: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the given text that `text[start:end]`, not empty, was made from: start and end offset.

        >>> found = normalise("ask  @ann_lee now")
        >>> found.text, found.span(4, 9)
        ('ask @user now', (5, 13))
        """
        return self.origin[start], self.origin[bisect_right(self.origin, self.origin[end - 1])]

    def spans(self, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """`span` of each place; (-1, -1) for empty ones."""
        if isinstance(self.origin, range):
            return [place if place[0] < place[1] else (-1, -1) for place in places]
        return [self.span(start, end) if start < end else (-1, -1) for start, end in places]


def normalise(text: str) -> Normalised:
    """What is said, without what only looks different.

    Control characters, lone surrogates and characters nobody sees go; Unicode NFC; an emoji becomes its Unicode name, a
    run of the same one once, without its skin tone, and a flag its two letters; a link becomes `http` and a user name
    `@user`; white space becomes one space, none at the ends. Applied twice it changes nothing more. Any string is
    taken, in time that grows with its length alone.

    >>> normalise("Caf\u0065\u0301\\u200b  by @ann: https://example.org/a?b").text
    'Café by @user: http'
    """
    draft = Normalised(text, range(len(text) + 1))
    plain = text.isascii() and text.isprintable()
    if not plain:
        draft = _edited(draft, _found(_UNSEEN, draft.text, ""))
    if not draft.text.isascii():
        draft = _edited(draft, _surplus_marks(draft.text))
        draft = _edited(draft, _compositions(draft.text))
        draft = _edited(draft, _found(_TONE, draft.text, ""))
        draft = _edited(draft, _flags(draft.text))
        draft = _edited(draft, _pictures(draft.text))
    if "://" in draft.text or "." in draft.text:
        draft = _edited(draft, _found(_LINK, draft.text, "http"))
    if "@" in draft.text:
        draft = _edited(draft, _names(draft.text))
    if not plain or "  " in draft.text:
        draft = _edited(draft, _found(_SPACE, draft.text, " "))
    return _edited(draft, _ends(draft.text))


def _found(pattern: re.Pattern[str], text: str, instead: str) -> Iterator[_Edit]:
    return ((*match.span(), instead) for match in pattern.finditer(text) if match.group() != instead)


def _surplus_marks(text: str) -> Iterator[_Edit]:
    """Composing a run of marks takes time with the square of its length; a run's surplus goes first."""
    run = 0
    for place, character in enumerate(text):
        run = run + len(_nfc(character)) if unicodedata.combining(character) else 0
        if run > MOST_MARKS:
            yield place, place + 1, ""


def _compositions(text: str) -> Iterator[_Edit]:
    """NFC, piece by piece: a piece ends where the next character does not act on what stands before it."""
    if unicodedata.is_normalized("NFC", text):
        return
    start = 0
    while start < len(text):
        end, piece = start + 1, _nfc(text[start])
        while end < len(text):
            longer = _nfc(text[start : end + 1])
            if not unicodedata.combining(text[end]) and longer == piece + _nfc(text[end]):
                break
            end, piece = end + 1, longer
        if piece != text[start:end]:
            yield start, end, piece
        start = end


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _flags(text: str) -> Iterator[_Edit]:
    for match in _FLAG.finditer(text):
        letters = (chr(ord(letter) - 0x1F1E6 + ord("a")) for letter in match.group())
        yield _apart(match, f"flag {''.join(letters)}")


def _pictures(text: str) -> Iterator[_Edit]:
    """Names of emoji; one that this Python's Unicode does not know yet stays."""
    for match in _PICTURE.finditer(text):
        picture = match.group(1)
        name = _NAMES.get(picture) or unicodedata.name(picture, "").lower()
        if name:
            yield _apart(match, name)


def _apart(match: re.Match[str], words: str) -> _Edit:
    """Words in place of a match, with white space between them and what stands beside it."""
    start, end = match.span()
    before = " " if start and not match.string[start - 1].isspace() else ""
    after = " " if end < len(match.string) and not match.string[end].isspace() else ""
    return start, end, f"{before}{words}{after}"


def _names(text: str) -> Iterator[_Edit]:
    for match in _NAME.finditer(text):
        yield match.start(), _name_end(text, match.end()), "@user"


def _name_end(text: str, end: int) -> int:
    """Where a name ends: letters and digits, a point or dash between them, and combining marks, which `\\w` lacks."""
    while end < len(text):
        if unicodedata.category(text[end]).startswith("M"):
            end += 1
        elif more := _MORE_NAME.match(text, end):
            end = more.end()
        else:
            break
    return end


def _ends(text: str) -> Iterator[_Edit]:
    """After white space was made single: at most one space at either end."""
    if text.startswith(" "):
        yield 0, 1, ""
    if text.endswith(" ") and len(text) > 1:
        yield len(text) - 1, len(text), ""


def _edited(draft: Normalised, edits: Iterable[_Edit]) -> Normalised:
    """Carry out edits that stand in order and do not overlap."""
    pieces: list[str] = []
    origin: list[int] = []
    done = 0
    for start, end, instead in edits:
        pieces += draft.text[done:start], instead
        origin += draft.origin[done:start]
        origin += [draft.origin[start]] * len(instead)
        done = end
    if not pieces:
        return draft
    pieces.append(draft.text[done:])
    origin += draft.origin[done:-1]
    cut_at_end = done == len(draft.text) and not instead
    origin.append(draft.origin[start] if cut_at_end else draft.origin[-1])
    return Normalised("".join(pieces), origin)
