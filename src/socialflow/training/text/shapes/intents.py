"""Comments under videos by what they are for: question, statement, command, request, complaint or praise."""

import numpy as np

from socialflow.training.text.shapes import frames
from socialflow.training.text.shapes.records import Row

_CASUAL_SHARE = 0.5


def rows(seed: int) -> list[Row]:
    """More than 4,000 distinct rows in random order; the same seed gives the same rows."""
    rng = np.random.default_rng(seed)
    words = frames.words("intent_words")
    found = (
        row for group in frames.groups("intents") for row in frames.drawn(group, words, rng, casual_share=_CASUAL_SHARE)
    )
    return frames.shuffled(found, rng)
