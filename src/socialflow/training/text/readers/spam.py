"""Unwanted messages and comments."""

from collections.abc import Iterator
from pathlib import Path

from socialflow.training.text.readers.rows import lines_of, records_of
from socialflow.training.text.records import Example, Head, PartName

_VIDEOS: dict[str, PartName] = {
    "Youtube01-Psy": "train",
    "Youtube02-KatyPerry": "train",
    "Youtube03-LMFAO": "train",
    "Youtube04-Eminem": "test",
}


def read_sms(folder: Path, head: Head) -> Iterator[Example]:
    """Label and message."""
    for line in lines_of(folder, "SMSSpamCollection"):
        label, text = line.split("\t", 1)
        yield Example(text, head.labels.index(label))


def read_youtube_spam(folder: Path, _head: Head) -> Iterator[Example]:
    """Comments on four videos, of which the last is for testing."""
    for video, part in _VIDEOS.items():
        for row in records_of(folder, f"{video}.csv"):
            yield Example(row["CONTENT"], int(row["CLASS"]), part)
