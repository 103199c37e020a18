"""How near a moment is to what was asked.

For a query with the vector q and the stems S, and a moment whose parts have vectors v and are sure to s:

- meaning ``m = max(cos(q, v) * sqrt(s))`` over its parts and over the mean of the classes that its pictures were taken
  for, ``v = sum(s v) / |sum(s v)|`` with ``s = sum(s)`` (Norouzi et al., "Zero-shot learning by convex combination of
  semantic embeddings", ICLR 2014);
- a sentence names several things, and its vector lies between theirs: it is nearer to none of them than about one over
  the root of their number. So the phrases between its function words are looked for one by one, too, and the mean ``m``
  of more than half of them, the best, counts where it is more: a sentence may name a few things that nothing here has a
  name for, and one of two is not enough;
- words ``w``, the share of S that the moment has, each stem weighing ``log(1 + moments / (1 + moments with it))`` and
  counting as much as the part that has it is sure (its square root again), half where only the title has it;
- score ``1 - (1 - m) (1 - w / 2)``: either is enough, both are more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.video.search.records import Floats

Ints = npt.NDArray[np.int64]

WORDS = 0.5
"""What all words of a query are worth without any nearness in meaning."""
WRITTEN = 0.5
"""What a word is worth to a moment where only the title has it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is in m moments, one after another: c parts.

    `rows` (c,) their phrases' places in the vocabulary, `sure` (c,) square roots of how sure they are, `kinds` (c,)
    numbers of their kinds, `classed` (c,) how sure those are that go into the mean of classes (others 0); `starts` (m,)
    where each moment's begin, `clips` (m,) whose they are, `lengths` (m,) how long the sum of the classes' vectors is.
    """

    rows: Ints
    sure: Floats
    kinds: Ints
    classed: Floats
    starts: Ints
    clips: Ints
    lengths: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: cosines (vocabulary,) of its vector with every phrase, and for each stem which phrases have it.

    `kinds` are the numbers of those kinds that count; None: all. `apart` are the same cosines of the phrases of a
    sentence, each with how near it is to what says nothing.
    """

    cosines: Floats
    stems: Sequence[npt.NDArray[np.bool_]]
    kinds: Collection[int] | None = None
    apart: Sequence[tuple[Floats, float]] = ()


@dataclass(frozen=True, slots=True)
class Scores:
    """Of m moments (m,): `score`, `meaning` and `words`, each 0 to 1."""

    score: Floats
    meaning: Floats
    words: Floats


def scores(parts: Parts, asked: Asked, written: Collection[int], classes: int) -> Scores:
    """Of every moment. `written` are the numbers of the kinds of what is written about a video, `classes` that of the
    kind whose mean counts."""
    counts = np.ones(len(parts.rows), np.bool_) if asked.kinds is None else np.isin(parts.kinds, list(asked.kinds))
    sure = np.where(counts, parts.sure, np.float32(0))
    seen = asked.kinds is None or classes in asked.kinds
    meaning = _meaning(parts, asked.cosines, sure, seen=seen)
    if asked.apart:
        each = [(_meaning(parts, cosines, sure, seen=seen), noise) for cosines, noise in asked.apart]
        near = np.sort(np.stack([np.where(one > noise, one, np.float32(0)) for one, noise in each]), axis=0)
        meaning = np.maximum(meaning, near[-(len(each) // 2 + 1) :].mean(axis=0))
    words = _words(parts, asked, sure, np.isin(parts.kinds, list(written)))
    return Scores(1 - (1 - meaning) * (1 - WORDS * words), meaning, words)


def _meaning(parts: Parts, cosines: Floats, sure: Floats, *, seen: bool) -> Floats:
    """Nearness in meaning; `seen`: whether classes of pictures count."""
    near: Floats = np.maximum.reduceat(cosines[parts.rows].clip(0, 1) * sure, parts.starts)
    return np.maximum(near, _mean(parts, cosines)) if seen else near


def _mean(parts: Parts, cosines: Floats) -> Floats:
    """Nearness of the mean of classes, as sure as all of them together."""
    sums = np.add.reduceat(parts.classed * cosines[parts.rows], parts.starts)
    near = np.divide(sums, parts.lengths, out=np.zeros_like(sums), where=parts.lengths > 0)
    together = np.add.reduceat(parts.classed, parts.starts).clip(0, 1)
    mean: Floats = near.clip(0, 1) * np.sqrt(together)
    return mean


def _words(parts: Parts, asked: Asked, sure: Floats, written: npt.NDArray[np.bool_]) -> Floats:
    """The share of the query's stems that each moment has."""
    count = len(parts.starts)
    total, weights = np.zeros(count, np.float32), 0.0
    for has in asked.stems:
        found = np.where(has[parts.rows], sure, np.float32(0))
        own = np.maximum.reduceat(found, parts.starts)
        titled = np.zeros(int(parts.clips.max()) + 1, np.float32)
        np.maximum.at(titled, parts.clips, np.maximum.reduceat(np.where(written, found, np.float32(0)), parts.starts))
        weight = float(np.log(1 + count / (1 + np.count_nonzero(own))))
        total += weight * np.maximum(own, WRITTEN * titled[parts.clips])
        weights += weight
    return total / np.float32(weights) if weights else total
