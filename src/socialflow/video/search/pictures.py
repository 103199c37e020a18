"""The space in which words are compared with what pictures show."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from pydantic_core import from_json, to_json

from socialflow.catalogue.upstream.handed import first_of, handed, provenance, received
from socialflow.catalogue.upstream.ports import Models
from socialflow.errors import ArtefactError, ModelUnavailable
from socialflow.image.clip import MODEL, ClipTexts, space_of
from socialflow.kit.answers import Provenance
from socialflow.video.search.chance import Neutral
from socialflow.video.search.records import Floats
from socialflow.video.search.space import NOISE, ORDINARY, listed

_AT_ONCE = 64
"""Texts of one run."""
EMPTY = """
a photo, a picture, an image, a photo of something, a picture of something, an image of something, a frame of a video,
a still from a film, a screenshot, a video, something, anything, nothing in particular, a thing, a photo of a thing
"""
"""What is true of every picture says nothing of one."""


class PictureSpace(Protocol):
    """Where texts have vectors of length 1 that are compared with those of frames."""

    @property
    def name(self) -> str:
        """Stands for everything that a vector depends on: those of two names do not compare."""
        ...

    @property
    def provenance(self) -> Provenance:
        """What makes the vectors."""
        ...

    def vectors(self, words: Sequence[str]) -> Floats:
        """Of each text (texts, width). Raises ModelUnavailable, ArtefactError."""
        ...

    def neutral(self) -> Neutral:
        """Of texts that were written for nobody's frames."""
        ...


class ClipSpace:
    """Texts as a model of the CLIP family reads them. Safe to use from several threads.

    A text's vector is the mean of its own and of that of "a photo of" it: such models read captions, and a bare word is
    none (Radford et al. 2021, section 3.1.4).

    Raises:
        ArtefactError, ModelUnavailable: the tower of texts cannot be loaded.
    """

    def __init__(self, texts: ClipTexts, name: str, provenance: Provenance) -> None:
        self._texts, self.name, self.provenance = texts, name, provenance
        self._guard = threading.Lock()
        self._neutral: Neutral | None = None

    def vectors(self, words: Sequence[str]) -> Floats:
        """Of each text (texts, width), of the beginning of a long one."""
        both = self._read(words) + self._read([f"a photo of {text}" for text in words])
        unit: Floats = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), np.float32(1e-12))
        return unit

    def neutral(self) -> Neutral:
        """Of everyday words and sentences, and of letters at random and what is true of every picture."""
        with self._guard:
            if self._neutral is None:
                self._neutral = Neutral(self.vectors(listed(ORDINARY)), self.vectors(listed(NOISE) + listed(EMPTY)))
            return self._neutral

    def _read(self, texts: Sequence[str]) -> Floats:
        rows = [self._texts.vectors(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(rows)


def clip_space(models: Models) -> ClipSpace | None:
    """That of the installation's model, one a model and process; None where it is not here or cannot be loaded, which
    costs words nothing that are compared with words."""
    model, _ = first_of(models, MODEL)
    try:
        return None if model is None else _space(to_json(handed(model)))
    except (ArtefactError, ModelUnavailable):
        return None


@lru_cache(1)
def _space(told: bytes) -> ClipSpace:
    model = received(from_json(told))
    return ClipSpace(ClipTexts(handed(model)), space_of(model), provenance(model))
