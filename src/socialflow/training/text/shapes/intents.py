"""Comments under videos by what they are for: question, statement, command, request, complaint or praise."""

from dataclasses import replace

import numpy as np

from socialflow.training.text.shapes import frames
from socialflow.training.text.shapes.records import Row

_CASUAL_SHARE = 0.5
_PLAIN = frozenset({"praise", "statement", "question"})
"""Meant as they are written. Sets of irony know praise mostly as irony; without these a head takes it for that."""


def rows(seed: int) -> list[Row]:
    """More than 4,000 distinct rows in random order; the same seed gives the same rows."""
    rng = np.random.default_rng(seed)
    words = frames.words("intent_words")
    found = (
        _meant(row)
        for group in frames.groups("intents")
        for row in frames.drawn(group, words, rng, casual_share=_CASUAL_SHARE)
    )
    return frames.shuffled(found, rng)


def _meant(row: Row) -> Row:
    plain = row.labels["intent"][0] in _PLAIN
    return replace(row, labels={**row.labels, "irony": ("not_irony",)}) if plain else row
