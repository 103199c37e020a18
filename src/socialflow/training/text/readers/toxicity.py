"""Toxic comments, hate speech and offence."""

import json
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from socialflow.errors import InvalidInput
from socialflow.training.text.readers.rows import lines_of, pairs_of, records_of
from socialflow.training.text.readers.tweets import unescaped
from socialflow.training.text.records import Example, Head, PartName, Stretch

_JIGSAW = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
_UNKNOWN = math.nan


def read_jigsaw(folder: Path, _head: Head, *, name: str, part: PartName = "train") -> Iterator[Example]:
    """Comments with the six labels of the 2018 contest; those it did not score (-1) are passed over."""
    for row in records_of(folder, name):
        if row["toxic"] != "-1":
            yield Example(row["comment_text"], tuple(float(row[label]) for label in _JIGSAW), part)


def read_jigsaw_sample(folder: Path, head: Head) -> Iterator[Example]:
    """Comments of that contest as they were written, a few hundred, in two files."""
    parts: dict[PartName, str] = {"train": "detoxify_sample_train.csv", "test": "detoxify_sample_test.csv"}
    for part, name in parts.items():
        yield from read_jigsaw(folder, head, name=name, part=part)


def read_told_br(folder: Path, _head: Head) -> Iterator[Example]:
    """Toxic is what one of three annotators marked at all; nobody was asked for severity and threats."""
    for row in records_of(folder, "ToLD-BR.csv"):
        marked = {label: float(value) >= 1 for label, value in row.items() if label != "text"}
        hate = marked["homophobia"] or marked["racism"] or marked["misogyny"] or marked["xenophobia"]
        labels = (any(marked.values()), _UNKNOWN, marked["obscene"], _UNKNOWN, marked["insult"], hate)
        yield Example(row["text"], tuple(map(float, labels)))


def read_madlibs(folder: Path, head: Head) -> Iterator[Example]:
    """Sentences made of templates and names of groups, for testing; toxic or not, and no kinds."""
    for row in records_of(folder, "bias_madlibs_77k.csv"):
        yield Example(row["Text"], _verdict(head, row["Label"] == "BAD"), "test")


def read_swapped(folder: Path, head: Head, *, name: str) -> Iterator[Example]:
    """Comments for testing, in one file as written, in the other with the names of groups swapped."""
    for row in records_of(folder, name):
        yield Example(row["comment"], _verdict(head, row["toxic"] == "True"), "test")


def _verdict(head: Head, toxic: bool) -> tuple[float, ...]:
    return (float(toxic), *(_UNKNOWN,) * (len(head.labels) - 1))


def read_toxic_spans(folder: Path, _head: Head) -> Iterator[Example]:
    """Posts with the offsets of their toxic characters; a post may have none."""
    parts: dict[PartName, str] = {"train": "tsd_train.csv", "validation": "tsd_trial.csv", "test": "tsd_test.csv"}
    for part, name in parts.items():
        for row in records_of(folder, name):
            try:
                offsets = [int(offset) for offset in json.loads(row["spans"])]
            except (ValueError, TypeError) as problem:
                raise InvalidInput(
                    f"{folder / name}: spans must be a list of offsets: {problem}", field="data"
                ) from problem
            yield Example(row["text"], runs(offsets), part)


def runs(offsets: list[int]) -> tuple[Stretch, ...]:
    """Consecutive offsets as stretches of label 0.

    >>> runs([7, 3, 4, 8, 9])
    ((3, 5, 0), (7, 10, 0))
    """
    ordered = sorted(set(offsets))
    starts = [ordered[0]] + [b for a, b in pairwise(ordered) if b > a + 1] if ordered else []
    ends = [a for a, b in pairwise(ordered) if b > a + 1] + [ordered[-1]] if ordered else []
    return tuple((start, end + 1, 0) for start, end in zip(starts, ends, strict=True))


def read_hatexplain(folder: Path, head: Head) -> Iterator[Example]:
    """Text and majority label."""
    parts: dict[str, PartName] = {"train": "train", "val": "validation", "test": "test"}
    for name, part in parts.items():
        for text, label in pairs_of(folder, f"{name}.json"):
            yield Example(text, head.labels.index(label), part)


def read_davidson(folder: Path, head: Head) -> Iterator[Example]:
    """Class 0 is hate speech, 1 offensive, 2 neither."""
    labels = ("hatespeech", "offensive", "normal")
    for row in records_of(folder, "labeled_data.csv"):
        yield Example(row["tweet"], head.labels.index(labels[int(row["class"])]))


def read_korean(folder: Path, head: Head) -> Iterator[Example]:
    """Comments on news; the published development file is for testing, since test labels are not public."""
    labels = {"hate": "hatespeech", "offensive": "offensive", "none": "normal"}
    parts: dict[PartName, str] = {"train": "train.tsv", "test": "dev.tsv"}
    for part, name in parts.items():
        header, *lines = lines_of(folder, name)
        for line in lines:
            row = dict(zip(header.split("\t"), line.split("\t"), strict=True))
            yield Example(row["comments"], head.labels.index(labels[row["hate"]]), part)


def read_mlma(folder: Path, _head: Head, *, name: str) -> Iterator[Example]:
    """Hate is what was called hateful, whatever else it was called."""
    for row in records_of(folder, name):
        yield Example(unescaped(row["tweet"]), int("hateful" in row["sentiment"].split("_")))


def read_indonesian(folder: Path, _head: Head) -> Iterator[Example]:
    """Tweets with a column for hate."""
    for row in records_of(folder, "re_dataset.csv", encoding="latin-1"):
        yield Example(row["Tweet"], int(row["HS"]), "test")


def read_germeval(folder: Path, head: Head) -> Iterator[Example]:
    """Text, coarse and fine label."""
    labels = {"OTHER": "not_offensive", "OFFENSE": "offensive"}
    parts: dict[PartName, str] = {"train": "germeval2018.training.txt", "test": "germeval2018.test.txt"}
    for part, name in parts.items():
        for line in lines_of(folder, name):
            text, coarse, _ = line.rsplit("\t", 2)
            yield Example(text, head.labels.index(labels[coarse]), part)
