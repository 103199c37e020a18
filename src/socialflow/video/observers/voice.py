"""Where somebody speaks."""

from typing import ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import Handed
from socialflow.kit.findings import Finding
from socialflow.video.observer import Needs, Observer
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.voice import Floats, ear_of, stretches


class VoiceObserver(Observer):
    """Stretches in which somebody speaks.

    The body has `segments` [{start, end, likelihood}], `seconds` that were heard, `speech_seconds`, `by` (what told
    it) and `step`; the array (n,) is the likelihood, every `step` seconds.

    Parameters:
        model: the network, handed over; None: loudness and rhythm.
    """

    name: ClassVar[str] = "voice"
    needs: ClassVar[Needs] = Needs(sound=True)

    def __init__(self, model: Handed | None = None) -> None:
        self._ear = ear_of(model)
        self._values: list[Floats] = []
        self._heard = 0

    def sound(self, seconds: float, samples: Samples) -> None:  # noqa: ARG002 (none is left out)
        """Listen."""
        self._heard += len(samples)
        self._values.append(self._ear.hear(samples))

    def end(self) -> Finding:
        """Everything; nothing where nothing was heard."""
        values = np.concatenate([*self._values, self._ear.rest()])
        seconds = self._heard / SOUND_RATE
        found = stretches(values, self._ear.step, self._ear.rules)
        body = {
            "segments": [
                {"start": one.start, "end": min(one.end, round(seconds, 3)), "likelihood": one.likelihood}
                for one in found
            ],
            "seconds": round(seconds, 4),
            "speech_seconds": round(sum(min(one.end, seconds) - one.start for one in found), 3),
            "by": self._ear.name,
            "step": self._ear.step,
        }
        return Finding(body, (values,), () if self._heard else ("sound",))
