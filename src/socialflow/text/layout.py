"""Where the figures of each head stand in what the graph of a bundle gives.

b windows of t tokens, H heads for whole texts, `labels` the most that one of them has; heads of a kind in their order::

    labels   (b, H, labels)   logits, divided by the head's temperature, far below 0 where a head has no label
    chances  (b, H, labels)   their probabilities: a softmax, or of multi_label heads a sigmoid each
    tags     (b, t, tags)     logits of the tokens heads side by side, divided by the head's temperature
    vectors  (b, v)           of the vector heads side by side, not scaled
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType

from socialflow.text.bundle import FloatArray, HeadPart

HIDDEN, LABELS, CHANCES, TAGS, VECTORS = "hidden", "labels", "chances", "tags", "vectors"

_Place = tuple[int | slice | EllipsisType, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The `output` that answers each head and the `place` of the head in it, and the sizes of outputs behind b or
    (b, t)."""

    outputs: Mapping[str, str]
    places: Mapping[str, _Place]
    sizes: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, heads: Mapping[str, HeadPart]) -> "Layout":
        """Of all heads but those of spans, which need to be told of what they are asked."""
        outputs, places, sizes = dict[str, str](), dict[str, _Place](), dict[str, tuple[int, ...]]()
        pooled, tokens, vectors = (of_kind(heads, *kinds) for kinds in (POOLED, ("tokens",), ("vector",)))
        for row, name in enumerate(pooled):
            outputs[name], places[name] = CHANCES, (slice(None), row, slice(len(heads[name].labels)))
        if pooled:
            sizes[CHANCES] = len(pooled), max(len(heads[name].labels) for name in pooled)
        for output, names, widths in (
            (TAGS, tokens, [len(heads[name].labels) for name in tokens]),
            (VECTORS, vectors, [heads[name].arrays["w"].shape[1] for name in vectors]),
        ):
            first = 0
            for name, width in zip(names, widths, strict=True):
                outputs[name], places[name] = output, (..., slice(first, first + width))
                first += width
            if names:
                sizes[output] = (first,)
        return cls(outputs, places, sizes)

    def wanted(self, names: Collection[str]) -> list[str]:
        """The outputs that answer these heads."""
        return sorted({self.outputs[name] for name in names if name in self.outputs})

    def split(self, given: Mapping[str, FloatArray], names: Collection[str]) -> dict[str, FloatArray]:
        """What each head that is answered says: probabilities (b, labels), logits (b, t, tags), vectors (b, v)."""
        return {name: given[self.outputs[name]][self.places[name]] for name in names if name in self.outputs}


POOLED = ("multi_class", "multi_label")
"""Kinds of heads for whole texts that tell labels."""


def of_kind(heads: Mapping[str, HeadPart], *kinds: str) -> Sequence[str]:
    """Names of those heads that are of one of these kinds, in order."""
    return [name for name, part in heads.items() if part.kind in kinds]
