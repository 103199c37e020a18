"""Where the figures of each head stand in what the graph of a bundle gives.

b windows of t tokens, H heads for whole texts, `labels` the most that one of them has; heads of a kind in their order::

    hidden   (b, t, d)        the tokens' vectors, for the heads of spans
    whole    ()               their sum, which is no number where one of them is none
    labels   (H, b, labels)   logits, divided by the head's temperature, far below 0 where a head has no label
    chances  (H, b, labels)   their probabilities: a softmax, or of multi_label heads a sigmoid each
    tags     (b, t, tags)     logits of the tokens heads side by side, divided by the head's temperature
    vectors  (b, v)           of the vector heads side by side, not scaled; what stands behind them is nobody's
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from socialflow.text.bundle import FloatArray, HeadPart

HIDDEN, WHOLE, LABELS, CHANCES, TAGS, VECTORS = "hidden", "whole", "labels", "chances", "tags", "vectors"


@dataclass(frozen=True, slots=True)
class Layout:
    """Of each head the output that answers it (`outputs`), and in it the row of one for whole texts (`rows`) or the
    `columns` of another; of each output the `sizes` that it has at least, b and t left out."""

    outputs: Mapping[str, str]
    rows: Mapping[str, int]
    columns: Mapping[str, slice]
    sizes: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, heads: Mapping[str, HeadPart]) -> "Layout":
        """Of all heads of a bundle."""
        pooled, tokens, vectors = (of_kind(heads, *kinds) for kinds in (POOLED, ("tokens",), ("vector",)))
        rows = {name: row for row, name in enumerate(pooled)}
        sizes: dict[str, tuple[int, ...]] = {}
        if pooled:
            sizes[CHANCES] = len(pooled), max(len(heads[name].labels) for name in pooled)
        outputs, columns = dict.fromkeys(pooled, CHANCES), dict[str, slice]()
        for output, widths in (
            (TAGS, {name: len(heads[name].labels) for name in tokens}),
            (VECTORS, {name: heads[name].arrays["w"].shape[1] for name in vectors}),
        ):
            ends = list(accumulate(widths.values(), initial=0))
            columns |= {name: slice(*ends[place : place + 2]) for place, name in enumerate(widths)}
            outputs |= dict.fromkeys(widths, output)
            sizes |= {output: (ends[-1],)} if widths else {}
        for name in of_kind(heads, "span"):
            outputs[name], columns[name] = HIDDEN, slice(None)
        return cls(outputs, rows, columns, sizes)

    def wanted(self, names: Collection[str]) -> list[str]:
        """The outputs that answer these heads, and the one that tells whether they are numbers."""
        return [WHOLE, *{self.outputs[name] for name in names}]

    def told(self, given: Mapping[str, FloatArray], names: Collection[str]) -> "Told":
        """What the outputs say of these heads."""
        every = given[CHANCES].tolist() if CHANCES in given else []
        chances = {name: every[self.rows[name]] for name in names if name in self.rows}
        arrays = {name: given[self.outputs[name]][..., self.columns[name]] for name in names if name in self.columns}
        return Told(chances, arrays)


Chances = list[list[float]]
"""Probabilities (b, labels) of a head for whole texts, and behind them what fills a row up."""


@dataclass(frozen=True, slots=True)
class Told:
    """By head: `chances` of heads for whole texts; `arrays`, of others logits (b, t, tags),
    vectors (b, v) and the tokens' vectors (b, t, d)."""

    chances: Mapping[str, Chances]
    arrays: Mapping[str, FloatArray]


POOLED = ("multi_class", "multi_label")
"""Kinds of heads for whole texts that tell labels."""


def of_kind(heads: Mapping[str, HeadPart], *kinds: str) -> Sequence[str]:
    """Names of those heads that are of one of these kinds, in order."""
    return [name for name, part in heads.items() if part.kind in kinds]
