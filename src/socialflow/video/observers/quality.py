"""Pictures without a model: light, black and frozen stretches and flashes from the small luma of all frames; blur,
blocking, noise, banding, combing and bars from two frames a second at full size.
"""

from array import array
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from socialflow.kit.findings import Finding
from socialflow.video.bars import Bars
from socialflow.video.blocking import Grid
from socialflow.video.brightness import Brightness
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.pictures import measured
from socialflow.video.records import Luma, VideoInfo

_SMALL = 120
"""Bars are looked for among so many lines, at least, where there are as many."""
_NO_CONTRAST = -1.0
_COLUMNS = ("seconds", "blur", "blocking", "noise", "banding", "combing", "detail")


class QualityObserver(Observer):
    """What is measured of pictures.

    The body has what `Brightness.told` says, `bars` as shares of the sides, `blocking` and the `period` of its grid in
    pixels over all pictures, and the middle of `blur`, `noise`, `banding`, `combing` and `detail` of pictures as
    `pictures.Measures` has them. The array (pictures, 7) has them one by one, with their seconds; -1: no contrast.
    """

    name: ClassVar[str] = "quality"
    needs: ClassVar[Needs] = Needs(luma=True, sampled=2.0)

    def __init__(self) -> None:
        self._brightness = Brightness()
        self._bars, self._grid = Bars(), Grid()
        self._rows = array("f")

    def begin(self, info: VideoInfo) -> None:
        """Learn in which range brightness is stored."""
        self._brightness = Brightness(full_range=info.full_range)

    def luma(self, number: int, seconds: float, luma: Luma) -> None:  # noqa: ARG002
        """Look at the light of a frame."""
        self._brightness.take(seconds, luma)

    def frame(self, frame: Frame) -> None:
        """Look at a frame closely."""
        luma = frame.luma()
        step = max(1, min(luma.shape) // _SMALL)
        self._bars.take(luma[::step, ::step])
        one = measured(luma)
        blur = _NO_CONTRAST if one.blur is None else one.blur
        self._rows.extend((frame.seconds, blur, self._grid.take(luma), one.noise, one.banding, one.combing, one.detail))

    def end(self) -> Finding:
        """Everything; nothing where there was no picture."""
        if not self._brightness.frames:
            return Finding({"frames": 0}, missing=("pictures",))
        rows = np.array(self._rows, np.float32).reshape(-1, len(_COLUMNS))
        body = {**self._brightness.told(), **self._pictures(rows)}
        return Finding(body, (rows,), ("blur",) if body["blur"] is None else ())

    def _pictures(self, rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Mapping[str, Any]:
        """The middle of all pictures: what is in half of them is there."""
        blocking, period = self._grid.told()
        sharp = rows[rows[:, 1] != _NO_CONTRAST, 1]
        middles = dict(zip(_COLUMNS[3:], np.median(rows[:, 3:], axis=0).tolist(), strict=True))
        return {
            "bars": self._bars.told(),
            "pictures": len(rows),
            "blocking": blocking,
            "period": period,
            "blur": float(np.median(sharp)) if len(sharp) else None,
            **middles,
        }
