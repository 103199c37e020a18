"""Aspects: a stretch of a text and whether it is spoken of well or ill."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import named, whole_text
from socialflow.training.text.readers.rows import lines_of
from socialflow.training.text.records import Example, Head, PartName

_MARK = "$T$"


def read_marked(folder: Path, _head: Head, *, parts: Mapping[PartName, str]) -> Iterator[Example]:
    """Three lines each: a text with $T$ for the aspect, the aspect, -1, 0 or 1; the first $T$ is the stretch."""
    for part, name in parts.items():
        lines = lines_of(folder, name)
        for template, aspect, polarity in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
            start, term = template.find(_MARK), aspect.strip()
            text = template.replace(_MARK, term)
            stretch = (start, start + len(term), int(polarity) + 1)
            yield Example(text, (stretch,), part, group=text)


def read_mams(folder: Path, head: Head) -> Iterator[Example]:
    """Sentences with two or more aspects of different polarity; offsets are given."""
    parts: dict[PartName, str] = {"train": "train.xml", "validation": "val.xml", "test": "test.xml"}
    for part, name in parts.items():
        path = named(folder, name)
        try:
            sentences = ElementTree.fromstring(whole_text(path).encode())  # noqa: S314  (a public set, read in training)
        except ElementTree.ParseError as problem:
            raise InvalidInput(f"{path} is not XML: {problem}", field="data") from problem
        for sentence in sentences:
            text = sentence.findtext("text") or ""
            for term in sentence.iter("aspectTerm"):
                label = head.labels.index(term.attrib["polarity"])
                yield Example(text, ((int(term.attrib["from"]), int(term.attrib["to"]), label),), part)
