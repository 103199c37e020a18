"""Detectors over time: frames in, tracks out."""

from collections.abc import Callable, Sequence

import numpy as np

from socialflow.image.detections import Detection
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame
from socialflow.video.sightings import Cuts, sightings
from socialflow.video.tracking import Tracker

LARGEST = 640
"""Pixels of the longer side of a frame as it is looked at."""


class Following:
    """Looks at frames with whatever finds things in them, and follows what it finds.

    The finding: `tracks` [{label, score}], `seconds` at which it looked; array 0 has a row for each sighting in order
    of track and time: place of the track in `tracks`, seconds, left, top, right, bottom.
    """

    def __init__(self, find: Callable[[Colours], Sequence[Detection]]) -> None:
        self._find, self._tracker, self._cuts = find, Tracker(), Cuts()
        self._looked: list[float] = []

    def look(self, frame: Frame) -> None:
        """Take a frame."""
        colours = frame.colours(LARGEST)
        if self._cuts.other(colours):
            self._tracker.cut()
        self._tracker.take(frame.seconds, sightings(colours, self._find(colours)))
        self._looked.append(round(frame.seconds, 4))

    def finding(self) -> Finding:
        """The tracks that were seen often or surely enough."""
        told = [track for track in self._tracker.tracks if track.told]
        rows = [
            (place, seconds, *box)
            for place, track in enumerate(told)
            for seconds, box in zip(track.seconds, track.boxes, strict=True)
        ]
        tracks = [{"label": track.label, "score": round(track.score, 4)} for track in told]
        body = {"tracks": tracks, "seconds": self._looked}
        missing = () if self._looked else ("pictures",)
        return Finding(body, (np.array(rows, np.float64).reshape(-1, 6),), missing)
