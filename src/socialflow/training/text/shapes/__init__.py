"""Text of our own for training where no labelled set exists, generated from frames and words written here."""

from typing import Literal

from socialflow.training.text.shapes import categories, harm, intents
from socialflow.training.text.shapes.records import Row

__all__ = ["Row", "rows"]

Kind = Literal["harm", "category", "intent"]

_KINDS = {"harm": harm.rows, "category": categories.rows, "intent": intents.rows}


def rows(kind: Kind, seed: int) -> list[Row]:
    """The distinct rows of one kind, in random order; the same seed gives the same rows."""
    return _KINDS[kind](seed)
