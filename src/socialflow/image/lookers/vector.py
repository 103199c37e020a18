"""A picture as a vector and as a perceptual hash."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import LACKING, Handed
from socialflow.errors import ArtefactError
from socialflow.image.features import DRAWN, LEARNT, MODEL, drawn, learnt
from socialflow.image.looker import Looker
from socialflow.image.pdq import pdq
from socialflow.image.records import Picture
from socialflow.kit.findings import Finding


class VectorLooker(Looker):
    """The finding: `space` of the vector, `pdq` {hash, quality}; array 0 is the vector (d,), of length 1. Without the
    model, or where its file has not the layer, the vector is of colours and edges, and the model is missing."""

    name: ClassVar[str] = "vector"

    def __init__(self, model: Handed | None = None) -> None:
        self._model = model

    def look(self, picture: Picture) -> Finding:
        """The vector and the hash."""
        found = pdq(picture.colours)
        told = {"pdq": {"hash": found.hex, "quality": found.quality}}
        if self._model is not None:
            try:
                vector = learnt(self._model, [picture.colours])[0]
            except ArtefactError:  # another writer named the layers otherwise: the tier below answers, and it is said
                pass
            else:
                return Finding({"space": LEARNT, **told}, (vector,))
        return Finding({"space": DRAWN, **told}, (drawn(picture.colours),), (LACKING + MODEL,))
