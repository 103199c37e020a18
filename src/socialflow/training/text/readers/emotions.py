"""GoEmotions: Reddit comments with any number of emotions."""

from collections.abc import Iterator
from pathlib import Path

from socialflow.training.text.readers.rows import lines_of
from socialflow.training.text.records import Example, Head, PartName

_PARTS: dict[str, PartName] = {"train": "train", "dev": "validation", "test": "test"}


def goemotions(folder: Path) -> Iterator[tuple[str, frozenset[str], PartName]]:
    """Text, names of its emotions and part."""
    names = lines_of(folder, "labels.txt")
    for name, part in _PARTS.items():
        for line in lines_of(folder, f"{name}.tsv"):
            text, numbers, _ = line.rsplit("\t", 2)
            yield text, frozenset(names[int(number)] for number in numbers.split(",")), part


def read_goemotions(folder: Path, head: Head) -> Iterator[Example]:
    """The six emotions of Ekman and neutral."""
    for text, emotions, part in goemotions(folder):
        yield Example(text, tuple(float(label in emotions) for label in head.labels), part)
