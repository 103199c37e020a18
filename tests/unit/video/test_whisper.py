"""Whisper: features, tokens, the rules of decoding, and a tiny random model of its architecture through it all."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny_whisper import HEADS, NAME, SIZE, SPECIAL, VOCABULARY, WIDTH, WORDS, tiny_whisper, tokenizer, weights

from socialflow.catalogue.upstream.handed import Handed, handed, runnable
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError
from socialflow.kit.answers import Tier
from socialflow.video import SpeechCaptioner
from socialflow.video.captions import CaptionAnalysis
from socialflow.video.logmel import filters, log_mel
from socialflow.video.reader import VideoReader
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.whisper import MOST, Decoding, WhisperRecogniser, phrases, transcribed
from socialflow.video.whisper_tokens import STEP, Tokens, read_tokens

END, BEGIN = len(WORDS), len(WORDS) + 1
EN, DE, TRANSCRIBE = BEGIN + 1, BEGIN + 2, len(WORDS) + SPECIAL.index("<|transcribe|>")
FIRST = len(WORDS) + len(SPECIAL)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    path = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    path.write_text(tokenizer())
    return read_tokens(path)


class TestFeatures:
    @pytest.mark.parametrize("hertz", [200.0, 440.0, 1000.0, 3000.0])
    def test_a_tone_is_loudest_in_its_band(self, hertz: float) -> None:
        at = np.arange(2 * SOUND_RATE) / SOUND_RATE
        features = log_mel(np.sin(2 * np.pi * hertz * at).astype(np.float32), 80)
        centres = filters(80).argmax(1) * SOUND_RATE / 400
        assert abs(centres[features[:, 100].argmax()] - hertz) <= 60
        assert features[:, 100].max() > features[:, 2000].max()

    def test_triangles_have_equal_area(self) -> None:
        areas = filters(80)[20:].sum(1) * SOUND_RATE / 400
        assert areas == pytest.approx(np.full(60, 1.0), abs=0.1)

    def test_longer_sound_is_cut_and_levels_have_bounds(self) -> None:
        noise = np.random.default_rng(0).normal(0, 0.3, 40 * SOUND_RATE).astype(np.float32)
        features = log_mel(noise, 80)
        assert features.shape == (80, 3000)
        assert features.max() - features.min() <= 2.0001


class TestTokens:
    def test_bytes_become_text_and_times_seconds(self, tokens: Tokens) -> None:
        assert tokens.text([4, 5, 6, 7]) == " hié."
        assert (tokens.end, tokens.begin, tokens.first_time) == (END, BEGIN, FIRST)
        assert tokens.languages == {EN: "en", DE: "de"}
        assert tokens.seconds(FIRST + 125) == pytest.approx(2.5)

    @pytest.mark.parametrize("content", ["[]", "{}", "no json", '{"model": {"vocab": {}}, "added_tokens": []}'])
    def test_another_file_is_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "tokenizer.json"
        path.write_text(content)
        with pytest.raises(ArtefactError, match="no tokenizer"):
            read_tokens(path)


class Script:
    """A decoder that would best like to say these tokens, one a step."""

    def __init__(self, *wanted: int) -> None:
        self._wanted = [DE, *wanted]
        self.given: list[list[int]] = []

    def step(self, given: Sequence[int]) -> np.ndarray:
        self.given.append(list(given))
        logits = np.zeros(VOCABULARY, np.float32)
        place = len(self.given) - 1
        logits[self._wanted[place] if place < len(self._wanted) else END] = 20.0
        return logits


def at(seconds: float) -> int:
    return FIRST + round(seconds / STEP)


def said(tokens: Tokens, *wanted: int) -> tuple[str, list[tuple[float, float, str]]]:
    language, found = transcribed(Script(*wanted), tokens)  # type: ignore[arg-type]
    return language, [(round(one.start, 2), round(one.end, 2), one.text) for one in found]


class TestDecoding:
    def test_phrases_lie_between_their_times(self, tokens: Tokens) -> None:
        found = said(tokens, at(0.2), 4, 9, at(1.5), at(2.0), 8, at(2.6))
        assert found == ("de", [(0.2, 1.5, "hi there"), (2.0, 2.6, "you")])

    def test_the_prompt_names_what_was_detected(self, tokens: Tokens) -> None:
        script = Script(at(0.0), 4, at(1.0))
        transcribed(script, tokens)  # type: ignore[arg-type]
        assert script.given[:3] == [[BEGIN], [DE, TRANSCRIBE], [at(0.0)]]

    def test_times_do_not_go_back_and_text_begins_with_one(self, tokens: Tokens) -> None:
        _, found = said(tokens, 4, 4, at(2.0), at(1.0), 8, at(1.5))
        assert all(start < end for start, end, _ in found)
        edges = [edge for start, end, _ in found for edge in (start, end)]
        assert edges == sorted(edges)

    def test_a_phrase_that_is_not_closed_goes_on_to_the_end(self, tokens: Tokens) -> None:
        assert said(tokens, at(0.5), 4)[1] == [(0.5, float("inf"), "hi")]

    def test_what_never_ends_is_ended(self, tokens: Tokens) -> None:
        script = Script(at(0.0), *([4] * 1000))
        transcribed(script, tokens)  # type: ignore[arg-type]
        assert len(script.given) == MOST + 2

    @given(st.lists(st.integers(0, VOCABULARY - 1), max_size=30))
    def test_whatever_it_would_say_times_are_in_order(self, wanted: list[int]) -> None:
        named = {text: BEGIN - 1 + place for place, text in enumerate(SPECIAL)}
        pieces = dict.fromkeys(range(len(WORDS)), b"x")
        known = Tokens(pieces, {EN: "en", DE: "de"}, BEGIN, named["<|transcribe|>"], END, FIRST)
        _, found = said(known, *wanted)
        edges = [edge for start, end, _ in found for edge in (start, end)]
        assert edges == sorted(edges)

    def test_what_is_doubtful_is_not_told(self, tokens: Tokens) -> None:
        one = [at(0.0), 4, at(1.0)]
        assert phrases(one, [0.0, -3.0, 0.0], tokens) == []
        assert [phrase.text for phrase in phrases(one, [0.0, -0.2, 0.0], tokens)] == ["hi"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return tiny_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def model(store: UpstreamModels) -> Handed:
    return handed(store.open(NAME))


def by_hand(prefix: Sequence[int], states: np.ndarray) -> np.ndarray:
    """Logits after a prefix, without caches."""
    made = weights()

    def heads(values: np.ndarray, weight: str) -> np.ndarray:
        return (values @ made[weight]).reshape(-1, HEADS, WIDTH).transpose(1, 0, 2)

    def attended(query: np.ndarray, key: np.ndarray, value: np.ndarray) -> np.ndarray:
        raw = query @ key.transpose(0, 2, 1)
        share = np.exp(raw - raw.max(-1, keepdims=True))
        return (share / share.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(-1, SIZE)

    x = made["embed"][list(prefix)]
    own = attended(heads(x[-1:], "own_q"), heads(x, "own_k"), heads(x, "own_v"))
    cross = attended(heads(x[-1:], "cross_q"), heads(states, "cross_k"), heads(states, "cross_v"))
    return ((x[-1:] + own + cross) @ made["out"])[0]


class TestTinyModel:
    def test_caches_tell_what_the_whole_prefix_does(self, model: Handed) -> None:
        states = np.random.default_rng(1).normal(size=(1, 20, SIZE)).astype(np.float32)
        decoding = Decoding(runnable(model).graph("decoder"), states)
        prefix: list[int] = []
        for step in ([BEGIN], [EN, TRANSCRIBE], [at(0.0)], [4], [9]):
            prefix += step
            assert decoding.step(step) == pytest.approx(by_hand(prefix, states[0]), abs=1e-4)

    def test_words_lie_within_the_stretch(self, model: Handed) -> None:
        recogniser = WhisperRecogniser(model)
        assert recogniser.language is None
        sound = np.random.default_rng(0).normal(0, 0.1, 3 * SOUND_RATE).astype(np.float32)
        words = recogniser.words(sound, 10.0)
        assert all(10 <= word.start <= word.end <= 13 for word in words)
        assert recogniser.language in ("en", "de")

    def test_it_is_chosen_where_it_is(self, store: UpstreamModels, tmp_path: Path) -> None:
        pytest.importorskip("av", reason="needs the media extra")
        rate = np.arange(3 * SOUND_RATE) / SOUND_RATE
        noise = np.random.default_rng(0).normal(0, 0.2, len(rate)) * np.clip(np.sin(np.pi * 4.5 * rate), 0, 1) ** 2
        path = write_wav(tmp_path / "swell.wav", noise)
        assert CaptionAnalysis(store).watches["speech"]["model"]["card"]["name"] == NAME
        reader = VideoReader()
        try:
            told = SpeechCaptioner(store, reader).predict(path)
        finally:
            reader.close()
        assert told["missing"] == ["model:vad-silero"]
        assert [(one.model, one.tier) for one in told["provenance"]][1] == (NAME, Tier.DOWNLOADED)
        assert (told["timing"], told["language_assumed"]) == ("phrase", False)
        assert told["language"] in ("en", "de")


def write_wav(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes((samples * 20000).astype("<i2").tobytes())
    return path
