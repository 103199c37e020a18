"""Text of our own for training where no labelled set exists, generated from frames and words written here."""

from socialflow.training.text.shapes import harm
from socialflow.training.text.shapes.records import Row

__all__ = ["Row", "rows"]

_KINDS = {"harm": harm.rows}


def rows(kind: str, seed: int) -> list[Row]:
    """The distinct rows of one kind, `harm`, in random order; the same seed gives the same rows."""
    return _KINDS[kind](seed)
