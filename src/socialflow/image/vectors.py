"""A picture's vector and hash, as one of the analyses of a look."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.features import DRAWN, LEARNT, MODEL
from socialflow.image.reader import Seen
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier


class VectorAnalysis(ImageAnalysis):
    """What likeness of pictures is reckoned from: `vector` (numbers, of length 1 together), the name of its `space`,
    and `pdq` {hash, quality}. Vectors of different spaces cannot be compared.

    Without the model colours and edges make the vector: it is partial then.
    """

    name: ClassVar[str] = "vector"

    def __init__(self, models: Models) -> None:
        self._model, _ = first_of(models, MODEL)

    @property
    def watches(self) -> Options:
        """The looker, with the model where it is here."""
        return {"vector": {"model": handed(self._model)} if self._model else {}}

    def conclude(self, seen: Seen) -> Answered:
        """The vector and the hash."""
        finding = seen.findings["vector"]
        learnt = finding.body["space"] == LEARNT and self._model is not None
        name, _, version = DRAWN.partition(":")
        made = provenance(self._model) if learnt and self._model else Provenance(name, version, Tier.HEURISTIC)
        status = Status.PARTIAL if finding.missing else Status.COMPLETE
        answer = {**finding.body, "vector": [round(float(value), 6) for value in finding.arrays[0]]}
        return Answered(status, finding.missing, (made,), answer)
