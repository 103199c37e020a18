"""What is said."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.kit.findings import Finding
from socialflow.video.cues import Word
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.speech import Recogniser, VoicedSound, cut, packed
from socialflow.video.sphinx import SphinxRecogniser
from socialflow.video.voice import Voiced, ear_of
from socialflow.video.whisper import WhisperRecogniser

START = 20.0
"""Seconds of processor time that recognising has before its pace counts."""


class SpeechObserver(Observer):
    """Words of what is said where somebody speaks.

    The body has `words` [{text, start, end, confidence}], `segments` [{start, end, likelihood}] in which somebody
    speaks, `seconds` that were heard, `speech_seconds` and how many of them were recognised (`recognised_seconds`),
    `by` (the recogniser; None where nobody speaks), `voice_by`, `timed` (whether times are those of each `word` or
    shared out within a `phrase`) and `language`. Missing: `sound` where there is none, `speech` where nobody speaks,
    `speech:rest` where time ran out.

    Parameters:
        voice: the network that tells voice, handed over; None: loudness and rhythm.
        model: a Whisper, handed over; None: PocketSphinx.
        pace: processor seconds that a second of speech may take; what more would need is left out.
        most: processor seconds in all.
        recogniser: what recognises; None: by `model`.
        spent: tells processor seconds of this process.
    """

    name: ClassVar[str] = "speech"
    needs: ClassVar[Needs] = Needs(sound=True)

    def __init__(
        self,
        voice: Handed | None = None,
        model: Handed | None = None,
        *,
        pace: float = 3.0,
        most: float = 300.0,
        recogniser: Recogniser | None = None,
        spent: Callable[[], float] = time.process_time,
    ) -> None:
        self._ear = ear_of(voice)
        self._voiced = VoicedSound(self._ear, self._take)
        self._recogniser, self._model, self._spent = recogniser, model, spent
        self._pace, self._most, self._used = pace, most, 0.0
        self._words: list[Word] = []
        self._segments: list[Voiced] = []
        self._heard = 0
        self._offered = self._recognised = 0.0

    def sound(self, seconds: float, samples: Samples) -> None:  # noqa: ARG002 (none is left out)
        """Listen, and recognise what has been said."""
        self._heard += len(samples)
        self._voiced.take(samples)

    def end(self) -> Finding:
        """Everything that was recognised."""
        self._voiced.end()
        by = self._recogniser
        body: dict[str, Any] = {
            "words": [asdict(word) for word in self._words],
            "segments": [asdict(one) for one in self._segments],
            "seconds": round(self._heard / SOUND_RATE, 4),
            "speech_seconds": round(sum(one.end - one.start for one in self._segments), 3),
            "recognised_seconds": round(self._recognised, 3),
            "by": None if by is None else by.name,
            "voice_by": self._ear.name,
            "timed": None if by is None else by.timed,
            "language": None if by is None else by.language,
        }
        return Finding(body, (), self._missing())

    def _missing(self) -> tuple[str, ...]:
        if not self._heard:
            return ("sound",)
        if not self._segments:
            return ("speech",)
        return ("speech:rest",) if self._recognised < self._offered else ()

    def _take(self, found: Sequence[Voiced], sound: Samples, begin: float) -> None:
        """Recognise some stretches, of sound that begins at `begin` seconds."""
        if self._recogniser is None:
            self._recogniser = SphinxRecogniser() if self._model is None else WhisperRecogniser(self._model)
        self._segments += found
        for start, end in packed(found, self._recogniser.longest, self._recogniser.joins):
            first = round((start - begin) * SOUND_RATE)
            voiced = sound[first : round((end - begin) * SOUND_RATE)]
            for place, part in cut(voiced, self._recogniser.longest):
                self._recognise(self._recogniser, part, start + place / SOUND_RATE)

    def _recognise(self, recogniser: Recogniser, part: Samples, start: float) -> None:
        seconds = len(part) / SOUND_RATE
        self._offered += seconds
        if self._used > min(self._most, START + self._pace * self._offered):
            return
        before = self._spent()
        self._words += recogniser.words(part, start)
        self._used += self._spent() - before
        self._recognised += seconds
