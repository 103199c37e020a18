"""Tweets in the form of TweetEval: a file of texts and a file of label numbers for each part."""

from collections.abc import Iterator
from pathlib import Path
from re import compile as pattern

from socialflow.errors import InvalidInput
from socialflow.training.text.readers.rows import lines_of, records_of
from socialflow.training.text.records import Example, Head, PartName

_PARTS: dict[str, PartName] = {"train": "train", "val": "validation", "test": "test"}
_ESCAPE = pattern(r"\\u([0-9a-fA-F]{4})")


def read_tweets(folder: Path, head: Head, *, parts: str = "train val test") -> Iterator[Example]:
    """`{part}_text.txt` and `{part}_labels.txt`, line by line; the numbers are the head's labels in their order."""
    for part in parts.split():
        texts, labels = lines_of(folder, f"{part}_text.txt"), lines_of(folder, f"{part}_labels.txt")
        if len(texts) != len(labels):
            raise InvalidInput(f"{folder}: {len(texts)} texts and {len(labels)} labels in part {part}", field="data")
        for text, label in zip(texts, labels, strict=True):
            yield Example(text, _place(head, label, folder), _PARTS[part])


def read_sentiment(folder: Path, head: Head) -> Iterator[Example]:
    """TweetEval's validation and test parts; trained on is the pool its own train part was drawn from."""
    for line in lines_of(folder, "semeval2013-2016_pool.tsv")[1:]:
        _, label, _, text = line.split("\t", 3)
        yield Example(unescaped(text), _place(head, label, folder))
    yield from read_tweets(folder, head, parts="val test")


def read_videos(folder: Path, _head: Head) -> Iterator[Example]:
    """YouTube comments, a video's together; how they were labelled is not told, and some are not."""
    for row in records_of(folder, "comments.csv"):
        if row["Sentiment"]:
            yield Example(row["Comment"], int(float(row["Sentiment"])), group=row["Video ID"])


def unescaped(text: str) -> str:
    r"""A text in which characters stand as \uXXXX, as two sets were published, with the characters themselves."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _place(head: Head, label: str, folder: Path) -> int:
    if not label.isdecimal() or int(label) >= len(head.labels):
        raise InvalidInput(f"{folder}: a label must be from 0 to {len(head.labels) - 1}, not {label!r}", field="data")
    return int(label)
