"""A sentence about a picture, by an encoder of pictures and a decoder of words, greedily."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.prepare import prepared
from socialflow.image.records import Colours
from socialflow.inference.records import Array

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = "caption-vit-gpt2"
EDGE = "<|endoftext|>"
"""What a sentence begins and ends with (GPT-2)."""
LONGEST = 24
"""Tokens of a sentence."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a model says of a picture; `score`: geometric mean of its tokens' probabilities."""

    text: str
    score: float


class Captioner:
    """A captioning model that was handed on, as `cards/caption-vit-gpt2.toml` describes it.

    Raises:
        ArtefactError, ModelUnavailable: the model cannot be loaded, or is no captioner.
    """

    def __init__(self, model: Handed) -> None:
        self._model = runnable(model)
        card = self._model.installed.card
        if card.image is None:
            raise ArtefactError(f"{card.name} does not say how a picture is made into its input")
        self._image = card.image
        self._words = _words(str(self._model.installed.path("tokenizer.json")))
        edge = self._words.token_to_id(EDGE)
        if edge is None:
            raise ArtefactError(f"the tokens of {card.name} lack {EDGE}")
        self._edge: int = edge

    def say(self, colours: Colours) -> Sentence:
        """A sentence about a picture; empty where the model ends at once."""
        encoder = self._model.graph("encoder")
        (taken,) = encoder.inputs
        (seen,) = encoder.run({taken.name: prepared(colours, self._image)}).values()
        tokens, certain = [self._edge], 0.0
        for _ in range(LONGEST):
            last = self._next(tokens, seen)
            token = int(last.argmax())
            if token == self._edge:
                break
            tokens.append(token)
            certain += float(last[token] - last.max() - math.log(np.exp(last - last.max()).sum()))
        text = self._words.decode(tokens[1:]).strip()
        return Sentence(text, round(math.exp(certain / (len(tokens) - 1)), 4) if text else 0.0)

    def _next(self, tokens: list[int], seen: Array) -> Array:
        """What stands for each token to come next (tokens of the vocabulary,)."""
        feeds = {"input_ids": np.array([tokens], np.int64), "encoder_hidden_states": seen}
        logits: Array = self._model.graph("decoder").run(feeds)["logits"][0, -1].astype(np.float64)
        return logits


@lru_cache(maxsize=2)
def _words(path: str) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        made: Tokenizer = Tokenizer.from_file(path)
    except Exception as problem:  # the library raises nothing more particular
        raise ArtefactError(f"{path} holds no tokens: {problem}") from problem
    return made
