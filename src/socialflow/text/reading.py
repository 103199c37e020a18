"""How a text is read: normalised, in tokens, and cut into windows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from socialflow.errors import ArtefactError
from socialflow.text.bundle import TOKENIZER_FILE, Bundle
from socialflow.text.casing import case_of, cases_of
from socialflow.text.disguise import unmasked
from socialflow.text.normalise import normalise

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WINDOW = 128
"""Tokens of a window, the two that mark its ends included."""
OVERLAP = 32
"""Tokens that a window shares with the one before it, so that what one cuts the other has whole."""
MOST_WINDOWS = 32
"""Windows read of one text, the first ones: about 3,000 tokens, 15,000 characters of English."""
_ROOM = WINDOW - 2
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_WORD = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9 ]")
"""Words and signs of plain ASCII."""
_WORDS_KEPT = 1 << 14
"""Words whose pieces are remembered: 5 MB."""

Target = tuple[int, int]
"""A stretch of a text that is asked about: start and end offset in the text as the caller gave it."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of a text: `ids` of its t tokens, the marks of both ends included.

    `starts` and `ends` (t,) are offsets in the text as the caller gave it, -1 at marks; `words` (t,) numbers the words,
    so that the pieces of one share a number, -1 at marks; `cases` (t,) says how the words are written. `targets` are
    those of which a token stands in the window.
    """

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    words: tuple[int, ...]
    cases: tuple[int, ...]
    targets: tuple[Target, ...]

    def inside(self, target: Target) -> list[bool]:
        """Which tokens (t,) share a character with a target."""
        return [start < target[1] and end > target[0] for start, end in zip(self.starts, self.ends, strict=True)]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text is read. No windows: nothing in it can be.

    `coverage`, 0 to 1, is the share of its characters, white space aside, that stand in a window in words the
    vocabulary knows; 1.0 for a text that says nothing. `cut` tells that there were more windows than are read,
    `unknown` that there are words among the read ones that the vocabulary lacks. `disguised` are words that were read
    as they are meant, by their offsets in the text as the caller gave it.
    """

    windows: tuple[Window, ...]
    targets: tuple[Target, ...]
    coverage: float
    cut: bool
    unknown: bool
    disguised: tuple[Target, ...] = ()


class Tokeniser:
    """A tokeniser and the numbers of its marks.

    Where it does nothing to plain ASCII but to bring it to lower case and to part words and signs, such text is parted
    here and each word asked for once: the library takes five times as long, most of it for what it may not find.
    """

    def __init__(self, library: "Tokenizer", start: int, end: int, unknown: int) -> None:
        self._library, self._model = library, library.model
        self.start, self.end, self.unknown = start, end, unknown
        self._parts = _parts_words(library)
        self._word = lru_cache(_WORDS_KEPT)(self._asked)

    def knows(self, word: str) -> bool:
        """Whether a word is one token."""
        return self._library.token_to_id(word) is not None

    def pieces(self, text: str) -> "Pieces":
        """The tokens of a text that was normalised."""
        if not (self._parts and text.isascii()):
            found = self._library.encode(text, add_special_tokens=False)
            words = [word for word in found.word_ids if word is not None]
            return Pieces(found.ids, found.offsets, words, cases_of(text, found.offsets, words))
        told = Pieces([], [], [], [])
        for number, match in enumerate(_WORD.finditer(text)):
            first = match.start()
            for piece, start, end, case in self._word(match.group()):
                told.ids.append(piece)
                told.places.append((first + start, first + end))
                told.words.append(number)
                told.cases.append(case)
        return told

    def _asked(self, word: str) -> tuple[tuple[int, int, int, int], ...]:
        """Ids of the pieces of a word, where they begin and where they end, and how the word is written."""
        case = case_of(word)
        return tuple((token.id, *token.offsets, case) for token in self._model.tokenize(word.lower()))


class Pieces(NamedTuple):
    """Tokens (t,) of a text: `ids`, `places` in it, numbers of the `words` they are pieces of, and `cases` of these."""

    ids: list[int]
    places: list[tuple[int, int]]
    words: list[int]
    cases: list[int]

    def until(self, end: int) -> "Pieces":
        """The first of them."""
        return Pieces(self.ids[:end], self.places[:end], self.words[:end], self.cases[:end])


def _parts_words(library: "Tokenizer") -> bool:
    """Whether words of plain ASCII are what `_WORD` finds in lower case, each of them by itself."""
    parted = library.pre_tokenizer.pre_tokenize_str(_PRINTABLE) if library.pre_tokenizer is not None else []
    same = [(match.group(), match.span()) for match in _WORD.finditer(_PRINTABLE)] == parted
    lowers = library.normalizer is not None and library.normalizer.normalize_str(_PRINTABLE) == _PRINTABLE.lower()
    added = library.get_added_tokens_decoder().values()
    return same and lowers and all(token.special for token in added) and type(library.model).__name__ == "WordPiece"


def tokeniser(bundle: Bundle) -> Tokeniser:
    """That of a bundle. Raises ArtefactError."""
    from tokenizers import Tokenizer

    path = bundle.directory / TOKENIZER_FILE
    try:
        library = Tokenizer.from_file(str(path))
    except Exception as problem:  # the library raises nothing more particular
        raise ArtefactError(f"{path} cannot be read: {problem}") from problem
    marks = [library.token_to_id(mark) for mark in ("[CLS]", "[SEP]", "[UNK]")]
    start, end, unknown = (-1 if mark is None else mark for mark in marks)
    if min(start, end, unknown) < 0:
        raise ArtefactError(f"{path} lacks one of [CLS], [SEP] and [UNK]")
    library.no_truncation()
    library.no_padding()
    library.encode_special_tokens = True  # "[SEP]" in somebody's text is only text
    return Tokeniser(library, start, end, unknown)


def reading(text: str, targets: Sequence[Target], by: Tokeniser) -> Reading:
    """How a text, of which `targets` are asked about, is read."""
    found = normalise(text)
    plain, masked = unmasked(found.text, by.knows)
    pieces = by.pieces(plain)
    firsts = range(0, max(len(pieces.ids) - OVERLAP, 1), _ROOM - OVERLAP)
    cut = len(firsts) > MOST_WINDOWS
    if cut:
        firsts = firsts[:MOST_WINDOWS]
        pieces = pieces.until(firsts[-1] + _ROOM)
    ids, places, words, cases = pieces
    known = [one != by.unknown for one in ids]
    said = len(found.text) - found.text.count(" ")
    coverage = sum(end - start for start, end in compress(places, known)) / said if said else 1.0
    windows: tuple[Window, ...] = ()
    if any(known):
        begins, ends = zip(*found.spans(places), strict=True)
        columns = (ids, begins, ends, words, cases)
        windows = tuple(_window([column[first : first + _ROOM] for column in columns], targets, by) for first in firsts)
    return Reading(windows, tuple(targets), coverage, cut, not all(known), tuple(found.spans(masked)))


def _window(columns: Sequence[Sequence[int]], targets: Sequence[Target], by: Tokeniser) -> Window:
    """From its ids, starts, ends, words and cases, without the marks of both ends."""
    ids, starts, ends, words, cases = columns
    window = Window(
        ids=(by.start, *ids, by.end),
        starts=(-1, *starts, -1),
        ends=(-1, *ends, -1),
        words=(-1, *words, -1),
        cases=(0, *cases, 0),
        targets=(),
    )
    told = tuple(target for target in targets if any(window.inside(target)))
    return replace(window, targets=told) if told else window
