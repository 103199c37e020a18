"""Joints of one person made steadier over time.

In the spirit of the one-euro filter (Casiez et al., CHI 2012): what moves little is noise and is averaged, what moves
far is left as it is; here without its lag, as the frames after are known too.
"""

import numpy as np

from socialflow.video.poses import SEEN, Floats, Joints, torsos

NEAR = 0.35
"""Seconds to the frames before and after that count as neighbours."""
STILL, MOVES = 0.06, 0.2
"""Torsos off the mean of the neighbours up to which a joint stands still, and from which it moves."""
DOUBTFUL = 0.6
"""Of its neighbours' scores: below it a joint that is off both is a mistake of the model."""


def smoothed(joints: Joints, seconds: Floats) -> Joints:
    """Joints (n, 17, 3) of frames in order of time, x and y in one unit. Seen joints that are off the mean of the frame
    before and after by what noise explains go there, and so do those that are off with a score far below the others'.
    """
    made = joints.astype(np.float64)
    sizes = torsos(made)
    if len(made) < 3 or not np.isfinite(sizes).any():
        return made
    size = float(np.nanmedian(sizes))
    gaps = np.diff(seconds)
    close = (gaps[1:] <= NEAR) & (gaps[:-1] <= NEAR)
    here, scores = made[1:-1], made[:, :, 2]
    beside = np.stack([made[:-2], made[2:]])
    seen = close[:, None] & (scores >= SEEN)[1:-1] & (beside[..., 2] >= SEEN).all(0)
    weights = beside[..., 2:] / np.maximum(beside[..., 2:].sum(0), 1e-9)
    middle = (beside[..., :2] * weights).sum(0)
    off = np.linalg.norm(here[..., :2] - middle, axis=2) / size
    trust = ((off - STILL) / (MOVES - STILL)).clip(0, 1)
    trust[scores[1:-1] < DOUBTFUL * beside[..., 2].min(0)] = 0.0
    mean = (middle * 2 + here[..., :2]) / 3
    moved = mean + (here[..., :2] - mean) * trust[..., None]
    made[1:-1, :, :2] = np.where(seen[..., None], moved, here[..., :2])
    return made
