"""Small pictures of what is shown, for whoever wants to look at a video at a glance."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from socialflow.image.cv import jpeg
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.candidates import Look, look_of, unlikeness
from socialflow.video.observer import Frame, Needs, Observer

MOST = 240
"""Pictures that are kept."""
SIDE, QUALITY = 240, 70
"""Pixels along the longer side, and quality as JPEG."""
NEW, OLD = 0.04, 10.0
"""How unlike the one before a picture is that is kept at once, and seconds after which any is."""


@dataclass(frozen=True, slots=True)
class _Still:
    frame: int
    seconds: float
    novelty: float
    size: tuple[int, int]
    jpeg: Colours


class StillObserver(Observer):
    """Pictures in order of time: each that looks new, and one every ten seconds; those that were least new go where
    there are more than `MOST`.

    The finding: `stills` [{frame, seconds, width, height, bytes}]. Array 0 has the JPEGs one after another.
    """

    name: ClassVar[str] = "stills"
    needs: ClassVar[Needs] = Needs(sampled=2.0)

    def __init__(self) -> None:
        self._stills: list[_Still] = []
        self._look: Look | None = None

    def frame(self, frame: Frame) -> None:
        """Keep a frame if it shows something new."""
        picture = frame.colours(SIDE)
        look = look_of(picture)
        novelty = 1.0 if self._look is None else float(unlikeness(self._look, look[None])[0])
        if self._stills and novelty < NEW and frame.seconds - self._stills[-1].seconds < OLD:
            return
        self._look = look
        size = picture.shape[1], picture.shape[0]
        self._stills.append(_Still(frame.number, frame.seconds, novelty, size, jpeg(picture, QUALITY)))
        if len(self._stills) > MOST:
            del self._stills[min(range(1, MOST), key=lambda place: self._stills[place].novelty)]

    def end(self) -> Finding:
        """The pictures."""
        body: dict[str, Any] = {
            "stills": [
                {
                    "frame": one.frame,
                    "seconds": round(one.seconds, 4),
                    "width": one.size[0],
                    "height": one.size[1],
                    "bytes": len(one.jpeg),
                }
                for one in self._stills
            ]
        }
        jpegs = np.concatenate([one.jpeg for one in self._stills]) if self._stills else np.zeros(0, np.uint8)
        return Finding(body, (jpegs,), () if self._stills else ("pictures",))
