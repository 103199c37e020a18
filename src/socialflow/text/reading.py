"""How a text is read: normalised, in tokens, and cut into windows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from socialflow.errors import ArtefactError
from socialflow.text.bundle import TOKENIZER_FILE, Bundle
from socialflow.text.casing import cases_of
from socialflow.text.disguise import undisguised
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
    `unknown` that there are words among the read ones that the vocabulary lacks.
    """

    windows: tuple[Window, ...]
    targets: tuple[Target, ...]
    coverage: float
    cut: bool
    unknown: bool


@dataclass(frozen=True, slots=True)
class Tokeniser:
    """A tokeniser and the numbers of its marks. `plain` is the same for lower-case ASCII, which needs no normaliser:
    that takes as long as all the rest."""

    library: "Tokenizer"
    plain: "Tokenizer | None"
    start: int
    end: int
    unknown: int

    def knows(self, word: str) -> bool:
        """Whether a word is one token."""
        return self.library.token_to_id(word) is not None

    def pieces(self, text: str) -> tuple[list[int], list[tuple[int, int]], list[int]]:
        """Ids, offsets and numbers of words of the tokens of a text that was normalised."""
        if self.plain is not None and text.isascii():
            found = self.plain.encode(text.lower(), add_special_tokens=False)
        else:
            found = self.library.encode(text, add_special_tokens=False)
        return found.ids, found.offsets, [word for word in found.word_ids if word is not None]  # only marks are None


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
    return Tokeniser(library, _plain(library), start, end, unknown)


def _plain(library: "Tokenizer") -> "Tokenizer | None":
    """A tokeniser with the same words, for what its normaliser would only bring to lower case."""
    from tokenizers import Tokenizer

    added = library.get_added_tokens_decoder().values()
    lowers = library.normalizer is not None and library.normalizer.normalize_str(_PRINTABLE) == _PRINTABLE.lower()
    if not lowers or library.pre_tokenizer is None or not all(token.special for token in added):
        return None
    made = Tokenizer(library.model)
    made.pre_tokenizer = library.pre_tokenizer
    return made


def reading(text: str, targets: Sequence[Target], by: Tokeniser) -> Reading:
    """How a text, of which `targets` are asked about, is read."""
    found = normalise(text)
    plain = undisguised(found.text, by.knows)
    ids, places, numbers = by.pieces(plain)
    firsts = range(0, max(len(ids) - OVERLAP, 1), _ROOM - OVERLAP)
    cut = len(firsts) > MOST_WINDOWS
    if cut:
        firsts = firsts[:MOST_WINDOWS]
        read = firsts[-1] + _ROOM
        ids, places, numbers = ids[:read], places[:read], numbers[:read]
    known = [one != by.unknown for one in ids]
    said = len(found.text) - found.text.count(" ")
    coverage = sum(end - start for start, end in compress(places, known)) / said if said else 1.0
    windows: tuple[Window, ...] = ()
    if any(known):
        begins, ends = zip(*found.spans(places), strict=True)
        columns = (ids, begins, ends, numbers, cases_of(plain, places, numbers))
        windows = tuple(_window([column[first : first + _ROOM] for column in columns], targets, by) for first in firsts)
    return Reading(windows, tuple(targets), coverage, cut, not all(known))


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
