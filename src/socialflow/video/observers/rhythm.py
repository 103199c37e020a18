"""Sound that swells and fades as fast as syllables, second by second."""

from array import array
from typing import ClassVar

import numpy as np

from socialflow.kit.findings import Finding
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.syllables import FRAME, envelope, speech_like


class RhythmObserver(Observer):
    """How much each second sounds like speech, 0 to 1.

    The body has `seconds` that were heard and `speech`, the mean. The array (n,) has it second by second.
    """

    name: ClassVar[str] = "rhythm"
    needs: ClassVar[Needs] = Needs(sound=True)

    def __init__(self) -> None:
        self._envelope = array("f")
        self._waiting: list[Samples] = []
        self._gathered = self._heard = 0

    def sound(self, seconds: float, samples: Samples) -> None:  # noqa: ARG002 (none is left out)
        """Gather samples until a second of them is worth a look."""
        self._waiting.append(samples.copy())
        self._gathered += len(samples)
        self._heard += len(samples)
        if self._gathered >= SOUND_RATE:
            self._look()

    def end(self) -> Finding:
        """Everything; nothing but `seconds` 0 where nothing was heard."""
        self._look()
        if not self._heard:
            return Finding({"seconds": 0.0, "speech": 0.0}, (np.zeros(0, np.float32),), ("sound",))
        shares = speech_like(np.array(self._envelope, np.float32))
        seconds = round(self._heard / SOUND_RATE, 4)
        return Finding({"seconds": seconds, "speech": round(float(shares.mean()), 4)}, (shares,))

    def _look(self) -> None:
        if not self._waiting:
            return
        gathered = np.concatenate(self._waiting)
        whole = len(gathered) // FRAME * FRAME
        self._waiting = [gathered[whole:]]
        self._gathered = len(gathered) - whole
        if whole:
            self._envelope.extend(envelope(gathered[:whole].reshape(-1, FRAME)).tolist())
