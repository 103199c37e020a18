"""Text in pictures, read by RapidOCR, whose weights come with the package; nothing is downloaded.

PP-OCRv6 (Cui et al., PaddleOCR): a detector of lines and a recogniser of Latin, Chinese and Japanese script.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from socialflow.errors import ModelUnavailable
from socialflow.image.detections import Box
from socialflow.image.pictures import at_most
from socialflow.image.records import Colours
from socialflow.kit.answers import Provenance, Tier

SIDE = 1280
"""Pixels of the longer side at which pictures are read: a small sign in a wide view is still found."""
LIKELY = 0.7
"""Mean confidence of the letters of a line, below which it is more often texture than text."""
LIBRARY = "library:rapidocr"
"""What is missing where the reader is not installed."""
_FILES = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}
_THREADS = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. `score` is the mean confidence of its letters, 0 to 1."""

    text: str
    score: float
    box: Box

    def told(self) -> dict[str, Any]:
        """The line as JSON: text, score, box."""
        return {"text": self.text, "score": self.score, "box": self.box.place()}


class TextReader:
    """Reads lines. Not safe to use from several threads.

    Args:
        side: pixels of the longer side at most; smaller is faster and misses small letters.

    Raises:
        ModelUnavailable: RapidOCR is not installed, or came without its weights.
    """

    def __init__(self, side: int = SIDE) -> None:
        self._side, self._run = side, _engine(side)

    def read(self, colours: Colours) -> list[Line]:
        """Lines of a picture (h, w, 3), from top to bottom."""
        picture = at_most(colours, self._side)
        height, width = picture.shape[:2]
        found = self._run(np.ascontiguousarray(picture[:, :, ::-1]), use_cls=False)
        if not found.txts:
            return []
        corners = np.asarray(found.boxes, np.float64).reshape(-1, 4, 2) / (width, height)
        boxes = np.concatenate([corners.min(1), corners.max(1)], axis=1).clip(0, 1).round(4)
        lines = zip(found.txts, found.scores, boxes.tolist(), strict=True)
        return [
            Line(" ".join(text.split()), round(float(score), 4), Box(left, top, right, bottom))
            for text, score, (left, top, right, bottom) in lines
            if score >= LIKELY and text.strip()
        ]


def reader(side: int = SIDE) -> TextReader | None:
    """A reader, or None where there is none to be had."""
    try:
        return TextReader(side)
    except ModelUnavailable:
        return None


def provenance() -> Provenance:
    """What reads text here."""
    try:
        return Provenance("rapidocr_ppocrv6_small", version("rapidocr"), Tier.BUNDLED)
    except PackageNotFoundError:
        return Provenance("rapidocr_ppocrv6_small", "absent", Tier.BUNDLED)


@lru_cache(2)
def _engine(side: int) -> Any:
    """The library's reader on one thread, its weights named so that it looks for none."""
    try:
        import rapidocr
    except ImportError as problem:
        raise ModelUnavailable('text in pictures is read with RapidOCR: pip install "socialflow[media]"') from problem
    folder = Path(rapidocr.__file__).parent / "models"
    if absent := [name for name in _FILES.values() if not (folder / name).is_file()]:
        raise ModelUnavailable(f"rapidocr came without {absent[0]}; install it anew from its wheel")
    weights = {f"{part}.model_path": str(folder / name) for part, name in _FILES.items()}
    bounds = {"Det.limit_type": "max", "Det.limit_side_len": side, "Global.use_cls": False}
    return rapidocr.RapidOCR(params={"Global.log_level": "critical", **weights, **_THREADS, **bounds})
