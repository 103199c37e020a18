"""What a person does, by rules over where the joints are through a second and a half.

Lengths are measured in torsos (middle of the shoulders to middle of the hips), so that neither distance nor size of the
picture matter. Nothing here is learnt: rules tell postures and coarse movements apart, and nothing finer.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Joints = npt.NDArray[Any]
"""x, y and score of n frames: (n, 17, 3), x and y in one unit."""
Floats = npt.NDArray[np.float64]

JOINTS = 17
SEEN = 0.25
"""Score from which a joint counts as seen."""
CLEAR = 0.5
"""Median score through a window from which joints are judged: below it the model guesses the place."""
WINDOW, STEP = 1.6, 0.8
"""Seconds of a window, and from one to the next."""
FEWEST = 4
"""Frames of a window in which the torso must be seen."""
LIKELY = 0.5
"""Score from which an action is told."""
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES = ((5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))

ACTIONS = ("standing", "sitting", "lying", "walking", "running", "jumping", "kicking", "waving", "gesturing")


def actions_in(joints: Joints) -> Mapping[str, float]:
    """Scores, 0 to 1, of what a person does in a window of frames; empty where too little of the torso is seen.

    Only what can be seen is judged: without legs nobody stands, sits, walks or kicks.
    """
    torso = np.isfinite(torsos(joints))
    seen = joints[torso]
    if len(seen) < FEWEST:
        return {}
    size = float(np.median(torsos(seen)))
    if size <= 0 or not _visible(seen, (*_SHOULDERS, *_HIPS)):
        return {}
    shoulders, hips = _middle(seen, _SHOULDERS), _middle(seen, _HIPS)
    lean = float(np.median(np.degrees(np.arctan2(np.abs(shoulders - hips)[:, 0], np.abs(shoulders - hips)[:, 1]))))
    upright = ramp(50 - lean, 0, 25)
    scores = {"lying": ramp(lean, 50, 70), **_of_arms(seen, size, upright)}
    if _visible(seen, (*_KNEES, *_ANKLES)):
        scores |= _of_legs(seen, size, upright)
    return {name: round(score, 4) for name, score in scores.items()}


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, even between."""
    return float(min(1.0, max(0.0, (value - low) / (high - low))))


def _of_arms(joints: Joints, size: float, upright: float) -> dict[str, float]:
    """Waving: a raised hand that goes to and fro. Gesturing: a hand's way through the window is as
    long as from the lap to the chest and back."""
    waves, moves = [0.0], [0.0]
    for shoulder, elbow, wrist in zip(_SHOULDERS, _ELBOWS, _WRISTS, strict=True):
        if not _visible(joints, (shoulder, elbow, wrist)):
            continue
        hand = (joints[:, wrist, :2] - joints[:, shoulder, :2]) / size
        above = float((joints[:, wrist, 1] < joints[:, elbow, 1]).mean())
        waves.append(ramp(_swings(hand[:, 0], 0.15), 1, 3) * ramp(above, 0.6, 0.9))
        moves.append(ramp(float(np.linalg.norm(np.diff(hand, axis=0), axis=1).sum()), 0.6, 1.5))
    return {"waving": max(waves) * upright, "gesturing": max(moves) * upright * (1 - max(waves))}


def _of_legs(joints: Joints, size: float, upright: float) -> dict[str, float]:
    hips = _middle(joints, _HIPS)
    knees, ankles = (np.stack([joints[:, joint, :2] for joint in pair], 1) for pair in (_KNEES, _ANKLES))
    thigh = float(np.median(np.abs(knees[:, :, 1] - hips[:, None, 1]))) / size
    bend = [_angles(joints[:, hip, :2], joints[:, knee, :2], joints[:, ankle, :2]) for hip, knee, ankle in _legs()]
    straight = ramp(float(np.median(np.stack(bend))), 135, 160)
    apart = (ankles[:, 0] - ankles[:, 1]) / size
    across, along = (float(np.ptp(apart[:, axis])) for axis in (0, 1))
    steps = (
        ramp(_swings(apart[:, 0], 0.25), 0.5, 2.5) * ramp(across, 0.4, 0.9) * ramp(across / max(along, 1e-6), 0.6, 1.2)
    )
    bent = np.quantile(np.stack(bend), 0.2, axis=1)  # in two frames of ten: one alone is often a mistake
    fast = ramp(125 - float(bent.max()), 0, 15)  # a knee bends to 120 in a walk, below 110 in a run; in a kick but one
    lift = _leap(hips[:, 1] / size, ankles[:, :, 1].max(1) / size)
    kick = ramp(float(np.abs(apart[:, 1]).max()), 0.45, 0.8) * ramp(float(np.ptp(np.abs(apart[:, 1]))), 0.3, 0.6)
    still = 1 - max(steps, lift, kick)
    sits = ramp(0.75 - thigh, 0, 0.35) * (1 - straight)
    return {
        "standing": upright * straight * still,
        "sitting": upright * sits * still,
        "walking": upright * steps * (1 - fast) * (1 - lift),
        "running": upright * steps * fast * (1 - lift),
        "jumping": upright * lift,
        "kicking": upright * kick * (1 - steps) * (1 - lift),
    }


def _leap(hips: Floats, feet: Floats) -> float:
    """Hips and the lower foot rise together and come down again; y grows downwards."""
    together = []
    for values in (hips, feet):
        top = int(values.argmin())
        before, after = values[: top + 1].max(), values[top:].max()
        together.append(float(min(before, after) - values[top]))
    return ramp(min(together), 0.2, 0.45)


def _swings(values: Floats, least: float) -> int:
    """How often a value turns back after it went at least so far.

    >>> _swings(np.array([0, 1, 0, 1, 0.9, 1]), 0.5)
    2
    """
    turns, low, high, way = 0, float(values[0]), float(values[0]), 0
    for value in map(float, values[1:]):
        low, high = min(low, value), max(high, value)
        if way >= 0 and high - value >= least:
            turns, way, low, high = turns + (way > 0), -1, value, value
        elif way <= 0 and value - low >= least:
            turns, way, low, high = turns + (way < 0), 1, value, value
    return turns


def torsos(joints: Joints) -> Floats:
    """Length of the torso in each frame; NaN where it is not seen."""
    length = np.linalg.norm(_middle(joints, _SHOULDERS) - _middle(joints, _HIPS), axis=1)
    seen = (joints[:, [*_SHOULDERS, *_HIPS], 2] >= SEEN).all(1)
    found: Floats = np.where(seen & (length > 0), length, np.nan)
    return found


def _middle(joints: Joints, pair: tuple[int, int]) -> Floats:
    middle: Floats = joints[:, list(pair), :2].mean(1)
    return middle


def _visible(joints: Joints, which: tuple[int, ...]) -> bool:
    """Whether these joints are seen in most frames, and clearly on the whole."""
    scores = joints[:, list(which), 2]
    return bool((scores >= SEEN).all(1).mean() >= 0.6 and (np.median(scores, axis=0) >= CLEAR).all())


def _legs() -> list[tuple[int, int, int]]:
    return list(zip(_HIPS, _KNEES, _ANKLES, strict=True))


def _angles(first: Floats, corner: Floats, last: Floats) -> Floats:
    """Angles in degrees at a corner."""
    one, other = first - corner, last - corner
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines = (one * other).sum(1) / np.maximum(lengths, 1e-9)
    angles: Floats = np.degrees(np.arccos(cosines.clip(-1, 1)))
    return angles
