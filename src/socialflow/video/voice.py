"""Where somebody speaks: a likelihood every few milliseconds, and the stretches that these make.

The likelihood is that of a small recurrent network (Silero VAD) where it is at hand; else of loudness above the
background in sound that swells as fast as syllables, which knows no voices: singing and some machines pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.inference.ports import Graph
from socialflow.inference.records import Array
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.syllables import FRAME, envelope, speech_like

MODEL = "vad-silero"
Floats = npt.NDArray[np.float32]
WINDOW, CONTEXT = 512, 64
"""Samples that the network takes at a time, and of those before that it is shown again."""
LANES, STRIPE, WARM = 8, 128, 32
"""Stretches that go through the network beside each other, windows of the least such stretch (4 s), and windows before
it that are heard once more, so that the network has settled when it begins (1 s)."""
BLOCK = LANES * 2 * STRIPE * WINDOW
"""Samples that are gathered before they are looked at (65 s)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How likelihoods become stretches: one begins at `begins` and goes on down to `goes_on`; what is shorter than
    `shortest` is none, a gap shorter than `gap` does not part two, and each is widened by `padding` at both ends, as
    far as its neighbours leave room. In seconds."""

    begins: float = 0.5
    goes_on: float = 0.35
    shortest: float = 0.25
    gap: float = 0.1
    padding: float = 0.1


@dataclass(frozen=True, slots=True)
class Voiced:
    """From when to when, seconds, and the mean likelihood."""

    start: float
    end: float
    likelihood: float


class Ear(Protocol):
    """Tells how likely it is that somebody speaks, `step` seconds a value; keeps what it needs of what it heard."""

    name: ClassVar[str]
    rules: ClassVar[Rules]
    step: ClassVar[float]

    def hear(self, samples: Samples) -> Floats:
        """Values that can be told now."""
        ...

    def rest(self) -> Floats:
        """What is left at the end."""
        ...


def ear_of(model: Handed | None) -> Ear:
    """The network where it is handed over, else what knows loudness alone."""
    return RhythmEar() if model is None else NetworkEar(runnable(model).graph())


class _Gathering:
    """Samples gathered to blocks."""

    def __init__(self) -> None:
        self._pieces: list[Samples] = []
        self._count = 0

    def take(self, samples: Samples) -> Samples | None:
        """What was gathered, once that is a block."""
        self._pieces.append(samples.copy())
        self._count += len(samples)
        return self.give() if self._count >= BLOCK else None

    def give(self) -> Samples:
        """All of it."""
        whole = np.concatenate([np.zeros(0, np.float32), *self._pieces])
        self._pieces, self._count = [], 0
        return whole

    def put_back(self, samples: Samples) -> None:
        """Keep what was too little for a value."""
        self._pieces, self._count = [samples], len(samples)


class NetworkEar:
    """Silero's network: probabilities, a value every 32 ms."""

    name: ClassVar[str] = MODEL
    rules: ClassVar[Rules] = Rules()
    step: ClassVar[float] = WINDOW / SOUND_RATE

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._gathering = _Gathering()
        self._state = np.zeros((2, 1, 128), np.float32)
        self._last = np.zeros(CONTEXT, np.float32)

    def hear(self, samples: Samples) -> Floats:
        """As `Ear` has it."""
        gathered = self._gathering.take(samples)
        return np.zeros(0, np.float32) if gathered is None else self._told(gathered)

    def rest(self) -> Floats:
        """The last window is filled up with silence."""
        left = self._gathering.give()
        return self._told(np.pad(left, (0, -len(left) % WINDOW)))

    def _told(self, samples: Samples) -> Floats:
        whole = len(samples) // WINDOW
        self._gathering.put_back(samples[whole * WINDOW :])
        if not whole:
            return np.zeros(0, np.float32)
        joined = np.concatenate([self._last, samples[: whole * WINDOW]])
        self._last = joined[-CONTEXT:]
        windows = np.lib.stride_tricks.sliding_window_view(joined, CONTEXT + WINDOW)[::WINDOW]
        lanes = max(1, min(LANES, whole // STRIPE))
        return self._beside(windows, lanes)

    def _beside(self, windows: Samples, lanes: int) -> Floats:
        """Probabilities of windows (n, 576) in order, by so many lanes: the first goes on from what came before."""
        length = -(-len(windows) // lanes)
        begins = [min(lane * length, len(windows)) for lane in range(lanes)]
        state = np.concatenate([self._state, np.zeros((2, lanes - 1, 128), np.float32)], 1)
        for step in range(-WARM if lanes > 1 else 0, 0):
            fed = np.stack([windows[begin + step] for begin in begins[1:]])
            _, state[:, 1:] = self._run(fed, state[:, 1:])
        found = np.zeros((lanes, length), np.float32)
        for step in range(length):
            fed = np.stack([windows[min(begin + step, len(windows) - 1)] for begin in begins])
            found[:, step], new = self._run(fed, state)
            if begins[-1] + step < len(windows):
                self._state = new[:, -1:]
            state = new
        return found.reshape(-1)[: len(windows)]

    def _run(self, windows: Samples, state: Floats) -> tuple[Floats, Floats]:
        given: dict[str, Array] = {
            "input": windows,
            "state": np.ascontiguousarray(state),
            "sr": np.array(SOUND_RATE, np.int64),
        }
        told = self._graph.run(given)
        return told["output"][:, 0], told["stateN"]


class RhythmEar:
    """Loudness above the background, where it swells as fast as syllables: rules of thumb, a value every 20 ms."""

    name: ClassVar[str] = "voice_by_rhythm"
    rules: ClassVar[Rules] = Rules(begins=0.4, goes_on=0.2, gap=0.3, padding=0.15)
    step: ClassVar[float] = FRAME / SOUND_RATE
    SMOOTH = 7
    """Values over which loudness is evened out (140 ms): less than a syllable, more than a consonant that closes."""
    LEAST = 2.0
    """How many times the background's the loudness must reach for anything to stand out."""

    def __init__(self) -> None:
        self._gathering = _Gathering()

    def hear(self, samples: Samples) -> Floats:
        """As `Ear` has it."""
        gathered = self._gathering.take(samples)
        return np.zeros(0, np.float32) if gathered is None else self._told(gathered)

    def rest(self) -> Floats:
        """What is left, less than a frame of it apart."""
        return self._told(self._gathering.give())

    def _told(self, samples: Samples) -> Floats:
        whole = len(samples) // FRAME
        self._gathering.put_back(samples[whole * FRAME :])
        if not whole:
            return np.zeros(0, np.float32)
        values = envelope(samples[: whole * FRAME].reshape(-1, FRAME))
        like = np.repeat(speech_like(values), 50)
        like = np.pad(like, (0, max(0, whole - len(like))), mode="edge")[:whole]
        return (_above(values, self.SMOOTH, self.LEAST) * like).astype(np.float32)


RANGE = 30.0
"""How many times the loudness of its quietest parts that of the loudest parts of speech is at most taken to be."""


def _above(values: Floats, smooth: int, least: float) -> Floats:
    """How far loudness stands above the background, 0 to 1: by its logarithm between the quiet and the loud tenths."""
    even = np.convolve(np.pad(values, smooth // 2, mode="edge"), np.ones(smooth, np.float32) / smooth, "valid")
    levels = np.log(np.maximum(even[: len(values)], 1e-6))
    quiet, loud = np.percentile(levels, (10, 90))
    if loud - quiet < np.log(least):
        return np.zeros(len(values), np.float32)
    quiet = max(quiet, loud - np.log(RANGE))
    found: Floats = np.clip(1.5 * (levels - quiet) / (loud - quiet), 0, 1).astype(np.float32)
    return found


def stretches(values: Floats, step: float, rules: Rules) -> list[Voiced]:
    """Where somebody speaks, of likelihoods (n,) that each stand for `step` seconds.

    >>> [(one.start, one.end) for one in stretches(np.array([0, 0.9, 0.4, 0.4, 0, 0], np.float32), 1.0, Rules())]
    [(0.9, 4.1)]
    """
    joined: list[list[int]] = []
    for begin, end in _loud(values, rules):
        if joined and (begin - joined[-1][1]) * step < rules.gap:
            joined[-1][1] = end
        else:
            joined.append([begin, end])
    kept = [(begin, end) for begin, end in joined if (end - begin) * step >= rules.shortest]
    return _padded(kept, values, step, rules)


def _loud(values: Floats, rules: Rules) -> list[tuple[int, int]]:
    """First places and those behind the last, where values go on above the lower bound and reach the upper."""
    above = np.concatenate([[False], values >= rules.goes_on, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    found = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        reached = np.flatnonzero(values[begin:end] >= rules.begins)
        if len(reached):
            found.append((int(begin + reached[0]), int(end)))
    return found


def _padded(places: Sequence[tuple[int, int]], values: Floats, step: float, rules: Rules) -> list[Voiced]:
    found = []
    for number, (begin, end) in enumerate(places):
        before = places[number - 1][1] if number else None
        after = places[number + 1][0] if number + 1 < len(places) else None
        least = 0.0 if before is None else (before + begin) / 2 * step
        most = len(values) * step if after is None else (end + after) / 2 * step
        start, stop = max(begin * step - rules.padding, least), min(end * step + rules.padding, most)
        found.append(Voiced(round(start, 3), round(stop, 3), round(float(values[begin:end].mean()), 4)))
    return found
