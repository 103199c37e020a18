"""The one encoding of a text that all answers are made from: windows of tokens, run length by length."""

import os
import threading
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.text.bundle import ENCODER_FILE, NODES_FILE, Bundle, FloatArray
from socialflow.text.layout import HIDDEN, Layout
from socialflow.text.reading import Reading, Target, Tokeniser, Window, reading, tokeniser

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_TOKENS_AT_ONCE = 1024
"""Tokens of one run, padding included: what activations take then stays in the caches of a processor."""
_AT_ONCE = min(2, os.cpu_count() or 1)
"""Runs of one call that go on beside each other, where it takes several."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Windows of like length after one run: whose they are, their tokens' vectors, and what the heads say of them.

    `places` (b,) numbers of text and of window in it, `windows` the windows, `hidden` (b, t, d) float32, `mask` (b, t)
    true where a token stands and false at padding; `told` as `Layout.split` gives it.
    """

    places: tuple[tuple[int, int], ...]
    windows: tuple[Window, ...]
    hidden: FloatArray
    mask: npt.NDArray[np.bool_]
    told: Mapping[str, FloatArray]


class Encoder:
    """Tokeniser, encoder and heads of a bundle, loaded at the first text. Safe to use from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._layout = Layout.of(bundle.heads)
        self._guard = threading.Lock()
        self._loaded: tuple[Tokeniser, InferenceSession] | None = None

    def read(self, texts: Sequence[str], targets: Sequence[Sequence[Target]]) -> list[Reading]:
        """Normalise and tokenise: how each text, of which its `targets` are asked about, is read."""
        by, _ = self._load()
        return [reading(text, asked, by) for text, asked in zip(texts, targets, strict=True)]

    def encode(self, readings: Sequence[Reading], heads: Collection[str]) -> Iterator[Encoded]:
        """Run every window exactly once, the short ones first, as many together as fit, two such runs at a time, and
        ask these heads.

        Raises:
            ArtefactError: the encoder gives something else than a finite vector for each token.
        """
        windows = [
            ((number, place), window)
            for number, reading in enumerate(readings)
            for place, window in enumerate(reading.windows)
        ]
        windows.sort(key=lambda placed: len(placed[1].ids))
        batches = _batches(windows)
        if len(batches) <= 1:
            yield from (self._run(batch, heads) for batch in batches)
            return
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="text-encoder") as threads:
            begun: deque[Future[Encoded]] = deque()
            for batch in batches:
                begun.append(threads.submit(self._run, batch, heads))
                if len(begun) > _AT_ONCE:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def _run(self, batch: "Sequence[_Placed]", heads: Collection[str]) -> Encoded:
        _, session = self._load()
        places, windows = zip(*batch, strict=True)
        longest = len(windows[-1].ids)
        ids = _padded([window.ids for window in windows], longest)
        real = _padded([(1,) * len(window.ids) for window in windows], longest)
        cases = _padded([window.cases for window in windows], longest)
        outputs = [HIDDEN, *self._layout.wanted(heads)]
        given = session.run(outputs, {"input_ids": ids, "attention_mask": real, "cases": cases})
        found = {name: one for name, one in zip(outputs, given, strict=True) if isinstance(one, np.ndarray)}
        hidden = found[HIDDEN]
        if hidden.shape != (*ids.shape, self._bundle.width):
            raise ArtefactError(f"the encoder of {self._bundle.directory} does not give {self._bundle.width} per token")
        if not np.isfinite(hidden).all():
            raise ArtefactError(f"the encoder of {self._bundle.directory} gives what is no number")
        return Encoded(places, windows, hidden, real.astype(np.bool_), self._layout.split(found, heads))

    def _load(self) -> "tuple[Tokeniser, InferenceSession]":
        with self._guard:
            if self._loaded is None:
                self._loaded = tokeniser(self._bundle), _session(self._bundle, self._layout)
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


def _padded(rows: Sequence[tuple[int, ...]], longest: int) -> npt.NDArray[np.int64]:
    """Rows of at most `longest` numbers, (b, longest), with zeros behind."""
    return np.array([row + (0,) * (longest - len(row)) for row in rows], np.int64)


def _session(bundle: Bundle, layout: Layout) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    path, nodes = (bundle.directory / name for name in (ENCODER_FILE, NODES_FILE))
    try:
        graph = path.read_bytes() + nodes.read_bytes()  # messages of protobuf one after the other are read as one
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # one class for each way in which a graph can be wrong
        raise ArtefactError(f"{path} cannot be loaded with {nodes.name}: {problem}") from problem
    taken = {node.name for node in session.get_inputs()}
    given = {node.name: tuple(node.shape) for node in session.get_outputs()}
    if taken != {"input_ids", "attention_mask", "cases"} or HIDDEN not in given:
        raise ArtefactError(f"{path} with {nodes.name} takes {sorted(taken)} and gives {sorted(given)}")
    for name, sizes in layout.sizes.items():
        if given.get(name, ())[-len(sizes) :] != sizes:
            raise ArtefactError(f"{nodes} gives {name} as {given.get(name)}; the heads need {sizes}")
    return session
