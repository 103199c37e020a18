"""From measures to a score: each part's score is a curve through points that are written here."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from socialflow.video.bit_rates import BitRate

Body = Mapping[str, Any]
"""What an observer told."""


CURVES: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "blur": ((0.25, 0.45, 0.7, 0.95), (1.0, 0.85, 0.5, 0.1)),
    "blocking": ((0.05, 0.3, 0.6, 1.2), (1.0, 0.8, 0.5, 0.1)),
    "noise": ((1.0, 2.5, 4.5, 8.0, 20.0), (1.0, 0.85, 0.55, 0.3, 0.05)),
    "banding": ((0.05, 0.3, 0.8), (1.0, 0.8, 0.4)),
    "combing": ((0.002, 0.01, 0.03), (1.0, 0.6, 0.3)),
    "contrast": ((0.01, 0.04, 0.1), (0.3, 0.8, 1.0)),
    "clipped": ((0.2, 0.5, 0.9), (1.0, 0.8, 0.4)),
    "still": ((0.1, 0.5, 1.0), (1.0, 0.8, 0.4)),
    "flicker": ((0.003, 0.01, 0.05), (1.0, 0.7, 0.2)),
    "short_side": ((120, 240, 360, 480, 720, 1080), (0.2, 0.45, 0.65, 0.8, 0.95, 1.0)),
    "rate": ((5, 12, 23.9), (0.2, 0.7, 1.0)),
    "bits": ((0.05, 0.15, 0.3, 0.6, 1.0), (0.1, 0.4, 0.7, 0.92, 1.0)),
    "loudness": ((-50, -36, -26, -10, -5), (0.3, 0.7, 1.0, 1.0, 0.7)),
    "sound_clipped": ((0.0005, 0.01, 0.1), (1.0, 0.6, 0.1)),
    "silent": ((0.5, 1.0), (1.0, 0.5)),
    "offset": ((0.01, 0.1), (1.0, 0.5)),
}
"""Measure -> score from 0 to 1, straight between the points."""
WEIGHTS: Mapping[str, float] = {
    "sharpness": 2.0,
    "compression": 2.5,
    "noise": 2.0,
    "light": 1.0,
    "steadiness": 1.0,
    "resolution": 1.0,
    "frame_rate": 0.5,
    "bit_rate": 1.0,
    "sound": 1.0,
    "learned": 2.0,
}
"""Of the parts in the overall score, their weighted geometric mean: a bad part is not outweighed by good ones."""


def on(curve: str, value: float) -> float:
    """The score of a measure.

    >>> on("loudness", -23.0), on("blur", 0.35).__round__(3)
    (1.0, 0.925)
    """
    places, scores = CURVES[curve]
    return float(np.interp(value, places, scores))


def picture_parts(told: Body, short_side: int, bits: BitRate | None) -> dict[str, float]:
    """Scores of what can be seen, from what `QualityObserver` told."""
    until = max(float(told["seconds"]), 1e-6)
    clipped = told["clipped_dark"] + told["clipped_bright"] - _bars(told)
    still = (told["frozen_seconds"] + told["black_seconds"]) / until
    parts = {
        "compression": min(on("blocking", told["blocking"]), on("banding", told["banding"])),
        "noise": on("noise", told["noise"]),
        "light": on("contrast", told["contrast"]) * on("clipped", clipped),
        "steadiness": on("still", still) * on("flicker", told["flicker"]) * on("combing", told["combing"]),
        "resolution": on("short_side", short_side),
        "frame_rate": on("rate", told["rate"]["mean"]) if told["frames"] > 1 else 1.0,
    }
    if told["blur"] is not None:
        parts["sharpness"] = on("blur", told["blur"])
    if bits is not None and bits.share is not None:
        parts["bit_rate"] = on("bits", bits.share)
    return parts


def sound_part(heard: Body) -> float:
    """The score of what can be heard, from what `LoudnessObserver` told."""
    silent: float = heard["silence_seconds"] / heard["seconds"]
    loud: float = 1.0 if heard["loudness"] is None else on("loudness", heard["loudness"])
    rest = on("sound_clipped", heard["clipped"]) * on("offset", abs(heard["offset"]))
    return loud * rest * on("silent", silent)


def overall(parts: Mapping[str, float]) -> float | None:
    """The score of all parts, 0 to 1; None: there are none.

    >>> overall({"noise": 1.0, "light": 0.25}), overall({})
    (0.63, None)
    """
    weights = sum(WEIGHTS[name] for name in parts)
    if not weights:
        return None
    logs = sum(WEIGHTS[name] * math.log(max(score, 0.01)) for name, score in parts.items())
    return round(math.exp(logs / weights), 4)


def _bars(told: Body) -> float:
    """Share of the picture that bars take, which is no clipped shadow."""
    bars = told["bars"]
    inner = (1 - bars["top"] - bars["bottom"]) * (1 - bars["left"] - bars["right"])
    return float(min(1.0 - inner, told["clipped_dark"]))
