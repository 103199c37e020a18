"""Which frames belong to a fade from or to a plain picture, by the contrast of every frame."""

import numpy as np
import numpy.typing as npt

Contrasts = npt.NDArray[np.float32]
"""Deviation of brightness of each frame, in levels."""
PLAIN = 2.0
"""Levels of contrast below which there is nothing in a frame."""
LONGEST = 4.0
"""Seconds that a fade takes at most."""
_DONE = 0.97
"""Share of its full contrast at which a picture is there."""


def faded(contrasts: Contrasts, rate: float) -> npt.NDArray[np.bool_]:
    """Which frames are plain, or on the way from or to plain ones: from there on, contrast rises without a pause.

    >>> faded(np.array([0, 0, 30, 30, 30, 20, 10, 1], np.float32), 25.0).tolist()
    [True, True, False, False, False, True, True, True]
    """
    found = contrasts < PLAIN
    reach = max(2, round(LONGEST * rate))
    edges = np.flatnonzero(np.diff(found.astype(np.int8)))
    for edge in edges:
        if found[edge]:
            found[edge + 1 : edge + 1 + _risen(contrasts[edge + 1 : edge + 1 + reach])] = True
        else:
            back = contrasts[max(0, edge + 1 - reach) : edge + 1][::-1]
            risen = _risen(back)
            found[edge + 1 - risen : edge + 1] = True
    return found


def _risen(contrasts: Contrasts) -> int:
    """How many of the first frames lie below the contrast at which a rise ends. A cut needs no time to rise."""
    if len(contrasts) < 2:
        return 0
    smooth = np.convolve(np.pad(contrasts, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    rising = np.diff(smooth) > 0.004 * smooth[:-1]
    steps = len(rising) if rising.all() else int(np.argmin(rising))
    end = float(contrasts[: steps + 2].max())
    return int(np.count_nonzero(np.maximum.accumulate(contrasts[: steps + 1]) < _DONE * end))
