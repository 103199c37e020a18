"""Named entities, token by token: a column of tokens, a column of BIO tags, blank lines between texts."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from socialflow.errors import InvalidInput
from socialflow.training.text.readers.rows import lines_of
from socialflow.training.text.records import Example, Head, PartName

_TYPES = {
    **{label: label for label in ("PER", "LOC", "ORG")},
    "person": "PER",
    "location": "LOC",
    "corporation": "ORG",
    "product": "PRODUCT",
    "creative-work": "WORK",
    "group": "GROUP",
}


def read_conll(folder: Path, head: Head, *, parts: Mapping[PartName, str]) -> Iterator[Example]:
    """Texts are their tokens with a blank between; `parts` names a file for each."""
    for part, name in parts.items():
        for text, stretches in conll(lines_of(folder, name), _TYPES):
            yield Example(text, tuple((a, b, head.labels.index(label)) for a, b, label in stretches), part)


def conll(lines: list[str], types: Mapping[str, str]) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """Text and stretches (first character, the one after the last, type) of each block of lines.

    A tag I- that follows no tag of its type begins a stretch, as `conlleval` has it.

    >>> next(conll(["to\\tO", "New\\tB-LOC", "York\\tI-LOC"], {"LOC": "LOC"}))
    ('to New York', [(3, 11, 'LOC')])
    """
    tokens: list[str] = []
    stretches: list[tuple[int, int, str]] = []
    end, before = 0, ""
    for line in [*lines, ""]:
        if not line.strip():
            if tokens:
                yield " ".join(tokens), stretches
            tokens, stretches, end, before = [], [], 0, ""
            continue
        token, *_, tag = line.split("\t") if "\t" in line else line.split()
        start = end + bool(tokens)
        end = start + len(token)
        place, _, name = tag.partition("-")
        if tag != "O" and (place not in ("B", "I") or name not in types):
            raise InvalidInput(f"a tag must be O, or B- or I- and one of {', '.join(types)}; not {tag!r}", field="data")
        if place == "I" and before == name:
            stretches[-1] = (stretches[-1][0], end, types[name])
        elif name:
            stretches.append((start, end, types[name]))
        tokens.append(token)
        before = name
