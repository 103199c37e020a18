"""English speech to words by PocketSphinx, whose acoustic model, dictionary and language model come with its package.

Good for clear English read aloud; names, accents, noise and music behind the voice cost it much. It knows no other
language and cannot tell that it hears one.
"""

import re
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from socialflow.errors import ModelUnavailable
from socialflow.video.cues import Word
from socialflow.video.records import SOUND_RATE, Samples

if TYPE_CHECKING:
    from pocketsphinx import Decoder

NAME = "pocketsphinx"
STATES = 10_000
"""States of words that are followed at a time, a third of what the package would: a third less time and no more errors,
where a tenth loses words to noise."""
_FRAMES = 100
"""Frames a second of its times."""
_VARIANT = re.compile(r"\(\d+\)$")


def available() -> bool:
    """Whether the package is installed."""
    return find_spec("pocketsphinx") is not None


class SphinxRecogniser:
    """Words of English speech. Raises ModelUnavailable where the package is not installed."""

    name: ClassVar[str] = NAME
    longest: ClassVar[float] = 20.0
    joins: ClassVar[float] = 1.0
    timed: ClassVar[str] = "word"

    def __init__(self) -> None:
        self._decoder = _decoder()

    @property
    def language(self) -> str:
        """What it takes all speech for."""
        return "en"

    def words(self, samples: Samples, start: float) -> list[Word]:
        """Words of a stretch that begins at `start`, each with the probability that the decoder gives it.

        A stretch is heard on its own: what was said before changes nothing.
        """
        decoder = self._decoder
        decoder.start_utt()
        decoder.process_raw((samples.clip(-1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        told, most = [], start + len(samples) / SOUND_RATE
        for segment in decoder.seg() or ():
            if segment.word.startswith(("<", "[", "+")):  # silence and noises
                continue
            begin, end = start + segment.start_frame / _FRAMES, start + (segment.end_frame + 1) / _FRAMES
            text = _VARIANT.sub("", segment.word)
            sure = round(min(1.0, max(0.0, float(np.float64(segment.prob)))), 4)
            told.append(Word(_capital(text), round(min(begin, most), 3), round(min(end, most), 3), sure))
        return told


def _capital(text: str) -> str:
    """The one English word that is always written large.

    >>> _capital("i'm"), _capital("is")
    ("I'm", 'is')
    """
    return "I" + text[1:] if text == "i" or text.startswith("i'") else text


@cache
def _decoder() -> "Decoder":
    """Loaded once a process. Means of the spectrum are taken stretch by stretch, not carried on."""
    try:
        from pocketsphinx import Decoder
    except ImportError as problem:
        raise ModelUnavailable('speech is recognised by PocketSphinx: pip install "socialflow[media]"') from problem
    return Decoder(samprate=SOUND_RATE, cmn="batch", maxhmmpf=STATES, loglevel="FATAL")
