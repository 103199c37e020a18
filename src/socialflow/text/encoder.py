"""The one encoding of a text that all answers are made from: windows of tokens, run length by length."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.text.bundle import ENCODER_FILE, TOKENIZER_FILE, Bundle, FloatArray
from socialflow.text.casing import cases_of
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
        """Run every window exactly once, the short ones first, as many together as fit.

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
        first = 0
        while first < len(windows):
            last = first + 1
            while last < len(windows) and (last + 1 - first) * len(windows[last][1].ids) <= _TOKENS_AT_ONCE:
                last += 1
            places, batch = zip(*windows[first:last], strict=True)
            yield self._run(session, places, batch)
            first = last

    def _run(
        self, session: "InferenceSession", places: tuple[tuple[int, int], ...], windows: tuple[Window, ...]
    ) -> Encoded:
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


@dataclass(frozen=True, slots=True)
class _Tokeniser:
    """A tokeniser and the numbers of its marks."""

    library: "Tokenizer"
    start: int
    end: int
    unknown: int


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
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    path = bundle.directory / ENCODER_FILE
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # one class for each way in which a graph can be wrong
        raise ArtefactError(f"{path} cannot be loaded: {problem}") from problem
    taken, given = {node.name for node in session.get_inputs()}, {node.name for node in session.get_outputs()}
    if taken != {"input_ids", "attention_mask"} or "hidden" not in given:
        raise ArtefactError(f"{path} takes {sorted(taken)} and gives {sorted(given)}; it is no encoder")
    return session


def _reading(text: Normalised, targets: Sequence[Target], by: _Tokeniser) -> Reading:
    encoding = by.library.encode(text.text, add_special_tokens=False)
    ids = np.array(encoding.ids, np.int64)
    room = WINDOW - 2
    starts = range(0, max(len(ids) - OVERLAP, 1), room - OVERLAP)
    ids = ids[: (min(len(starts), MOST_WINDOWS) - 1) * (room - OVERLAP) + room]
    places = np.array(encoding.offsets[: len(ids)], np.int64).reshape(-1, 2)
    known = ids != by.unknown
    said = len(text.text) - text.text.count(" ")
    coverage = float(np.diff(places[known]).sum() / said) if said else 1.0
    reading = Reading((), tuple(targets), coverage, len(starts) > MOST_WINDOWS, not known.all())
    if not known.any():
        return reading
    told = np.array([text.span(*place) if place[0] < place[1] else (-1, -1) for place in places.tolist()], np.int64)
    words = np.array(encoding.word_ids[: len(ids)], np.int64)
    cases = cases_of(text.text, encoding.offsets[: len(ids)], encoding.word_ids[: len(ids)])
    windows = []
    for start in starts[:MOST_WINDOWS]:
        part = slice(start, start + room)
        inner = np.concatenate(([by.start], ids[part], [by.end]))
        begins, ends, numbers = (np.pad(one[part], 1, constant_values=-1) for one in (told[:, 0], told[:, 1], words))
        window = Window(inner, begins, ends, numbers, np.pad(cases[part], 1), ())
        windows.append(replace(window, targets=tuple(target for target in targets if window.inside(target).any())))
    return replace(reading, windows=tuple(windows))
