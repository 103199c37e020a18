"""Speech to captions: how sound reaches the recogniser, what is told when something is missing, and real speech."""

import asyncio
import json
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.evaluation.words import compare, normalised
from socialflow.kit.analyses import watched_by
from socialflow.kit.answers import Status, Tier
from socialflow.video import SpeechCaptioner
from socialflow.video.analysis import report
from socialflow.video.captions import CaptionAnalysis, written
from socialflow.video.cues import Word
from socialflow.video.observers.speech import START, SpeechObserver
from socialflow.video.reader import VideoReader
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.speech import VoicedSound, cut, packed
from socialflow.video.subtitles import from_vtt
from socialflow.video.voice import Floats, Rules, Voiced


class LoudEar:
    """Takes every sample above nothing for voice, tenth by tenth; tells values as soon as `every` of them are there."""

    name = "loud"
    rules = Rules(padding=0.1, gap=0.15)
    step = 0.1
    HOP = SOUND_RATE // 10

    def __init__(self, every: int = 40) -> None:
        self._every, self._left = every, np.zeros(0, np.float32)

    def hear(self, samples: Samples) -> Floats:
        self._left = np.concatenate([self._left, samples])
        return self.rest() if len(self._left) >= self._every * self.HOP else np.zeros(0, np.float32)

    def rest(self) -> Floats:
        whole = len(self._left) // self.HOP * self.HOP
        told, self._left = self._left[:whole], self._left[whole:]
        return (told.reshape(-1, self.HOP).max(1) > 0).astype(np.float32)


def sound_of(tenths: list[bool]) -> Samples:
    """Sound where it is told, each sample another: its place."""
    samples = np.arange(1, len(tenths) * LoudEar.HOP + 1, dtype=np.float32)
    return samples * np.repeat(np.array(tenths), LoudEar.HOP)


def gathered(samples: Samples, ear: LoudEar) -> tuple[list[Voiced], list[float]]:
    """What is given on: stretches, and the first sample of each."""
    found: list[Voiced] = []
    firsts: list[float] = []

    def heard(closed: list[Voiced], sound: Samples, begin: float) -> None:
        found.extend(closed)
        firsts.extend(float(sound[round((one.start - begin) * SOUND_RATE) + LoudEar.HOP]) for one in closed)

    voiced = VoicedSound(ear, heard)  # type: ignore[arg-type]
    for start in range(0, len(samples), 700):
        voiced.take(samples[start : start + 700])
    voiced.end()
    return found, firsts


class TestVoicedSound:
    @given(st.lists(st.tuples(st.booleans(), st.integers(3, 25)), min_size=1, max_size=8))
    def test_stretches_are_those_of_the_whole_with_their_own_sound(self, runs: list[tuple[bool, int]]) -> None:
        tenths = [voice for voice, length in runs for _ in range(length)]
        samples = sound_of([False] * 15 + tenths + [False] * 5)
        whole, firsts = gathered(samples, LoudEar(100_000))
        pieces, their_firsts = gathered(samples, LoudEar(40))
        at = [(round(one.start, 2), round(one.end, 2)) for one in whole]
        if not any(end - start > 2.5 for start, end in at):
            assert [(round(one.start, 2), round(one.end, 2)) for one in pieces] == at
            assert their_firsts == firsts
        assert sum(one.end - one.start for one in pieces) == pytest.approx(sum(e - s for s, e in at), abs=1)

    def test_what_never_ends_is_given_on_piece_by_piece(self) -> None:
        found, _ = gathered(sound_of([True] * 200), LoudEar(40))
        assert len(found) == 5
        assert sum(one.end - one.start for one in found) == pytest.approx(20, abs=0.1)


class TestPieces:
    def test_long_sound_is_cut_where_it_is_quiet(self) -> None:
        samples = np.full(25 * SOUND_RATE, 0.5, np.float32)
        samples[8 * SOUND_RATE : round(8.5 * SOUND_RATE)] = 0
        parts = list(cut(samples, 10))
        assert parts[1][0] / SOUND_RATE == pytest.approx(8.25, abs=0.3)
        assert sum(len(part) for _, part in parts) == len(samples)
        assert max(len(part) for _, part in parts) <= 10 * SOUND_RATE

    def test_pieces_are_no_longer_than_they_may_be(self) -> None:
        found = [Voiced(float(at), at + 0.9, 1.0) for at in range(30)]
        assert packed(found, 10, 0.5)[0] == (0.0, 9.9)


class Parrot:
    """Says one word a piece."""

    name, longest, joins, timed, language = "parrot", 10.0, 0.0, "word", "en"

    def words(self, samples: Samples, start: float) -> list[Word]:
        return [Word("hello", start, start + len(samples) / SOUND_RATE, 0.5)]


def swelling(seconds: float, rate: float = 4.5) -> Samples:
    """Noise that swells so many times a second."""
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    sound = np.random.default_rng(0).normal(0, 0.2, len(at)) * np.clip(np.sin(np.pi * rate * at), 0, 1) ** 2
    return sound.astype(np.float32)


class TestObserver:
    def test_words_are_those_of_the_pieces(self) -> None:
        observer = SpeechObserver(recogniser=Parrot())
        observer.sound(0.0, swelling(3))
        told = observer.end()
        assert [word["text"] for word in told.body["words"]] == ["hello"] * len(told.body["segments"])
        assert (told.body["by"], told.body["language"], told.missing) == ("parrot", "en", ())
        assert told.body["recognised_seconds"] == pytest.approx(told.body["speech_seconds"], abs=0.01)

    def test_when_time_has_run_out_the_rest_is_named(self) -> None:
        clock = iter(range(0, 10_000, 100))
        observer = SpeechObserver(recogniser=Parrot(), spent=lambda: float(next(clock)), pace=0.1)
        observer.sound(0.0, np.concatenate([swelling(3), np.zeros(5 * SOUND_RATE, np.float32), swelling(3)]))
        told = observer.end()
        assert told.missing == ("speech:rest",)
        assert START < 100
        assert told.body["recognised_seconds"] < told.body["speech_seconds"]
        assert len(told.body["words"]) == 1

    def test_silence_and_no_sound_are_told_apart(self) -> None:
        silent = SpeechObserver(recogniser=Parrot())
        silent.sound(0.0, np.zeros(SOUND_RATE, np.float32))
        assert silent.end().missing == ("speech",)
        assert SpeechObserver(recogniser=Parrot()).end().missing == ("sound",)


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    pytest.importorskip("av", reason="needs the media extra")
    pytest.importorskip("pocketsphinx", reason="needs the media extra")
    reader = VideoReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return UpstreamModels(tmp_path_factory.mktemp("models"), shared_models())


def write_wav(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes((samples * 20000).astype("<i2").tobytes())
    return path


class TestCaptioner:
    def test_where_nobody_speaks_it_abstains(self, reader: VideoReader, tmp_path: Path) -> None:
        path = write_wav(tmp_path / "still.wav", np.zeros(2 * SOUND_RATE, np.float32))
        captioner = SpeechCaptioner(NoModels(), reader)
        told = captioner.predict(path)
        assert (told["status"], told["missing"]) == (
            Status.ABSTAINED,
            ["speech", "model:vad-silero", "model:speech-whisper-base"],
        )
        assert (told["cues"], told["text"], told["language"]) == ([], "", None)
        assert asyncio.run(captioner.generate_captions(path)) == "WEBVTT\n"

    def test_as_one_of_the_analyses_of_a_pass(self, reader: VideoReader, tmp_path: Path) -> None:
        path = write_wav(tmp_path / "still.wav", np.zeros(2 * SOUND_RATE, np.float32))
        analysis = CaptionAnalysis(NoModels())
        answer = report(reader.watch(path, watched_by([analysis])), [analysis]).analyses["captions"]
        assert json.loads(json.dumps(answer.answer)) == answer.answer
        assert answer.status is Status.ABSTAINED


class TestRecordings:
    """Times within half a second; words as good as the recogniser is."""

    @pytest.mark.slow
    def test_spoken_utterances_in_a_video(self, reader: VideoReader, models: UpstreamModels) -> None:
        truth = json.loads((media("speech") / "speech-over-video.json").read_text())["cues"]
        told = SpeechCaptioner(models, reader).predict(media("speech") / "speech-over-video.mp4")
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["model:speech-whisper-base"])
        assert {one.tier for one in told["provenance"]} == {Tier.DOWNLOADED, Tier.BUNDLED}
        assert (told["language"], told["language_assumed"], told["timing"]) == ("en", True, "word")
        starts = [one["start"] for one in told["segments"]]
        assert all(min(abs(start - cue["start_s"]) for start in starts) < 0.5 for cue in truth)
        said = normalised(" ".join(cue["text"] for cue in truth))
        assert compare(said, normalised(told["text"])).rate < 0.7
        cues = told["cues"]
        assert [(cue.start, cue.end, cue.text) for cue in from_vtt(written(cues, "vtt"))] == [
            (one["start"], one["end"], one["text"]) for one in cues
        ]

    def test_words_lie_where_they_were_aligned(self, reader: VideoReader) -> None:
        stem = media("speech") / "librivox" / "sense_and_sensibility_01_austen_64kb-0870"
        aligned = [one for one in json.loads(stem.with_suffix(".json").read_text())["w"] if one["t"][0] not in "<["]
        told = SpeechCaptioner(NoModels(), reader).predict(stem.with_suffix(".wav"))
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["model:vad-silero", "model:speech-whisper-base"])
        said = [one["t"].split("(")[0] for one in aligned]
        score = compare(said, [word["text"].lower() for word in told["words"]])
        off = [abs(aligned[one]["b"] - told["words"][other]["start"]) for one, other in score.matched]
        assert score.rate < 0.6
        assert max(off) < 0.5
