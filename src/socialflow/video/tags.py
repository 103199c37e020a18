"""What a video is of."""

from typing import Any, ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.tagging import CLASSES, class_tags
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.records import Pass

MOST = 20
"""Tags of one answer."""
HALF = 0.5
"""Of its greatest confidence, from which a tag counts as on."""


class TagAnalysis(Analysis):
    """What a video is of: `tags` [{tag, confidence, source, seconds, share}], the surest first. `confidence` is that of
    the stretch for which the tag is surest, which begins at `seconds`; `share` is how much of the video it is at least
    half as sure for."""

    name: ClassVar[str] = "tags"

    def __init__(self, models: Models) -> None:
        self._model, self._lacking = first_of(models, *CLASSES)

    @property
    def watches(self) -> Options:
        """The observer, with the model."""
        return {"tags": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Pass) -> Answered:
        """The tags; it abstains where there are no pictures or no model."""
        if self._model is None:
            return Answered(Status.ABSTAINED, self._lacking[:1], (), {"tags": []})
        finding = seen.findings["tags"]
        status = Status.ABSTAINED if finding.missing else Status.COMPLETE
        return Answered(status, finding.missing, (provenance(self._model),), {"tags": _tags(finding)})


def _tags(finding: Finding) -> list[dict[str, Any]]:
    rows, labels, source = finding.arrays[0], finding.body["labels"], str(finding.body["model"])
    by_name: dict[str, list[tuple[float, int]]] = {}
    for place, row in enumerate(rows):
        for tag in class_tags(row, labels, source):
            by_name.setdefault(tag["tag"], []).append((tag["confidence"], place))
    told: list[dict[str, Any]] = []
    for name, sightings in by_name.items():
        confidence, place = max(sightings, key=lambda one: (one[0], -one[1]))
        on = sum(value >= HALF * confidence for value, _ in sightings)
        seconds = round(place * float(finding.body["stretch"]), 3)
        told.append(
            {
                "tag": name,
                "confidence": confidence,
                "source": source,
                "seconds": seconds,
                "share": round(on / max(1, int(np.any(rows > 0, axis=1).sum())), 4),
            }
        )
    return sorted(told, key=lambda one: (-one["confidence"], one["tag"]))[:MOST]
