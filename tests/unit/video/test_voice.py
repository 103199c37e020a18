"""Where somebody speaks: likelihoods, and the stretches that they make."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import Handed, handed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.inference.records import Array, Tensor
from socialflow.video.observers.voice import VoiceObserver
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.voice import BLOCK, CONTEXT, WINDOW, NetworkEar, RhythmEar, Rules, stretches

STEP = 0.032


def told(values: list[float], **rules: float) -> list[tuple[float, float]]:
    found = stretches(np.array(values, np.float32), 0.1, Rules(**{"padding": 0.0, **rules}))
    return [(one.start, one.end) for one in found]


class TestStretches:
    def test_begins_high_and_goes_on_low(self) -> None:
        assert told([0.4, 0.4, 0.6, 0.4, 0.4, 0.3, 0.0, 0.4, 0.4, 0.4]) == [(0.2, 0.5)]

    def test_short_gaps_do_not_part_and_short_stretches_are_none(self) -> None:
        values = [0.9] * 3 + [0.0] + [0.9] * 3 + [0.0] * 4 + [0.9] + [0.0] * 3
        assert told(values, gap=0.15) == [(0.0, 0.7)]
        assert told(values, gap=0.05) == [(0.0, 0.3), (0.4, 0.7)]
        assert told(values, gap=0.15, shortest=0.1) == [(0.0, 0.7), (1.1, 1.2)]

    def test_padding_leaves_room_for_neighbours(self) -> None:
        values = [0.0] * 5 + [0.9] * 3 + [0.0] * 2 + [0.9] * 3 + [0.0] * 5
        assert told(values, padding=0.3) == [(0.2, 0.9), (0.9, 1.6)]

    @given(hnp.arrays(np.float32, st.integers(0, 60), elements=st.floats(0, 1, width=32)))
    def test_they_lie_within_and_do_not_overlap(self, values: np.ndarray) -> None:
        rules = Rules(padding=0.05)
        found = stretches(values, STEP, rules)
        edges = [edge for one in found for edge in (one.start, one.end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= len(values) * STEP + 1e-3 for edge in edges)
        assert all(one.end - one.start >= rules.shortest for one in found)


class Echo:
    """A graph that answers what it is fed: the mean of each window, and how many it has seen as its state."""

    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()

    def __init__(self) -> None:
        self.seen: list[Array] = []

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        windows = feeds["input"]
        assert windows.shape[1] == CONTEXT + WINDOW
        self.seen.append(windows)
        return {"output": windows[:, -1:].copy(), "stateN": feeds["state"] + 1}


class TestNetworkEar:
    @pytest.mark.parametrize("windows", [3, 200, 1100, BLOCK // WINDOW + 7])
    def test_every_window_is_told_in_order(self, windows: int) -> None:
        samples = np.repeat(np.arange(windows, dtype=np.float32), WINDOW)
        ear = NetworkEar(Echo())
        found = [ear.hear(samples[start : start + 50_000]) for start in range(0, len(samples), 50_000)]
        assert np.concatenate([*found, ear.rest()]).tolist() == list(range(windows))

    def test_a_window_is_shown_with_what_came_before(self) -> None:
        graph = Echo()
        ear = NetworkEar(graph)
        samples = np.arange(2 * WINDOW, dtype=np.float32)
        ear.hear(samples)
        ear.rest()
        assert graph.seen[0][0].tolist() == [0.0] * CONTEXT + list(range(WINDOW))
        assert graph.seen[1][0].tolist() == list(range(WINDOW - CONTEXT, 2 * WINDOW))

    def test_nothing_has_no_values(self) -> None:
        assert len(NetworkEar(Echo()).rest()) == 0


def swelling(seconds: float, rate: float) -> Samples:
    """Noise that swells so many times a second."""
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    sound = np.random.default_rng(0).normal(0, 0.2, len(at)) * np.clip(np.sin(np.pi * rate * at), 0, 1) ** 2
    return sound.astype(np.float32)


class TestRhythmEar:
    def test_syllables_between_silences_are_found(self) -> None:
        quiet = np.random.default_rng(1).normal(0, 0.001, 3 * SOUND_RATE).astype(np.float32)
        ear = RhythmEar()
        values = np.concatenate([ear.hear(np.concatenate([quiet, swelling(4, 4.5), quiet])), ear.rest()])
        found = stretches(values, ear.step, ear.rules)
        assert found[0].start == pytest.approx(3, abs=0.5)
        assert found[-1].end == pytest.approx(7, abs=0.5)

    @pytest.mark.parametrize("level", [0.0, 0.2])
    def test_silence_and_even_noise_are_no_speech(self, level: float) -> None:
        ear = RhythmEar()
        noise = np.random.default_rng(2).normal(0, level, 5 * SOUND_RATE).astype(np.float32)
        values = np.concatenate([ear.hear(noise), ear.rest()])
        assert len(values) == 250
        assert stretches(values, ear.step, ear.rules) == []


@pytest.fixture(scope="module")
def silero(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return handed(UpstreamModels(tmp_path_factory.mktemp("models"), shared_models()).open("vad-silero"))


def wav(path: Path) -> Samples:
    import wave

    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def observed(samples: Samples, model: Handed | None) -> VoiceObserver:
    observer = VoiceObserver(model)
    for start in range(0, len(samples), 4000):
        observer.sound(start / SOUND_RATE, samples[start : start + 4000])
    return observer


class TestRecordings:
    def test_pauses_of_a_speaker_are_found(self, silero: Handed) -> None:
        finding = observed(wav(media("speech") / "jfk.wav"), silero).end()
        edges = [edge for one in finding.body["segments"] for edge in (one["start"], one["end"])]
        for border in (0.3, 2.2, 3.3, 4.4, 5.4, 7.6, 8.2, 10.5):
            assert min(abs(edge - border) for edge in edges) < 0.25
        assert finding.body["speech_seconds"] == pytest.approx(0.75 * 11, abs=0.8)

    def test_beside_each_other_lanes_tell_what_one_does(self, silero: Handed) -> None:
        samples = np.tile(wav(media("speech") / "jfk.wav"), 4)
        beside = observed(samples, silero).end().arrays[0]
        one = np.concatenate([observed(samples[:BLOCK], silero).end().arrays[0]])
        assert beside.tolist() == one.tolist()
        ear = NetworkEar(observed(samples[:0], silero)._ear._graph)  # type: ignore[attr-defined]
        alone = np.concatenate(
            [ear._told(samples[at : at + 60 * WINDOW]) for at in range(0, len(samples), 60 * WINDOW)]
        )
        assert np.mean((alone >= 0.5) == (beside[: len(alone)] >= 0.5)) > 0.98

    @pytest.mark.parametrize("name", ["rain", "applause", "typing", "piano"])
    def test_what_is_no_voice_has_none(self, silero: Handed, name: str) -> None:
        finding = observed(wav(media("audio-events") / f"{name}_8s_16k.wav"), silero).end()
        assert finding.body["segments"] == []


class TestObserver:
    def test_without_sound_it_says_so(self) -> None:
        finding = VoiceObserver().end()
        assert (finding.missing, finding.body["segments"], finding.body["by"]) == (("sound",), [], "voice_by_rhythm")
