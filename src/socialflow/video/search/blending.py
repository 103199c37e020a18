"""One order of what two spaces found.

A nearness in meaning of 0.6 and a cosine of 0.28 with a frame are of no common scale, and to learn one takes queries
whose right answers are known; ranks need none. So each space gives what it found ``1 / (K + rank)``, and both are added
(reciprocal rank fusion; Cormack, Clarke and Buettcher, SIGIR 2009): what both found comes before what one did, unless
that one is far ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.video.search.records import Floats
from socialflow.video.search.scoring import Ints

K = 60
"""As in the paper: how little the first places count before those that follow."""


@dataclass(frozen=True, slots=True)
class Blend:
    """Scores of moments that words found (n,) and of stretches that pictures found (m,): 1 where both have it first, 0
    for a stretch that counts with a moment."""

    words: Floats
    pictures: Floats


def blended(words: Floats, pictures: Sequence[int | None]) -> Blend:
    """Scores of moments that words found with these scores (n,), and of stretches that pictures found, the best first;
    `pictures` are the places of the moments among those that are found, None where words found none there.

    >>> both = blended(np.array([0.9, 0.5], np.float32), [1, None])
    >>> [round(float(one), 3) for one in (*both.words, *both.pictures)]
    [0.5, 0.992, 0.0, 0.492]
    """
    most = 2 / (K + 1)
    ranks: Ints = np.empty(len(words), np.int64)
    ranks[np.argsort(-words, kind="stable")] = np.arange(1, len(words) + 1)
    own = (1 / (K + ranks) / most).astype(np.float32)
    alone = (1 / (K + np.arange(1, len(pictures) + 1)) / most).astype(np.float32)
    given = set[int]()
    for place, moment in enumerate(pictures):
        if moment is not None:
            if moment not in given:  # of several stretches in one moment the best counts
                own[moment] += alone[place]
                given.add(moment)
            alone[place] = 0
    return Blend(own, alone)
