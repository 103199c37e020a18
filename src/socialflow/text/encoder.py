"""The one encoding of a text that all answers are made from: windows of tokens, run length by length."""

import os
import threading
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError
from socialflow.inference.cores import core_is_free
from socialflow.inference.onnx import open_session
from socialflow.text.batching import cut
from socialflow.text.bundle import ENCODER_FILE, NODES_FILE, Bundle
from socialflow.text.layout import HIDDEN, WHOLE, Layout, Told
from socialflow.text.reading import Reading, Target, Tokeniser, Window, reading, tokeniser

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_AT_ONCE = min(2, os.cpu_count() or 1)
"""Runs that go on beside each other where a call takes several, and threads of a run that has the machine to itself."""
_FEW = 2 * _AT_ONCE
"""Runs of a call that waits for no other call."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Windows of like length after one run: whose they are, and what the heads say of them.

    `places` (b,) numbers of text and of window in it, `windows` the windows, `mask` (b, t) 1 where a token stands and 0
    at padding, `told` what the heads that were asked say.
    """

    places: tuple[tuple[int, int], ...]
    windows: tuple[Window, ...]
    mask: npt.NDArray[np.int64]
    told: Told


class Encoder:
    """Tokeniser, encoder and heads of a bundle, loaded at the first text. Safe to use from several threads.

    A call that takes one run is answered on two cores where one of them has nothing else to do, and on one where not:
    two threads that wait for a core take longer than one. The answer is the same. Calls that take many runs come one
    after the other: while the runs of one keep all cores busy, what another found is worked out and the next is read.
    Those of few runs come in between.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._layout = Layout.of(bundle.heads)
        self._guard = threading.Lock()
        self._loaded: tuple[Tokeniser, InferenceSession] | None = None
        self._wide: InferenceSession | None = None
        self._going = 0
        self._turn = threading.Lock()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="text-encoder")

    def read(self, texts: Sequence[str], targets: Sequence[Sequence[Target]]) -> list[Reading]:
        """Normalise and tokenise: how each text, of which its `targets` are asked about, is read."""
        by, _ = self._load()
        return [reading(text, asked, by) for text, asked in zip(texts, targets, strict=True)]

    def encode(self, readings: Sequence[Reading], heads: Collection[str]) -> Iterator[Encoded]:
        """Run every window exactly once, the short ones first, as many together as is quickest, two such runs at a
        time, and ask these heads.

        Raises:
            ArtefactError: the files do not fit together, or the encoder gives what is no number.
        """
        windows = [
            ((number, place), window)
            for number, reading in enumerate(readings)
            for place, window in enumerate(reading.windows)
        ]
        windows.sort(key=lambda placed: len(placed[1].ids))
        batches = [windows[part] for part in cut([len(window.ids) for _, window in windows])]
        if len(batches) <= 1:
            for batch in batches:
                with self._alone() as session:
                    alone = self._run(session, batch, heads)
                yield alone
            return
        with self._turn if len(batches) > _FEW else nullcontext():
            yield from self._together(batches, heads)

    def _together(self, batches: "Sequence[Sequence[_Placed]]", heads: Collection[str]) -> Iterator[Encoded]:
        """Runs in their order, two at a time; the next waits already, so that no core waits for who takes what a run
        gave."""
        _, session = self._load()
        begun: deque[Future[Encoded]] = deque()
        try:
            for batch in batches:
                begun.append(self._threads.submit(self._counted, session, batch, heads))
                if len(begun) > _AT_ONCE + 1:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()

    def _counted(self, session: "InferenceSession", batch: "Sequence[_Placed]", heads: Collection[str]) -> Encoded:
        with self._one_more():
            return self._run(session, batch, heads)

    @contextmanager
    def _alone(self) -> "Iterator[InferenceSession]":
        """The session for a single run: of two threads where nothing else runs here or on the machine."""
        _, narrow = self._load()
        with self._one_more() as going:
            yield self._load_wide() if going == 1 and _AT_ONCE > 1 and core_is_free() else narrow

    @contextmanager
    def _one_more(self) -> Iterator[int]:
        """Counts a run; gives how many there are with it."""
        with self._guard:
            self._going += 1
            going = self._going
        try:
            yield going
        finally:
            with self._guard:
                self._going -= 1

    def _run(self, session: "InferenceSession", batch: "Sequence[_Placed]", heads: Collection[str]) -> Encoded:
        places, windows = zip(*batch, strict=True)
        longest = len(windows[-1].ids)
        ids, real, cases = np.array(
            [
                [_filled(window.ids, longest) for window in windows],
                [_filled((1,) * len(window.ids), longest) for window in windows],
                [_filled(window.cases, longest) for window in windows],
            ],
            np.int64,
        )
        outputs = self._layout.wanted(heads)
        given = session.run(outputs, {"input_ids": ids, "attention_mask": real, "cases": cases})
        found = {name: one for name, one in zip(outputs, given, strict=True) if isinstance(one, np.ndarray)}
        if not isfinite(found[WHOLE]):
            raise ArtefactError(f"the encoder of {self._bundle.directory} gives what is no number")
        return Encoded(places, windows, real, self._layout.told(found, heads))

    def _load_wide(self) -> "InferenceSession":
        with self._guard:
            if self._wide is None:
                self._wide = _session(self._bundle, self._layout, threads=_AT_ONCE)
            return self._wide

    def _load(self) -> "tuple[Tokeniser, InferenceSession]":
        with self._guard:
            if self._loaded is None:
                self._loaded = tokeniser(self._bundle), _session(self._bundle, self._layout)
            return self._loaded


_Placed = tuple[tuple[int, int], Window]
"""Number of a text, number of a window in it, and the window."""


def _filled(row: tuple[int, ...], longest: int) -> tuple[int, ...]:
    """With zeros behind, up to `longest` numbers."""
    return row + (0,) * (longest - len(row))


def _session(bundle: Bundle, layout: Layout, threads: int = 1) -> "InferenceSession":
    path, nodes = (bundle.directory / name for name in (ENCODER_FILE, NODES_FILE))
    try:
        graph = path.read_bytes() + nodes.read_bytes()  # messages of protobuf one after the other are read as one
    except OSError as problem:
        raise ArtefactError(f"{path} cannot be read with {nodes.name}: {problem}") from problem
    session = open_session(graph, f"{path} with {nodes.name}", threads=threads)
    taken = {node.name for node in session.get_inputs()}
    given = {node.name: tuple(node.shape) for node in session.get_outputs()}
    if taken != {"input_ids", "attention_mask", "cases"} or not {HIDDEN, WHOLE} <= set(given):
        raise ArtefactError(f"{path} with {nodes.name} takes {sorted(taken)} and gives {sorted(given)}")
    if given[HIDDEN][-1:] != (bundle.width,):
        raise ArtefactError(f"{path} does not give {bundle.width} per token")
    for name, sizes in layout.sizes.items():
        told = [size for size in given.get(name, ()) if isinstance(size, int)]
        if len(told) != len(sizes) or any(own < size for own, size in zip(told, sizes, strict=True)):
            raise ArtefactError(f"{nodes} gives {name} as {given.get(name)}; the heads need {sizes}")
    return session
