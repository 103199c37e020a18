"""Detectors over time: frames in, tracks out."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.detecting import ObjectModel
from socialflow.image.detections import Detection
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame
from socialflow.video.sightings import Cuts, sightings
from socialflow.video.tracking import SURE, Track, Tracker

LARGEST = 640
"""Pixels of the longer side of a frame as it is looked at."""
LOOKS = 2.0
"""How often a second objects are looked for."""


class Following:
    """Looks at frames with whatever finds things in them, and follows what it finds. Of those of one `name` who look at
    the same frame, the first finds for all.

    The finding: `tracks` [{label, score}], `seconds` at which it looked; array 0 has a row for each sighting in order
    of track and time: place of the track in `tracks`, seconds, left, top, right, bottom.
    """

    def __init__(self, name: str, find: Callable[[Colours], Sequence[Detection]]) -> None:
        self._name, self._find, self._tracker, self._cuts = name, find, Tracker(), Cuts()
        self._looked: list[float] = []

    def look(self, frame: Frame) -> None:
        """Take a frame."""
        colours = frame.colours(LARGEST)
        if self._cuts.other(colours):
            self._tracker.cut()
        found = frame.once(self._name, lambda: self._find(colours))
        self._tracker.take(frame.seconds, sightings(colours, found))
        self._looked.append(round(frame.seconds, 4))

    @property
    def seen(self) -> Sequence[Track]:
        """Those that were seen in the latest frame."""
        return self._tracker.seen

    @property
    def places(self) -> Mapping[int, int]:
        """Where in `tracks` of the finding a track is told, by its number."""
        return {track.number: place for place, track in enumerate(self._told())}

    def finding(self) -> Finding:
        """The tracks that were seen often or surely enough."""
        told = self._told()
        rows = [
            (place, seconds, *box)
            for place, track in enumerate(told)
            for seconds, box in zip(track.seconds, track.boxes, strict=True)
        ]
        tracks = [{"label": track.label, "score": round(track.score, 4)} for track in told]
        body = {"tracks": tracks, "seconds": self._looked}
        missing = () if self._looked else ("pictures",)
        return Finding(body, (np.array(rows, np.float64).reshape(-1, 6),), missing)

    def _told(self) -> list[Track]:
        return [track for track in self._tracker.tracks if track.told]


def objects_followed(model: Handed) -> Following:
    """Follows objects with a handed model; whoever does so at the same times finds the same tracks."""
    finder = ObjectModel(model, SURE / 2)
    return Following(finder.name, finder.find)
