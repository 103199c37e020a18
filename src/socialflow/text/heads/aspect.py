"""How the author feels about one thing that a text speaks of."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from socialflow.text.bundle import FloatArray
from socialflow.text.encoder import Encoded
from socialflow.text.head import Head, softmax, spanned
from socialflow.text.reading import Target, Window
from socialflow.text.records import Combination, Polarities, Polarity, Sentiment


class AspectHead(Head[Polarities, FloatArray]):
    """The polarity towards each target of a text (`head.spanned`); the window that holds most of a target decides."""

    name = "aspect"
    kind = "span"
    labels = ("negative", "neutral", "positive")
    combination = Combination.UNION

    def look(self, batch: Encoded) -> Sequence[FloatArray]:
        """Probabilities (targets, labels) of each window."""
        asked = [(row, target) for row, window in enumerate(batch.windows) for target in window.targets]
        found = np.empty((0, len(self.labels)), np.float32)
        if asked:
            rows = [row for row, _ in asked]
            inside = np.zeros((len(asked), batch.mask.shape[1]), np.bool_)
            for place, (row, target) in enumerate(asked):
                held = batch.windows[row].inside(target)
                inside[place, : len(held)] = held
            hidden, mask = batch.told.arrays[self.name], batch.mask > 0
            if rows != list(range(len(batch.windows))):
                hidden, mask = hidden[rows], mask[rows]
            found = softmax(spanned(hidden, inside, mask, self._part))
        ends = accumulate((len(window.targets) for window in batch.windows), initial=0)
        return [found[begin:end] for begin, end in pairwise(ends)]

    def answer(self, windows: Sequence[Window], found: Sequence[FloatArray]) -> Polarities:
        """Each target once."""
        best: dict[Target, tuple[int, FloatArray]] = {}
        for window, rows in zip(windows, found, strict=True):
            for target, row in zip(window.targets, rows, strict=True):
                held = sum(window.inside(target))
                if target not in best or held > best[target][0]:
                    best[target] = held, row
        told = ((target, dict(zip(self.labels, best[target][1].tolist(), strict=True))) for target in sorted(best))
        return Polarities(tuple(Polarity(*target, Sentiment.of(probabilities)) for target, probabilities in told))
