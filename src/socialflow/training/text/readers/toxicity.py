"""Toxic comments, hate speech and offence."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from socialflow.training.text.readers.rows import pairs_of, records_of
from socialflow.training.text.records import Example, Head, PartName

_JIGSAW = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")


def read_jigsaw(folder: Path, _head: Head) -> Iterator[Example]:
    """The lower-cased part of the 2018 comments, and the untouched sample, whose test file is left aside."""
    for row in chain(
        records_of(folder, "jigsaw_subset_lowercased.csv"), records_of(folder, "detoxify_sample_train.csv")
    ):
        yield Example(row["comment_text"], tuple(float(row[label]) for label in _JIGSAW))


def read_hatexplain(folder: Path, head: Head) -> Iterator[Example]:
    """Text and majority label."""
    parts: dict[str, PartName] = {"train": "train", "val": "validation", "test": "test"}
    for name, part in parts.items():
        for text, label in pairs_of(folder, f"{name}.json"):
            yield Example(text, head.labels.index(label), part)
