"""Whether a video is fit for work, second by second."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.nsfw import (
    FLAG,
    MODEL,
    REJECT,
    SURE,
    THRESHOLD,
    UNKNOWN,
    judged,
    probabilities,
    threshold_of,
    unjudged,
    views,
)
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.records import Pass

ROWS = 600
"""Rows of the timeline at most: of a longer film each tells the worst of its seconds."""

Floats = npt.NDArray[np.float64]


class NSFWAnalysis(Analysis):
    """Whether a video is fit for work: the `Judgement` (`socialflow.image.nsfw`) of its worst second, and when.

    Frames that show nothing, black ones and fades, are not judged. Rejecting is recommended only where two seconds one
    after the other are sure.

    `peak` {seconds, unsafe} is the worst second, `share` how many of those looked at are explicit at the threshold,
    `spans` [{start, end, peak}] are runs of them, and `timeline` [{seconds, safe, questionable, unsafe}] has them all.
    """

    name: ClassVar[str] = "nsfw"

    def __init__(self, models: Models, threshold: float = THRESHOLD) -> None:
        self._model, self._lacking = first_of(models, MODEL)
        self._threshold = threshold_of(threshold)

    @property
    def watches(self) -> Options:
        """The observer, with the model."""
        return {"nsfw": {"model": handed(self._model)}} if self._model else {}

    def conclude(self, seen: Pass) -> Answered:
        """The judgement; where nothing could be seen, or there is no model, it abstains and people have to look."""
        if self._model is None:
            return _abstained(self._lacking)
        finding = seen.findings["nsfw"]
        if finding.missing:
            return _abstained(finding.missing)
        return Answered(Status.PARTIAL, UNKNOWN, (provenance(self._model),), _told(finding, self._threshold))


def _abstained(missing: tuple[str, ...]) -> Answered:
    nothing: dict[str, Any] = {"peak": None, "share": None, "spans": [], "timeline": []}
    return Answered(Status.ABSTAINED, (*missing, *UNKNOWN), (), {**unjudged(), **nothing})


def _told(finding: Finding, threshold: float) -> dict[str, Any]:
    seconds, rows = finding.arrays
    of = [probabilities(finding.body["labels"], row) for row in rows]
    seen = [views(one) for one in of]
    unsafe = np.array([one["unsafe"] for one in seen])
    worst = max(range(len(seen)), key=lambda place: (seen[place]["unsafe"], seen[place]["questionable"]))
    step = -(-len(seen) // ROWS)
    rows_told = [
        max(range(start, min(start + step, len(seen))), key=lambda place: seen[place]["unsafe"])
        for start in range(0, len(seen), step)
    ]
    judgement = judged(of[worst], threshold)
    lasting = np.minimum(unsafe[1:], unsafe[:-1]).max(initial=0.0)
    if judgement["recommended_action"] == REJECT and lasting < SURE:
        judgement["recommended_action"] = FLAG
    return {
        **judgement,
        "peak": {"seconds": round(float(seconds[worst]), 3), "unsafe": seen[worst]["unsafe"]},
        "share": round(float((unsafe >= threshold).mean()), 4),
        "spans": spans(seconds, unsafe, threshold),
        "timeline": [{"seconds": round(float(seconds[place]), 3), **seen[place]} for place in rows_told],
    }


def spans(seconds: Floats, scores: Floats, threshold: float) -> list[dict[str, float]]:
    """Runs of samples at or above a threshold. Each sample stands for the time up to the next.

    >>> spans(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.1, 0.8, 0.9, 0.2]), 0.7)
    [{'start': 1.0, 'end': 3.0, 'peak': 0.9}]
    """
    over = np.concatenate([[False], scores >= threshold, [False]])
    edges = np.flatnonzero(over[1:] != over[:-1])
    usual = float(np.diff(seconds).mean()) if len(seconds) > 1 else 1.0
    ends = np.append(seconds, seconds[-1:] + usual)
    return [
        {
            "start": round(float(seconds[first]), 3),
            "end": round(float(ends[after]), 3),
            "peak": round(float(scores[first:after].max()), 4),
        }
        for first, after in zip(edges[::2], edges[1::2], strict=True)
    ]
