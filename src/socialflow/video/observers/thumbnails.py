"""Pictures that could stand for a video: the best of those sampled, each with what speaks for it and its crops."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.appeal import appeal, parts, sharpness, with_faces
from socialflow.image.cv import jpeg, unpacked_jpeg
from socialflow.image.face_models import opened
from socialflow.image.pictures import at_most
from socialflow.image.records import Colours
from socialflow.image.saliency import Saliency, saliency
from socialflow.kit.findings import Finding
from socialflow.video.candidates import GRID, Candidates, Held, Look, look_of
from socialflow.video.fading import faded
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.records import Luma, VideoInfo

JUDGED, SHARP = 160, 640
"""Pixels along the longer side at which light and colours of a frame are judged; and its edges and faces."""
MOST = 24
"""Candidates that are kept."""
SIDE, QUALITY = 1280, 85
"""Pixels along the longer side of the pictures that are kept, and their quality as JPEG."""
_TOGETHER = 64
"""Frames whose contrast is measured at once."""
_DARK = 20.0
"""Mean brightness below which a frame is called black."""
_DULL = 9.0
"""Deviation of brightness below which there is too little to see in a frame."""
_LONG = (6.0, 1200.0)
"""Seconds of a video from which a frame a second is looked at, and every other second one; two a second before."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A frame that may be chosen."""

    frame: int
    seconds: float
    parts: Mapping[str, float]
    jpeg: Colours
    size: tuple[int, int]
    map: Saliency


class ThumbnailObserver(Observer):
    """Candidates for the picture of a video.

    The finding: `candidates` [{frame, seconds, appeal, parts, faces, map, width, height, bytes}] in order of time,
    with `parts` as `image.appeal` has them and `faces` as `face_models` tells them, None without a model; `looked`
    frames that were judged, and of those left out, `discarded` {black, dull, faded, alike}. Array 0 has the JPEGs one
    after another, `bytes` each; array 1 the looks of candidates (n, 192) for `candidates.unlikeness`; array 2 their
    maps as `image.saliency` makes them, one after another, of which `map` says start, height and width.

    `faces` is a handed model that finds them.
    """

    name: ClassVar[str] = "thumbnails"
    needs: ClassVar[Needs] = Needs(luma=True, sampled=2.0)

    def __init__(self, faces: Handed | None = None) -> None:
        self._faces = None if faces is None else opened(faces)
        self._candidates: Candidates[_Kept] = Candidates(MOST)
        self._contrasts = array("f")
        self._waiting: list[Luma] = []
        self._discarded = {"black": 0, "dull": 0, "faded": 0, "alike": 0}
        self._looked, self._due, self._every, self._rate = 0, 0.0, 1.0, 25.0

    def begin(self, info: VideoInfo) -> None:
        """Decide how many frames a second are looked at."""
        seconds = info.duration if info.duration is not None else _LONG[0]
        self._every = 0.5 if seconds < _LONG[0] else 1.0 if seconds < _LONG[1] else 2.0
        self._rate = info.frame_rate or 25.0

    def luma(self, number: int, seconds: float, luma: Luma) -> None:  # noqa: ARG002 (one contrast a frame)
        """Note how much there is to see in a frame."""
        coarse = luma[::8, ::8].copy()
        if self._waiting and (coarse.shape != self._waiting[0].shape or len(self._waiting) == _TOGETHER):
            self._look()
        self._waiting.append(coarse)

    def _look(self) -> None:
        if self._waiting:
            self._contrasts.extend(np.stack(self._waiting).std((1, 2), dtype=np.float32).tolist())
            self._waiting.clear()

    def frame(self, frame: Frame) -> None:
        """Judge a frame, and keep it if it is among the best."""
        if frame.seconds < self._due:
            return
        self._due = frame.seconds + self._every - 1e-3
        self._looked += 1
        picture = frame.colours(JUDGED)
        brightness, contrast = _light(picture)
        if contrast < _DULL:
            self._discarded["black" if brightness < _DARK else "dull"] += 1
            return
        found = saliency(picture)
        told = parts(picture, found, sharpness(at_most(frame.luma(), SHARP, quick=True)))

        def kept() -> _Kept:
            shown = frame.colours(SIDE)
            size = shown.shape[1], shown.shape[0]
            return _Kept(frame.number, frame.seconds, told, jpeg(shown, QUALITY), size, found)

        self._candidates.offer(appeal(told), look_of(picture), kept)

    def end(self) -> Finding:
        """The candidates, without those of fades."""
        self._look()
        gone = faded(np.array(self._contrasts, np.float32), self._rate)
        held = [one for one in self._candidates.held() if not (one.kept.frame < len(gone) and gone[one.kept.frame])]
        self._discarded["faded"] = len(self._candidates.held()) - len(held)
        self._discarded["alike"] = self._candidates.alike
        held.sort(key=lambda one: one.kept.frame)
        starts = accumulate((one.kept.map.size for one in held), initial=0)
        body = {
            "candidates": [self._candidate(one, start) for one, start in zip(held, starts, strict=False)],
            "looked": self._looked,
            "discarded": self._discarded,
        }
        jpegs = np.concatenate([one.kept.jpeg for one in held]) if held else np.zeros(0, np.uint8)
        looks: Look = np.stack([one.look for one in held]) if held else np.zeros((0, 3 * GRID * GRID), np.uint8)
        maps = np.concatenate([one.kept.map.ravel() for one in held]) if held else np.zeros(0, np.float32)
        missing = () if self._looked else ("pictures",)
        return Finding(body, (jpegs, looks, maps), missing)

    def _candidate(self, held: Held[_Kept], start: int) -> dict[str, Any]:
        """One candidate as JSON; faces are looked for only here, in the few that are left."""
        kept = held.kept
        faces = None if self._faces is None else self._faces.find(at_most(unpacked_jpeg(kept.jpeg), SHARP))
        told = dict(kept.parts) if faces is None else with_faces(kept.parts, [face.box for face in faces])
        return {
            "frame": kept.frame,
            "seconds": round(kept.seconds, 4),
            "appeal": appeal(told),
            "parts": told,
            "faces": None if faces is None else [face.told() for face in faces],
            "map": [start, *kept.map.shape],
            "width": kept.size[0],
            "height": kept.size[1],
            "bytes": len(kept.jpeg),
        }


def _light(picture: Colours) -> tuple[float, float]:
    """Of a coarse grid of pixels the mean, and the deviation of the colour that varies most."""
    coarse = picture[::2, ::2]
    return float(coarse.mean()), float(coarse.std((0, 1)).max())
