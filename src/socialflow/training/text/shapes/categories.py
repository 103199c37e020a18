"""Titles, descriptions and comments of each category of the taxonomy.

Most are written one by one for a category; the rest come of words and frames, their label being the list a thing or a
doing was drawn from. Nobody has checked either row by row: supervision is weak.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from socialflow.training.text.shapes import frames
from socialflow.training.text.shapes.frames import Group, Words
from socialflow.training.text.shapes.records import Row

_CASUAL_SHARE = 0.4


def rows(seed: int) -> list[Row]:
    """More than 10,000 distinct rows in random order; the same seed gives the same rows."""
    rng = np.random.default_rng(seed)
    registers, names = frames.words("registers"), frames.words("words")
    shared = {**registers, "given": names["given"], "family": names["family"]}
    drawn = (
        row
        for category, own in frames.document("categories").items()
        for group in _groups(category, own, registers)
        for row in frames.drawn(group, {**shared, **_vocabulary(own)}, rng, casual_share=_CASUAL_SHARE)
    )
    return frames.shuffled([*drawn, *_written()], rng)


def _written() -> Iterator[Row]:
    """Texts that were written as they are; each is a frame of its own."""
    for category, texts in frames.words("category_texts").items():
        group = Group(name="written", labels={"category": (category,)}, frames=(), rows=len(texts))
        yield from (group.row(text, text) for text in texts)


def _vocabulary(own: Words) -> Words:
    return {"thing": own["things"], "act": own["acts"], "tag": own["tags"], "emoji": own["emoji"]}


def _groups(category: str, own: Words, registers: Words) -> Iterator[Group]:
    """Frames that any category may use, and its own, with how many rows are wanted of each."""
    built: Mapping[str, tuple[Sequence[str], int]] = {
        "titles": (registers["title"], 50),
        "descriptions": (registers["description"], 40),
        "comments": (registers["comment"], 50),
        "own titles": (own["titles"], 30),
        "own comments": (own["comments"], 30),
    }
    for name, (shapes, count) in built.items():
        yield Group(name=name, labels={"category": (category,)}, frames=tuple(shapes), rows=count)
