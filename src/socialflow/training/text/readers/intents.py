"""What a text is meant to do: question, statement, command, complaint, praise or request."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import named, whole_text
from socialflow.training.text.readers.emotions import goemotions
from socialflow.training.text.readers.forms import form_of
from socialflow.training.text.readers.rows import cells_of, lines_of, records_of
from socialflow.training.text.records import Example, Head, PartName

_CLINC: dict[str, PartName] = {"train": "train", "val": "validation", "test": "test"}
_SWITCHBOARD = {
    **dict.fromkeys(("qy", "qw", "qo", "qh", "qrr", "^g", "qy^d", "qw^d", "bh"), "question"),
    **dict.fromkeys(("sd", "sv"), "statement"),
    **dict.fromkeys(("ba", "ft"), "praise"),
    "ad": "command",
}
_DIALOGUE = {"1": "statement", "2": "question", "3": "command"}
_PRAISE, _QUESTION = frozenset({"admiration", "gratitude"}), frozenset({"curiosity", "confusion"})


def read_clinc(folder: Path, head: Head) -> Iterator[Example]:
    """Orders to an assistant: by their form, commands where they have none; thanks are praise."""
    path = named(folder, "data_full.json")
    try:
        document = json.loads(whole_text(path))
        for part, own in _CLINC.items():
            for text, intent in chain(document[part], document[f"oos_{part}"]):
                label = "praise" if intent == "thank_you" else form_of(text) or "command"
                yield Example(text, head.labels.index(label), own)
    except (ValueError, TypeError, KeyError) as problem:
        raise InvalidInput(f"{path} must hold lists of [text, intent] by part: {problem!r}", field="data") from problem


def read_requests(folder: Path, head: Head) -> Iterator[Example]:
    """What people asked of others: a question where its form asks to know, else a request."""
    for row in chain(records_of(folder, "stack-exchange.annotated.csv"), records_of(folder, "wikipedia.annotated.csv")):
        label = "question" if form_of(row["Request"]) == "question" else "request"
        yield Example(row["Request"], head.labels.index(label))


def read_imperatives(folder: Path, head: Head) -> Iterator[Example]:
    """Orders, one a line."""
    for line in lines_of(folder, "imperatives.csv"):
        if text := line.strip():
            yield Example(text, head.labels.index("command"))


def read_complaints(folder: Path, head: Head) -> Iterator[Example]:
    """Tweets to companies: complaints, and by their form those that are none (statements where they have none)."""
    for _, text, label, _ in cells_of(folder, "complaints-data.csv"):
        intent = "complaint" if label == "1" else form_of(text) or "statement"
        yield Example(text, head.labels.index(intent))


def read_goemotions_intent(folder: Path, head: Head) -> Iterator[Example]:
    """Comments of admiration or gratitude alone are praise; curious ones that ask, questions; calm ones, statements."""
    for text, emotions, part in goemotions(folder):
        form = form_of(text)
        if emotions <= _PRAISE:
            yield Example(text, head.labels.index("praise"), part)
        elif emotions <= _QUESTION and form == "question":
            yield Example(text, head.labels.index("question"), part)
        elif emotions == {"neutral"} and form == "statement":
            yield Example(text, head.labels.index("statement"), part)


def read_suggestions(folder: Path, head: Head) -> Iterator[Example]:
    """The evaluation file: suggestions are requests, the rest statements."""
    for _, text, label in cells_of(folder, "SubtaskA_EvaluationData_labeled.csv", encoding="latin-1"):
        yield Example(text, head.labels.index("request" if label == "1" else "statement"), "test")


def read_switchboard(folder: Path, head: Head) -> Iterator[Example]:
    """The test conversations, those utterances whose act is one of the intents."""
    for line in lines_of(folder, "test.txt"):
        _, _, rest = line.split("|", 2)
        text, act = rest.rsplit("|", 1)
        if intent := _SWITCHBOARD.get(act):
            yield Example(text, head.labels.index(intent), "test")


def read_dialogues(folder: Path, head: Head) -> Iterator[Example]:
    """The test dialogues: informing, asking, and directing, which is a request where it has that form."""
    acts = lines_of(folder, "test/dialogues_act.txt")
    for line, numbers in zip(lines_of(folder, "test/dialogues.txt"), acts, strict=True):
        for text, number in zip(line.split("__eou__"), numbers.split(), strict=False):
            if intent := _DIALOGUE.get(number):
                polite = intent == "command" and form_of(text) == "request"
                yield Example(text.strip(), head.labels.index("request" if polite else intent), "test")
