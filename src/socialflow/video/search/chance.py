"""Whether a text is nearer to a frame than texts are that have nothing to do with it.

A cosine of such models says little by itself: pictures and texts lie in two cones, every text is about as near to every
picture (Liang et al., "Mind the gap", NeurIPS 2022), and how near differs from picture to picture. What can be known
without labels is how near texts are that were not written for these frames: some two hundred everyday words and
sentences. For a frame f their cosines have the median m(f) and, over all frames that are searched, the spread s: 1.4826
times the median deviation from it, which few that happen to fit do not move; at least `TEMPERATURE`.

- A query is so many spreads from the middle: ``z = (cos(q, f) - m(f)) / s``.
- Were it one more text that has nothing to do with the frames, z would be drawn from about a normal distribution, and
  of N frames ``N (1 - Phi(z))`` would come as far by chance. A frame is found where that is below `ALARMS` (the rule of
  Desolneux, Moisan and Morel, "Meaningful alignments", IJCV 2000): so the bar rises with the number of frames by
  itself, and does not depend on what other videos show, as it would if the query were compared with its own mean.
- What is no nearer to a frame than texts that say nothing of any picture (letters at random, "a photo") is nothing,
  however far it is from the middle.

That the tail is normal is an assumption. Where the frames of one shot are alike N counts them too often, which errs
towards finding nothing.
"""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np

from socialflow.video.search.records import Floats

TEMPERATURE = 0.01
"""Cosine that such a model was taught to take for a difference: its softmax is over 100 times the cosines (Radford et
al. 2021, section 2.5). What lies nearer together it does not tell apart, nor do halves, in which vectors are kept."""
ALARMS = 0.05
"""Frames that a query which has nothing to do with them may find on the mean: one in twenty such queries finds one.
The usual risk of a test."""
_MAD = 1.4826
"""Standard deviations of a normal distribution in its median deviation."""


@dataclass(frozen=True, slots=True)
class Neutral:
    """Vectors (n, width) of texts that were written for nobody's frames: `ordinary` ones, and those that say `nothing`
    of any picture."""

    ordinary: Floats
    nothing: Floats


@dataclass(frozen=True, slots=True)
class Levels:
    """How near neutral texts are to frames (n,): the `middle` and the `spread` of the ordinary ones, and the nearest of
    those that say `nothing`."""

    middle: Floats
    spread: Floats
    nothing: Floats


def levels(frames: Floats, neutral: Neutral) -> Levels:
    """Of frames (n, width)."""
    near = frames @ neutral.ordinary.T
    middle = np.median(near, axis=1, keepdims=True)
    spread = _MAD * np.median(np.abs(near - middle), axis=1)
    return Levels(middle[:, 0], spread, (frames @ neutral.nothing.T).max(axis=1))


def far(cosines: Floats, of: Levels) -> Floats:
    """How many spreads a query is from the middle (n,); 0 where what says nothing is as near.

    >>> one = np.array([0.2, 0.2], np.float32)
    >>> far(np.array([0.28, 0.21], np.float32), Levels(one, one / 10, one + 0.02)).round(2).tolist()
    [4.0, 0.0]
    """
    if not len(cosines):
        return cosines
    spread = np.float32(max(TEMPERATURE, float(np.median(of.spread))))
    found: Floats = np.where(cosines > of.nothing, (cosines - of.middle) / spread, np.float32(0))
    return found


def limit(count: int) -> float:
    """Spreads from which one of so many frames is found.

    >>> [round(limit(count), 2) for count in (1, 1_000, 1_000_000)]
    [1.64, 3.89, 5.33]
    """
    return NormalDist().inv_cdf(1 - ALARMS / max(1, count))


def surely(spreads: float, count: int) -> float:
    """How surely it is not chance, 0 to 1: what is missing to 1 is how many of so many frames chance brings as far.

    >>> round(surely(limit(1_000), 1_000), 4)
    0.95
    """
    return max(0.0, 1.0 - count * erfc(spreads / sqrt(2)) / 2)
