"""Irony and sarcasm outside TweetEval."""

import json
from collections.abc import Iterator
from pathlib import Path

from socialflow.errors import InvalidInput
from socialflow.training.text.readers.rows import lines_of, records_of
from socialflow.training.text.records import Example, Head


def read_isarcasm(folder: Path, _head: Head, *, name: str, text: str) -> Iterator[Example]:
    """Texts labelled by their own authors, and what the author of a sarcastic one says was meant, which is not."""
    for number, row in enumerate(records_of(folder, name)):
        yield Example(row[text], int(row["sarcastic"]), group=str(number))
        if row["sarcastic"] == "1" and row["rephrase"].strip():
            yield Example(row["rephrase"], 0, group=str(number))


def read_headlines(folder: Path, _head: Head) -> Iterator[Example]:
    """Headlines alone: their links would tell the paper, and with it the label."""
    name = "Sarcasm_Headlines_Dataset.json"
    for line in lines_of(folder, name):
        try:
            row = json.loads(line)
            yield Example(str(row["headline"]), int(row["is_sarcastic"]))
        except (ValueError, TypeError, KeyError) as problem:
            raise InvalidInput(
                f"{folder / name} must hold headlines line by line: {problem!r}", field="data"
            ) from problem
