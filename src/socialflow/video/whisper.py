"""Speech of many languages to words by Whisper (Radford et al., "Robust speech recognition via large-scale weak
supervision", 2022): greedy decoding with the paper's rules for times. Phrases are timed, their words share that time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.inference.ports import Graph
from socialflow.inference.records import Array
from socialflow.video.cues import Word
from socialflow.video.logmel import log_mel
from socialflow.video.records import SOUND_RATE, Samples
from socialflow.video.whisper_tokens import STEP, Tokens, read_tokens

MODELS = ("speech-whisper-small", "speech-whisper-base", "speech-whisper-tiny")
"""The best first."""
ADVISED = "speech-whisper-base"
"""The one that is named where none is at hand."""
MOST = 224
"""Tokens of one stretch."""
LATEST = 1.0
"""Seconds after which the first phrase does not begin: a stretch begins where somebody speaks."""
DOUBTED = -1.5
"""Mean logarithm of probability below which a phrase is not told: it is invented, as in noise."""
Floats = npt.NDArray[np.float32]
_PAST, _PRESENT = "past_key_values.", "present."


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said between two times, seconds; `likelihood` is the mean logarithm of its tokens' probability."""

    start: float
    end: float
    text: str
    likelihood: float


class WhisperRecogniser:
    """Words of speech. Raises what `runnable` does, ArtefactError where the tokenizer is none."""

    longest: ClassVar[float] = 28.0
    joins: ClassVar[float] = 3.0
    timed: ClassVar[str] = "phrase"

    def __init__(self, model: Handed) -> None:
        loaded = runnable(model)
        card = loaded.installed.card
        self.name = card.name
        self._bands = 80 if card.audio is None else card.audio.bands or 80
        self._encoder, self._decoder = loaded.graph("encoder"), loaded.graph("decoder")
        self._tokens = read_tokens(loaded.installed.path("tokenizer.json"))
        self._heard: dict[str, float] = {}

    @property
    def language(self) -> str | None:
        """The one that was spoken longest, as far as the model can tell."""
        return max(self._heard, key=lambda name: self._heard[name]) if self._heard else None

    def words(self, samples: Samples, start: float) -> list[Word]:
        """As `Recogniser` has it."""
        (given,) = self._encoder.inputs
        (told,) = self._encoder.outputs
        states = self._encoder.run({given.name: log_mel(samples, self._bands)[None]})[told.name]
        language, phrases = transcribed(Decoding(self._decoder, states), self._tokens)
        seconds = len(samples) / SOUND_RATE
        self._heard[language] = self._heard.get(language, 0.0) + seconds
        return [word for phrase in phrases for word in spread(phrase, start, start + seconds)]


class Decoding:
    """One run of the decoder over what the encoder made: takes tokens, gives logits of what follows, keeps its caches.

    The decoder is of the merged kind: with `use_cache_branch` it goes on from the caches, which it gives back as
    `present.*` for `past_key_values.*`; those of the encoder's side come only from the first step.
    """

    def __init__(self, graph: Graph, states: Floats) -> None:
        self._graph, self._states = graph, states
        self._past: dict[str, Array] = {}
        for tensor in graph.inputs:
            if tensor.name.startswith(_PAST):
                batch, heads, _, width = tensor.shape
                if not isinstance(heads, int) or not isinstance(width, int):
                    raise ArtefactError(f"the decoder's {tensor.name} has {[batch, heads, width]}: sizes are not known")
                self._past[tensor.name] = np.zeros((1, heads, 0, width), np.float32)
        self._begun = False

    def step(self, tokens: Sequence[int]) -> Floats:
        """Logits (vocabulary,) after these tokens, which follow those that were given before."""
        feeds: dict[str, Array] = {
            "input_ids": np.array([tokens], np.int64),
            "encoder_hidden_states": self._states,
            "use_cache_branch": np.array([self._begun]),
            **self._past,
        }
        wanted = {tensor.name for tensor in self._graph.inputs}
        told = self._graph.run({name: value for name, value in feeds.items() if name in wanted})
        self._keep(told)
        logits: Floats = told["logits"][0, -1].astype(np.float32)
        return logits

    def _keep(self, told: Mapping[str, Array]) -> None:
        for name in self._past:
            new = told[_PRESENT + name.removeprefix(_PAST)]
            if not (self._begun and ".encoder." in name):
                self._past[name] = new
        self._begun = True


def transcribed(decoding: Decoding, tokens: Tokens) -> tuple[str, list[Phrase]]:
    """The language, and phrases in order, their times from the beginning of the stretch."""
    logits = decoding.step([tokens.begin])
    spoken = max(tokens.languages, key=lambda token: float(logits[token]))
    logits = decoding.step([spoken, tokens.transcribe])
    said: list[int] = []
    sure: list[float] = []
    while len(said) < MOST:
        allowed = _allowed(_log_shares(logits), said, tokens)
        token = int(allowed.argmax())
        if token == tokens.end:
            break
        said.append(token)
        sure.append(float(allowed[token]))
        logits = decoding.step([token])
    return tokens.languages[spoken], phrases(said, sure, tokens)


def _log_shares(logits: Floats) -> Floats:
    away = logits - logits.max()
    found: Floats = (away - np.log(np.exp(away).sum())).astype(np.float32)
    return found


def _allowed(logs: Floats, said: Sequence[int], tokens: Tokens) -> Floats:
    """Logarithms of probabilities, minus infinity for what may not follow.

    Times come in pairs, the end of one phrase and the beginning of the next, and never go back; text begins with a
    time, and a time comes where all times together are likelier than any text.
    """
    first, out = tokens.first_time, logs.copy()
    special = [token for token in range(tokens.end, first) if token < len(out) and token != tokens.end]
    out[special] = -np.inf
    if not said:
        out[:first] = -np.inf
        out[first + round(LATEST / STEP) + 1 :] = -np.inf
        return out
    after_time = tokens.is_time(said[-1])
    after_pair = after_time and (len(said) < 2 or tokens.is_time(said[-2]))
    if after_pair:
        out[first:] = -np.inf
    elif after_time:
        out[: tokens.end] = -np.inf
    latest = max(token for token in said if tokens.is_time(token))
    out[first : latest + (0 if after_time and not after_pair else 1)] = -np.inf
    times, text = out[first:], out[:first]
    if len(times) and np.isfinite(times).any() and np.logaddexp.reduce(times) > text.max():
        out[:first] = -np.inf
    return out


def phrases(said: Sequence[int], sure: Sequence[float], tokens: Tokens) -> list[Phrase]:
    """Text between times; one whose end was not told ends where the stretch does (infinity)."""
    found: list[Phrase] = []
    begin, part, logs = 0.0, list[int](), list[float]()
    for token, log in (*zip(said, sure, strict=True), (-1, 0.0)):
        if token >= 0 and not tokens.is_time(token):
            part.append(token)
            logs.append(log)
            continue
        end = tokens.seconds(token) if token >= 0 else float("inf")
        text = " ".join(tokens.text(part).split())
        likelihood = sum(logs) / max(1, len(logs))
        if text and end > begin and likelihood >= DOUBTED:
            found.append(Phrase(begin, end, text, likelihood))
        begin, part, logs = end, [], []
    return found


def spread(phrase: Phrase, start: float, most: float) -> list[Word]:
    """Words of a phrase, of a stretch from `start` to `most` seconds; its time is shared out by their letters.

    >>> [(word.text, word.start, word.end) for word in spread(Phrase(0.0, 1.1, "ask not", -0.1), 2.0, 9.0)]
    [('ask', 2.0, 2.55), ('not', 2.55, 3.1)]
    """
    texts = phrase.text.split()
    begin, end = min(start + phrase.start, most), min(start + phrase.end, most)
    lengths = np.cumsum([0.0, *(len(text) + 1.0 for text in texts)])
    edges = begin + (end - begin) * lengths / lengths[-1]
    sure = round(float(np.exp(phrase.likelihood)), 4)
    return [
        Word(text, round(float(edges[place]), 3), round(float(edges[place + 1]), 3), sure)
        for place, text in enumerate(texts)
    ]
