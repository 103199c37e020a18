"""Tags of pictures: the thousand ImageNet classes, groups of them that people would name, and words of one's own."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypedDict

import numpy as np

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.classify import Classifier, Floats, softmax
from socialflow.image.clip import ClipPictures, ClipTexts
from socialflow.image.records import Colours

CLASSES = ("imagenet-mobilenet-v2", "imagenet-mobilenet-v2-onnx")
"""Models of the thousand classes, the better one first."""
CANDIDATES = (
    "food", "nature", "people", "animal", "travel", "technology", "sports", "art", "fashion", "music", "selfie",
    "group photo", "landscape", "sunset", "beach",
)  # fmt: skip
"""Words that are asked for where a model that reads words is at hand."""
LEAST = 0.2
"""Probability below which a class is not worth a tag: what is wrong four times of five does more harm than good."""
_TFLITE = (58.0, 0.0989)
"""Zero and step of the logits that the 8-bit TFLite model gives."""

GROUPS: Mapping[str, Sequence[tuple[int, int]]] = {
    "animal": [(0, 397)],
    "fish": [(0, 6), (389, 397)],
    "bird": [(7, 24), (80, 100), (127, 146)],
    "reptile": [(33, 68)],
    "dog": [(151, 268)],
    "cat": [(281, 285)],
    "big cat": [(286, 293)],
    "bear": [(294, 297)],
    "insect": [(300, 326)],
    "monkey": [(365, 384)],
    "food": [(924, 967), (969, 969)],
    "landscape": [(970, 970), (972, 972), (974, 980)],
    "mountain": [(970, 970), (972, 972), (980, 980)],
    "beach": [(977, 978)],
    "flower": [(985, 986)],
    "mushroom": [(991, 997)],
}
"""First and last ImageNet classes (of 0 to 999) that are of a kind."""


class Tag(TypedDict):
    """A tag; `source` is the model that says so, or `objects` where a detector found it."""

    tag: str
    confidence: float
    source: str


class ClassModel:
    """The thousand classes."""

    def __init__(self, model: Handed) -> None:
        self._model = Classifier(model)
        self.name = self._model.name
        self.labels = self._model.labels[1:]

    def probabilities(self, pictures: Sequence[Colours]) -> Floats:
        """Of each class (n, 1000)."""
        rows = self._model.rows(pictures)
        if rows.shape[1] == len(self.labels) + 1:  # the first is background, and eight bits hold what is given
            zero, step = _TFLITE
            rows = ((rows - zero) * step)[:, 1:].astype(np.float32)
        return softmax(rows)


def class_tags(row: Floats, labels: Sequence[str], source: str) -> list[Tag]:
    """Tags of the probabilities of the thousand classes (1000,): classes, and groups by the sum of theirs."""
    tags = [_tag(labels[place], float(row[place]), source) for place in np.flatnonzero(row >= LEAST).tolist()]
    if len(row) == 1000:
        sums = {
            name: sum(float(row[first : last + 1].sum()) for first, last in parts) for name, parts in GROUPS.items()
        }
        tags += [_tag(name, value, source) for name, value in sums.items() if value >= LEAST]
    return tags


def clip_tags(model: Handed, pictures: Sequence[Colours], words: tuple[str, ...] = CANDIDATES) -> list[Tag]:
    """Tags among some words, by how near pictures and words lie (zero-shot; Radford et al. 2021)."""
    clip = ClipPictures(model)
    near = softmax(100 * clip.vectors(pictures) @ _words(ClipTexts(model), words).T).mean(0)
    return [_tag(word, float(value), clip.name) for word, value in zip(words, near, strict=True) if value >= LEAST]


def merged(tags: Iterable[Tag], most: int | None = None) -> list[Tag]:
    """Each tag once, as sure as its surest source, the surest first.

    >>> merged([{"tag": "dog", "confidence": 0.4, "source": "a"}, {"tag": "Dog", "confidence": 0.9, "source": "b"}])
    [{'tag': 'Dog', 'confidence': 0.9, 'source': 'b'}]
    """
    best: dict[str, Tag] = {}
    for tag in sorted(tags, key=lambda one: (-one["confidence"], one["tag"])):
        best.setdefault(tag["tag"].casefold(), tag)
    return list(best.values())[:most]


def object_tags(objects: Iterable[Mapping[str, float | str]]) -> list[Tag]:
    """Tags of what a detector found (label, score)."""
    return [_tag(str(one["label"]), float(one["score"]), "objects") for one in objects]


def _tag(tag: str, confidence: float, source: str) -> Tag:
    return Tag(tag=tag, confidence=round(min(1.0, confidence), 4), source=source)


@lru_cache(8)
def _words(clip: ClipTexts, words: tuple[str, ...]) -> Floats:
    return clip.vectors([f"a photo of {word}" for word in words])
