"""The one encoding of a text that all answers are made from: windows of tokens, run length by length."""

import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.inference.onnx import open_session
from socialflow.text.bundle import ENCODER_FILE, TOKENIZER_FILE, Bundle, FloatArray
from socialflow.text.casing import cases_of
from socialflow.text.disguise import undisguised
from socialflow.text.normalise import Normalised, normalise

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

WINDOW = 128
"""Tokens of a window, the two that mark its ends included."""
OVERLAP = 32
"""Tokens that a window shares with the one before it, so that what one cuts the other has whole."""
MOST_WINDOWS = 32
"""Windows read of one text, the first ones: about 3,000 tokens, 15,000 characters of English."""
_TOKENS_AT_ONCE = 1024
"""Tokens of one run, padding included: what activations take then stays in the caches of a processor."""
_AT_ONCE = min(2, os.cpu_count() or 1)
"""Runs of one call that go on beside each other, where it takes several."""

IntArray = npt.NDArray[np.int64]


Target = tuple[int, int]
"""A stretch of a text that is asked about: start and end offset in the text as the caller gave it."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of a text: `ids` (t,), the marks of both ends included.

    `starts` and `ends` (t,) are offsets in the text as the caller gave it, -1 at marks; `words` (t,) numbers the words,
    so that the pieces of one share a number, -1 at marks; `cases` (t,) says how the words are written. `targets` are
    those of which a token stands in the window.
    """

    ids: IntArray
    starts: IntArray
    ends: IntArray
    words: IntArray
    cases: IntArray
    targets: tuple[Target, ...]

    def inside(self, target: Target) -> npt.NDArray[np.bool_]:
        """Which tokens (t,) share a character with a target."""
        return (self.starts < target[1]) & (self.ends > target[0])


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
class Encoded:
    """Windows of like length after one run: whose they are, and their tokens' vectors.

    `places` (b,) numbers of text and of window in it, `windows` the windows, `hidden` (b, t, d) float32, `mask` (b, t)
    true where a token stands and false at padding.
    """

    places: tuple[tuple[int, int], ...]
    windows: tuple[Window, ...]
    hidden: FloatArray
    mask: npt.NDArray[np.bool_]


class Encoder:
    """Tokeniser and encoder of a bundle, loaded at the first text. Safe to use from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._guard = threading.Lock()
        self._loaded: tuple[_Tokeniser, InferenceSession] | None = None

    def read(self, texts: Sequence[str], targets: Sequence[Sequence[Target]]) -> list[Reading]:
        """Normalise and tokenise: how each text, of which its `targets` are asked about, is read."""
        tokeniser, _ = self._load()
        return [_reading(normalise(text), asked, tokeniser) for text, asked in zip(texts, targets, strict=True)]

    def encode(self, readings: Sequence[Reading]) -> Iterator[Encoded]:
        """Run every window exactly once, the short ones first, as many together as fit, two such runs at a time.

        Raises:
            ArtefactError: the encoder gives something else than a finite vector for each token.
        """
        _, session = self._load()
        windows = [
            ((number, place), window)
            for number, reading in enumerate(readings)
            for place, window in enumerate(reading.windows)
        ]
        windows.sort(key=lambda placed: len(placed[1].ids))
        batches = _batches(windows)
        if len(batches) <= 1:
            yield from (self._run(session, batch) for batch in batches)
            return
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="text-encoder") as threads:
            begun: deque[Future[Encoded]] = deque()
            for batch in batches:
                begun.append(threads.submit(self._run, session, batch))
                if len(begun) > _AT_ONCE:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def _run(self, session: "InferenceSession", batch: "Sequence[_Placed]") -> Encoded:
        places, windows = zip(*batch, strict=True)
        lengths = np.array([len(window.ids) for window in windows])
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.zeros(mask.shape, np.int64)
        ids[mask] = np.concatenate([window.ids for window in windows])
        hidden = session.run(["hidden"], {"input_ids": ids, "attention_mask": mask.astype(np.int64)})[0]
        if not isinstance(hidden, np.ndarray) or hidden.shape != (*mask.shape, self._bundle.width):
            raise ArtefactError(f"the encoder of {self._bundle.directory} does not give {self._bundle.width} per token")
        if not np.isfinite(hidden).all():
            raise ArtefactError(f"the encoder of {self._bundle.directory} gives what is no number")
        return Encoded(places, windows, hidden, mask)

    def _load(self) -> "tuple[_Tokeniser, InferenceSession]":
        with self._guard:
            if self._loaded is None:
                self._loaded = _tokeniser(self._bundle), _session(self._bundle)
            return self._loaded


_Placed = tuple[tuple[int, int], Window]
"""Number of a text, number of a window in it, and the window."""


def _batches(windows: Sequence[_Placed]) -> Sequence[Sequence[_Placed]]:
    """Windows in order of length, cut into those that run together."""
    found, first = list[Sequence[_Placed]](), 0
    while first < len(windows):
        last = first + 1
        while last < len(windows) and (last + 1 - first) * len(windows[last][1].ids) <= _TOKENS_AT_ONCE:
            last += 1
        found.append(windows[first:last])
        first = last
    return found


@dataclass(frozen=True, slots=True)
class _Tokeniser:
    """A tokeniser and the numbers of its marks."""

    library: "Tokenizer"
    start: int
    end: int
    unknown: int

    def knows(self, word: str) -> bool:
        """Whether a word is one token."""
        return self.library.token_to_id(word) is not None


def _tokeniser(bundle: Bundle) -> _Tokeniser:
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
    return _Tokeniser(library, start, end, unknown)


def _session(bundle: Bundle) -> "InferenceSession":
    path = bundle.directory / ENCODER_FILE
    session = open_session(path)
    taken, given = {node.name for node in session.get_inputs()}, {node.name for node in session.get_outputs()}
    if taken != {"input_ids", "attention_mask"} or "hidden" not in given:
        raise ArtefactError(f"{path} takes {sorted(taken)} and gives {sorted(given)}; it is no encoder")
    return session


def _reading(text: Normalised, targets: Sequence[Target], by: _Tokeniser) -> Reading:
    plain = undisguised(text.text, by.knows)
    encoding = by.library.encode(plain, add_special_tokens=False)
    room = WINDOW - 2
    starts = range(0, max(len(encoding) - OVERLAP, 1), room - OVERLAP)
    read = (min(len(starts), MOST_WINDOWS) - 1) * (room - OVERLAP) + room
    offsets, numbers = encoding.offsets[:read], encoding.word_ids[:read]
    ids, places = np.array(encoding.ids[:read], np.int64), np.array(offsets, np.int64).reshape(-1, 2)
    known = ids != by.unknown
    said = len(text.text) - text.text.count(" ")
    coverage = float(np.diff(places[known]).sum() / said) if said else 1.0
    reading = Reading((), tuple(targets), coverage, len(starts) > MOST_WINDOWS, not known.all())
    if not known.any():
        return reading
    begins, ends = text.spans(places).T
    words, cases = np.array(numbers, np.int64), cases_of(plain, offsets, numbers)
    windows = []
    for start in starts[:MOST_WINDOWS]:
        part = slice(start, start + room)
        window = Window(
            ids=_marked(ids[part], by.start, by.end),
            starts=_marked(begins[part], -1, -1),
            ends=_marked(ends[part], -1, -1),
            words=_marked(words[part], -1, -1),
            cases=_marked(cases[part], 0, 0),
            targets=(),
        )
        told = tuple(target for target in targets if window.inside(target).any())
        windows.append(replace(window, targets=told) if told else window)
    return replace(reading, windows=tuple(windows))


def _marked(values: IntArray, first: int, last: int) -> IntArray:
    """`values` with the marks of both ends."""
    whole = np.empty(len(values) + 2, np.int64)
    whole[0], whole[1:-1], whole[-1] = first, values, last
    return whole
