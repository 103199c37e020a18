"""What a generator gives: a text with its labels, and the frame it came from."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A text and its labels by head.

    `labels["toxicity"]` holds every label that applies (none for harmless text); the other heads hold exactly one. A
    head that is absent was not labelled. `frame` is the sentence with its slots still open: rows of one frame belong
    on one side of a split.
    """

    text: str
    labels: Mapping[str, tuple[str, ...]]
    frame: str
