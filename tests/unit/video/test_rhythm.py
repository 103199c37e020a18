"""Sound that swells as fast as syllables."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import SHARED

from socialflow.video.observers.rhythm import RhythmObserver
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.syllables import speech_like


def heard(samples: Samples, piece: int = 1024) -> tuple[float, list[float]]:
    """Mean, and second by second."""
    observer = RhythmObserver()
    for start in range(0, len(samples), piece):
        observer.sound(start / SOUND_RATE, samples[start : start + piece])
    finding = observer.end()
    return finding.body["speech"], finding.arrays[0].tolist()


def modulated(rate: float, seconds: int = 6) -> Samples:
    at = np.arange(seconds * SOUND_RATE) / SOUND_RATE
    carrier = np.random.default_rng(0).normal(0, 0.2, len(at))
    return (carrier * np.clip(np.sin(np.pi * rate * at), 0, 1) ** 2).astype(np.float32)


class TestRhythm:
    @pytest.mark.parametrize("rate", [3.0, 4.5, 6.0])
    def test_swells_like_syllables_are_like_speech(self, rate: float) -> None:
        assert heard(modulated(rate))[0] > 0.8

    @pytest.mark.parametrize("rate", [0.3, 20.0])
    def test_slower_and_faster_ones_are_not(self, rate: float) -> None:
        assert heard(modulated(rate))[0] < 0.5

    def test_an_even_sound_and_silence_are_not(self) -> None:
        at = np.arange(4 * SOUND_RATE) / SOUND_RATE
        assert heard((0.4 * np.sin(2 * np.pi * 440 * at)).astype(np.float32))[0] < 0.05
        assert heard(np.zeros(4 * SOUND_RATE, np.float32)) == (0.0, [0.0] * 4)

    def test_pieces_of_any_length_tell_the_same(self) -> None:
        samples = modulated(4.0)
        assert heard(samples, 1024) == heard(samples, 333) == heard(samples, 48_000)

    @given(st.lists(st.floats(0, 10, width=32), max_size=400))
    def test_shares_are_shares(self, values: list[float]) -> None:
        found = speech_like(np.array(values, np.float32))
        assert ((found >= 0) & (found <= 1)).all()
        assert len(found) == max(1, round(len(values) / 50))


def recorded(path: Path) -> Samples:
    if not path.is_file():
        pytest.skip(f"{path} is absent; set SOCIALFLOW_SHARED to the folder that holds media")
    with wave.open(str(path)) as file:
        samples: npt.NDArray[np.int16] = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return (samples / 32768).astype(np.float32)


class TestRecordings:
    def test_speech_stands_apart(self) -> None:
        media = SHARED / "media"
        speech = heard(recorded(media / "speech" / "jfk.wav"))[0]
        others = [heard(recorded(path))[0] for path in sorted((media / "audio-events").glob("*.wav"))]
        assert speech > 0.8
        assert max(others) < 0.65
