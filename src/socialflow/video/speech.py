"""Speech to words: what recognises it, and how stretches of voice are put before it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from socialflow.video.cues import Word
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.voice import Ear, Floats, Voiced, stretches

Span: TypeAlias = tuple[float, float]
"""From when to when, seconds."""
OPEN = 1.0
"""Seconds at the end of what was heard in which a stretch may still go on, and before a stretch that are kept."""
QUIET = 0.01
"""Seconds over which loudness is taken where a stretch has to be cut."""


class Recogniser(Protocol):
    """Makes words of a stretch of voice."""

    @property
    def name(self) -> str:
        """As provenance has it."""
        ...

    @property
    def longest(self) -> float:
        """Seconds of one stretch that it takes."""
        ...

    @property
    def joins(self) -> float:
        """Seconds of silence across which it had better hear two stretches as one."""
        ...

    @property
    def timed(self) -> str:
        """What it knows the times of: `word` or `phrase`."""
        ...

    @property
    def language(self) -> str | None:
        """Of what was said: what it was told or takes it for, ISO 639-1; None before anything was heard."""
        ...

    def words(self, samples: Samples, start: float) -> list[Word]:
        """Words of a stretch that begins at `start` seconds, timed from the beginning of all."""
        ...


class VoicedSound:
    """Keeps sound until it is known where somebody speaks in it, and gives those stretches on; the rest is forgotten.

    Parameters:
        ear: tells where somebody speaks.
        heard: takes stretches, in order, and all sound from the first one's start, with the second where it begins.
    """

    def __init__(self, ear: Ear, heard: Callable[[Sequence[Voiced], Samples, float], None]) -> None:
        self._ear, self._heard = ear, heard
        self._hop = round(ear.step * SOUND_RATE)
        self._values: Floats = np.zeros(0, np.float32)
        self._sound: list[Samples] = []
        self._gone = 0
        """Values, and the sound that they stand for, that are forgotten."""

    def take(self, samples: Samples) -> None:
        """The next sound."""
        self._sound.append(samples.copy())
        new = self._ear.hear(samples)
        if len(new):
            self._values = np.concatenate([self._values, new])
            self._tell(last=False)

    def end(self) -> None:
        """Nothing follows."""
        self._values = np.concatenate([self._values, self._ear.rest()])
        self._tell(last=True)

    def _tell(self, *, last: bool) -> None:
        sound = np.concatenate([np.zeros(0, np.float32), *self._sound])
        found = stretches(self._values, self._ear.step, self._ear.rules)
        closed, until = _closed(found, len(self._values) * self._ear.step, last=last)
        if closed:
            offset, most = self._gone * self._ear.step, len(sound) / SOUND_RATE
            self._heard(
                [Voiced(one.start + offset, min(one.end, most) + offset, one.likelihood) for one in closed],
                sound,
                offset,
            )
        values = int(until / self._ear.step)
        self._values, self._sound = self._values[values:], [sound[values * self._hop :]]
        self._gone += values


def _closed(found: Sequence[Voiced], length: float, *, last: bool) -> tuple[Sequence[Voiced], float]:
    """Of the stretches in so many seconds, those that can be told, and the second up to which nothing more is needed.

    One that reaches the end may go on, and waits; but one that fills everything is told as far as it is heard, so that
    what is kept stays little.
    """
    if last or (found and found[0].start < OPEN and found[0].end > length - OPEN):
        return found, length
    if not found or found[-1].end <= length - OPEN:
        return found, max(found[-1].end if found else 0.0, length - OPEN)
    before = found[-2].end if len(found) > 1 else 0.0
    return found[:-1], max((before + found[-1].start) / 2, found[-1].start - OPEN)


def packed(found: Sequence[Voiced], longest: float, joins: float) -> list[Span]:
    """Stretches put together across short silences: from when to when, none longer than `longest` unless one stretch
    is.

    >>> packed([Voiced(0, 4, 1), Voiced(4.2, 9, 1), Voiced(12, 13, 1)], 20, 0.5)
    [(0, 9), (12, 13)]
    """
    pieces: list[Span] = []
    for one in found:
        if pieces and one.start - pieces[-1][1] <= joins and one.end - pieces[-1][0] <= longest:
            pieces[-1] = (pieces[-1][0], one.end)
        else:
            pieces.append((one.start, one.end))
    return pieces


def cut(samples: Samples, longest: float) -> Iterator[tuple[int, Samples]]:
    """Sound in parts of at most so many seconds, with where each begins; cut where it is quietest in the second half of
    what a part may have."""
    most, frame = round(longest * SOUND_RATE), round(QUIET * SOUND_RATE)
    begin = 0
    while len(samples) - begin > most:
        part = samples[begin + most // 2 : begin + most]
        loud = np.square(part[: len(part) // frame * frame]).reshape(-1, frame).mean(1)
        even = np.convolve(loud, np.ones(10) / 10, "same")
        stop = begin + most // 2 + int(even.argmin()) * frame
        yield begin, samples[begin:stop]
        begin = stop
    yield begin, samples[begin:]
