"""Kinds of sound: windows, events over time, and what is told without the model."""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import Handed, NoModels, handed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.kit.answers import Status, Tier
from socialflow.video import AudioEventDetector
from socialflow.video.observers.events import HOP, WINDOW, EventObserver
from socialflow.video.reader import VideoReader
from socialflow.video.records import SOUND_RATE
from socialflow.video.sounds import LIKE_SPEECH, EventAnalysis, events, top


class TestEvents:
    def test_windows_that_follow_each_other_are_one_event(self) -> None:
        scores = np.array([[0.9, 0.0], [0.5, 0.4], [0.2, 0.8], [0.0, 0.1], [0.6, 0.0]], np.float32)
        found = events(scores, ["Rain", "Dog"], 1.0, 0.5, 2.8)
        assert [(one["label"], one["start"], one["end"]) for one in found] == [
            ("Rain", 0.0, 1.5),
            ("Dog", 0.5, 2.0),
            ("Rain", 2.0, 2.8),
        ]
        assert [one["score"] for one in found] == pytest.approx([0.9, 0.8, 0.6])

    def test_the_kinds_over_all_are_by_their_mean(self) -> None:
        scores = np.array([[0.9, 0.4, 0.0], [0.1, 0.8, 0.001]], np.float32)
        assert [one["label"] for one in top(scores, ["Rain", "Dog", "Cat"])] == ["Dog", "Rain"]

    def test_nothing_has_none(self) -> None:
        nothing = np.zeros((0, 1), np.float32)
        assert (events(nothing, ["Rain"], 1.0, 0.5, 0.0), top(nothing, ["Rain"])) == ([], [])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    pytest.importorskip("ai_edge_litert", reason="needs the media extra")
    return UpstreamModels(tmp_path_factory.mktemp("models"), shared_models())


@pytest.fixture(scope="module")
def yamnet(models: UpstreamModels) -> Handed:
    return handed(models.open("audio-events-yamnet"))


class TestObserver:
    @pytest.mark.parametrize(
        ("samples", "windows"), [(0, 0), (100, 1), (WINDOW, 1), (WINDOW + 1, 1), (WINDOW + HOP, 2), (5 * HOP, 4)]
    )
    def test_every_window_is_heard_once(self, yamnet: Handed, samples: int, windows: int) -> None:
        sound = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
        observer = EventObserver(yamnet)
        for start in range(0, samples, 3000):
            observer.sound(start / SOUND_RATE, sound[start : start + 3000])
        finding = observer.end()
        assert finding.arrays[0].shape == (windows, 521)
        assert finding.missing == (() if samples else ("sound",))


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    pytest.importorskip("av", reason="needs the media extra")
    reader = VideoReader()
    yield reader
    reader.close()


class TestRecordings:
    @pytest.mark.parametrize(
        ("name", "kinds"),
        [
            ("applause", ["Applause"]),
            ("piano", ["Music", "Piano", "Electric piano"]),
            ("rain", ["Water", "Rain"]),
            ("typing", ["Typing", "Computer keyboard"]),
        ],
    )
    def test_the_kinds_are_those_that_sound(
        self, reader: VideoReader, models: UpstreamModels, name: str, kinds: list[str]
    ) -> None:
        told = AudioEventDetector(models, reader).predict(media("audio-events") / f"{name}_8s_16k.wav")
        assert [one["label"] for one in told["top"][: len(kinds)]] == kinds
        assert (told["status"], told["missing"]) == (Status.COMPLETE, [])
        assert (told["speech_share"], (told["music_share"] or 0) > 0.9) == (0.0, name == "piano")

    def test_speech_is_most_of_a_speech(self, reader: VideoReader, models: UpstreamModels) -> None:
        told = AudioEventDetector(models, reader).predict(media("speech") / "jfk.wav")
        assert told["top"][0]["label"] == "Speech"
        assert (told["speech_share"] or 0) > 0.8


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes((samples * 20000).astype("<i2").tobytes())
    return path


class TestWithoutModels:
    def test_rhythm_is_not_called_speech(self, reader: VideoReader, tmp_path: Path) -> None:
        at = np.arange(4 * SOUND_RATE) / SOUND_RATE
        noise = np.random.default_rng(0).normal(0, 0.2, len(at)) * np.clip(np.sin(np.pi * 4.5 * at), 0, 1) ** 2
        told = AudioEventDetector(NoModels(), reader).predict(write_wav(tmp_path / "swell.wav", noise))
        assert (told["status"], told["missing"]) == (
            Status.PARTIAL,
            ["model:audio-events-yamnet", "model:vad-silero"],
        )
        assert {one["label"] for one in told["events"]} == {LIKE_SPEECH}
        assert (told["speech_share"], told["music_share"]) == (None, None)
        assert [one.tier for one in told["provenance"]] == [Tier.HEURISTIC]

    def test_the_better_tier_is_taken_where_it_is(self, models: UpstreamModels) -> None:
        class OnlyVoice(NoModels):
            def open(self, name: str):  # type: ignore[no-untyped-def]
                return models.open(name) if name == "vad-silero" else super().open(name)

        analysis = EventAnalysis(OnlyVoice())
        assert analysis.watches["voice"]["model"] == handed(models.open("vad-silero"))
