"""Loudness against the values that ITU-R BS.1770 and EBU Tech 3341 and 3342 name, and what is wrong with sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.kit.findings import Finding
from socialflow.video.metering import PeakMeter, decibels, k_weighting
from socialflow.video.observers.loudness import LoudnessObserver, clipped_samples
from socialflow.video.records import SOUND_RATE, VideoInfo


def sine(level: float, seconds: float, frequency: float = 1000.0, phase: float = 0.0) -> np.ndarray:
    """With a peak of `level` decibels."""
    times = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    return (10 ** (level / 20) * np.sin(2 * np.pi * frequency * times + phase)).astype(np.float32)


def heard(*parts: np.ndarray, channels: int = 1, rate: int = SOUND_RATE, piece: int = 1024) -> Finding:
    observer = LoudnessObserver()
    observer.begin(VideoInfo("wav", None, 0, 0, 0, 0.0, None, None, None, "pcm", rate, channels))
    samples = np.concatenate(parts)
    for start in range(0, len(samples), piece):
        observer.sound(start / SOUND_RATE, samples[start : start + piece])
    return observer.end()


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    """Bursts of noise with pauses, as syllables come."""
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(round(seconds * SOUND_RATE)) * 0.1
    times = np.arange(len(samples)) / SOUND_RATE
    return (samples * (np.sin(2 * np.pi * 1.5 * times) > -0.3)).astype(np.float32)


class TestFilters:
    def test_are_those_of_the_standard_at_its_rate(self) -> None:
        first, second = k_weighting(48_000)
        assert first == pytest.approx(
            [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585], abs=1e-8
        )
        assert second == pytest.approx([1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621], abs=1e-8)


class TestLoudness:
    def test_a_sine_of_997_hertz_reads_3_below_its_peak(self) -> None:
        assert heard(sine(-20, 20, 997)).body["loudness"] == pytest.approx(-23.01, abs=0.1)
        assert heard(sine(0, 20, 997)).body["loudness"] == pytest.approx(-3.01, abs=0.1)

    @pytest.mark.parametrize("level", [-23, -33])
    def test_ebu_cases_1_and_2(self, level: int) -> None:
        """Equal channels at this peak, heard as one."""
        told = heard(sine(level, 20), channels=2).body
        assert told["loudness"] == pytest.approx(level, abs=0.1)
        assert told["momentary"] == pytest.approx(level, abs=0.1)

    @pytest.mark.parametrize(
        "case",
        [
            [(-36, 10), (-23, 60), (-36, 10)],
            [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
            [(-26, 20), (-20, 20.1), (-26, 20)],
        ],
        ids=["3: relative gate", "4: both gates", "5: no gate"],
    )
    def test_ebu_cases_of_gating(self, case: list[tuple[float, float]]) -> None:
        parts = [sine(level, seconds) for level, seconds in case]
        assert heard(*parts, channels=2).body["loudness"] == pytest.approx(-23.0, abs=0.1)

    @pytest.mark.parametrize(
        ("levels", "expected"),
        [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
    )
    def test_ebu_cases_of_range(self, levels: tuple[int, ...], expected: float) -> None:
        parts = [sine(level, 20) for level in levels]
        assert heard(*parts, channels=2).body["range"] == pytest.approx(expected, abs=1.0)

    def test_noise_of_known_power(self) -> None:
        """Through the filters' mean gain, as their response says."""
        noise = (np.random.default_rng(0).standard_normal(60 * SOUND_RATE) * 0.05).astype(np.float32)
        frequencies = np.exp(2j * np.pi * np.arange(1, 8000) / SOUND_RATE)
        gain = np.ones(len(frequencies))
        for section in k_weighting(SOUND_RATE):
            up, down = np.polyval(section[:3], frequencies), np.polyval(section[3:], frequencies)
            gain *= np.abs(up / down) ** 2
        expected = -0.691 + 10 * np.log10(0.05**2 * gain.mean())
        assert heard(noise).body["loudness"] == pytest.approx(expected, abs=0.2)

    @given(st.floats(-60, -1), st.integers(100, 5000))
    def test_gain_moves_it_by_as_much(self, level: float, piece: int) -> None:
        told = heard(sine(level, 1.0), piece=piece).body
        assert told["loudness"] - level == pytest.approx(heard(sine(-1, 1.0)).body["loudness"] + 1, abs=0.02)

    def test_too_short_or_silent_has_none(self) -> None:
        short, silent = heard(sine(-20, 0.3)), heard(np.zeros(40_000, np.float32))
        assert (short.body["loudness"], silent.body["loudness"]) == (None, None)
        assert "loudness" in short.missing

    def test_what_is_not_heard_is_said(self) -> None:
        assert heard(sine(-20, 5), channels=2, rate=48_000).missing == ("sound:channels", "sound:treble")
        assert heard(sine(-20, 5)).missing == ()
        nothing = heard(np.zeros(0, np.float32))
        assert (nothing.body, nothing.missing) == ({"seconds": 0.0}, ("sound",))


class TestPeaks:
    @pytest.mark.parametrize(
        ("frequency", "phase", "level"),
        [(4000, 0, -6.02), (4000, 45, -6.02), (16000 / 6, 60, -6.02), (2000, 67.5, -6.02), (4000, 45, 3.0)],
    )
    def test_ebu_cases_of_true_peak(self, frequency: float, phase: float, level: float) -> None:
        told = heard(sine(level, 1.0, frequency, np.deg2rad(phase))).body
        assert -0.4 <= told["true_peak"] - level <= 0.2

    def test_samples_may_lie_below_it(self) -> None:
        told = heard(sine(-6.02, 1.0, 4000, np.pi / 4)).body
        assert told["peak"] == pytest.approx(-9.03, abs=0.01)

    @given(st.integers(1, 500))
    def test_pieces_of_any_size(self, piece: int) -> None:
        meter = PeakMeter()
        samples = sine(-3.0, 0.1, 4000, np.pi / 4)
        for start in range(0, len(samples), piece):
            meter.take(samples[start : start + piece])
        assert decibels(meter.true) == pytest.approx(-3.0, abs=0.3)


class TestClipping:
    @pytest.mark.parametrize("over", [1, 3, 6, 12])
    def test_what_was_cut_off_is_found(self, over: float) -> None:
        told = heard(sine(-20, 1), np.clip(sine(over, 1, 300), -1, 1), sine(-20, 1)).body
        assert told["clipping"] == [{"start": pytest.approx(1.0), "end": pytest.approx(2.0)}]
        assert told["clipped"] > 0.05

    @pytest.mark.parametrize("frequency", [50, 100, 997, 3100])
    def test_a_whole_sine_at_full_scale_is_not_clipped(self, frequency: float) -> None:
        assert heard(sine(0, 2, frequency)).body["clipped"] == 0

    def test_what_was_cut_in_a_file_and_turned_down_is_not(self) -> None:
        assert heard(0.5 * np.clip(sine(6, 1), -1, 1)).body["clipped"] == 0

    def test_speech_that_was_too_loud(self) -> None:
        loud = np.clip(8 * speech(3), -1, 1)
        assert heard(loud).body["clipped"] > 0.02
        assert heard(speech(3)).body["clipped"] == 0

    def test_beyond_full_scale_counts_wherever_it_is(self) -> None:
        window = np.zeros((1, 1600), np.float32)
        window[0, 5] = 1.2
        assert clipped_samples(window).tolist() == [1]


class TestSilence:
    def test_stretches(self) -> None:
        told = heard(sine(-20, 2), np.zeros(3 * SOUND_RATE, np.float32), sine(-20, 2)).body
        assert told["silence"] == [{"start": pytest.approx(2.0), "end": pytest.approx(5.0)}]

    def test_short_pauses_are_none(self) -> None:
        assert heard(speech(5)).body["silence"] == []

    def test_offset(self) -> None:
        assert heard(sine(-20, 2) + np.float32(0.05)).body["offset"] == pytest.approx(0.05, abs=1e-4)


class TestSpeechToNoise:
    @pytest.mark.parametrize("decibel", [10, 20, 30, 40])
    def test_is_that_of_known_noise(self, decibel: float) -> None:
        clean = speech(20)
        power = np.square(clean[np.abs(clean) > 0]).mean()
        noise = np.random.default_rng(5).standard_normal(len(clean)) * np.sqrt(power / 10 ** (decibel / 10))
        told = heard((clean + noise).astype(np.float32)).body
        assert told["speech_to_noise"] == pytest.approx(decibel, abs=2.0)

    def test_of_silence_and_of_a_tone_is_none(self) -> None:
        assert heard(np.zeros(20_000, np.float32)).body["speech_to_noise"] is None
        assert heard(sine(-20, 2)).body["speech_to_noise"] is None


class TestDamage:
    def test_samples_that_are_no_numbers_become_silence(self) -> None:
        broken = sine(-20, 2)
        broken[100:200] = np.nan
        broken[300] = np.inf
        found = heard(broken)
        assert found.body["loudness"] == pytest.approx(-23, abs=0.5)
        assert "sound:damaged" in found.missing
