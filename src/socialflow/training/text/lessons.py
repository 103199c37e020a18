"""What heads learn from, as a trainer takes it: tokens and targets, and batches of texts of like length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.text.bundle import Kind

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]

UNTOLD = -100
"""Target of what a loss leaves out."""
_STEP = 8
"""Lengths that batches are padded to are multiples of it: a processor's kernels are made anew for every shape."""
_BUCKET = 50
"""Batches whose texts are sorted by length together: enough for little padding, few enough for mixed batches."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """n texts as token ids, one after another: text i is ``ids[indptr[i]:indptr[i + 1]]``."""

    ids: npt.NDArray[np.int32]
    indptr: IntArray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> IntArray:
        """Tokens of each text, (n,)."""
        return np.diff(self.indptr)

    def row(self, text: int) -> npt.NDArray[np.int32]:
        """Ids of one text."""
        return self.ids[self.indptr[text] : self.indptr[text + 1]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one head learns: n texts and their targets.

    `targets`: multi_class and span (n,) int64 label numbers; multi_label (n, labels) float32 of 0, 1 and NaN for
    untold; tokens (all tokens,) int64 tags beside `tokens.ids`, UNTOLD where none is asked; vector (n, width) float32
    of length 1. `spans`: of a span head, first token and the one after the last of each stretch, (n, 2). `asked`: of a
    tokens head, which tags were looked for in each text, (n, tags): where a set knows some labels only, the rest is
    untold; `cases`: how the words of its tokens are written, (all tokens,).
    """

    head: str
    kind: Kind
    labels: tuple[str, ...]
    tokens: Tokens
    targets: np.ndarray
    spans: IntArray | None = None
    asked: npt.NDArray[np.bool_] | None = None
    cases: IntArray | None = None

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class Part:
    """Those rows of a batch that one lesson gave: `places` in the batch, `texts` of the lesson."""

    head: str
    places: IntArray
    texts: IntArray


@dataclass(frozen=True, slots=True)
class Batch:
    """b texts padded to one length: `ids` and `mask` (b, t), and whose they are."""

    ids: IntArray
    mask: IntArray
    parts: tuple[Part, ...]


def batches(
    lessons: Mapping[str, Lesson], shares: Mapping[str, int], size: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """One round: `shares[head]` texts of every lesson, drawn without repeats as far as there are enough, in batches of
    `size` texts of like length from any of them."""
    names = list(shares)
    rows = [_drawn(len(lessons[name]), shares[name], rng) for name in names]
    of = np.repeat(np.arange(len(names)), [len(part) for part in rows])
    texts = np.concatenate([np.empty(0, np.int64), *rows])
    lengths = np.concatenate(
        [np.empty(0, np.int64), *(lessons[name].tokens.lengths[part] for name, part in zip(names, rows, strict=True))]
    )
    order = rng.permutation(len(texts))
    for start in range(0, len(order), size * _BUCKET):
        chunk = order[start : start + size * _BUCKET]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        cuts = [chunk[place : place + size] for place in range(0, len(chunk), size)]
        for cut in rng.permutation(len(cuts)).tolist():
            yield gathered(lessons, names, of[cuts[cut]], texts[cuts[cut]])


def gathered(lessons: Mapping[str, Lesson], names: Sequence[str], of: IntArray, texts: IntArray) -> Batch:
    """A batch of some texts: `of` (b,) says of which of `names`, `texts` (b,) which one of it."""
    rows = [lessons[names[lesson]].tokens.row(text) for lesson, text in zip(of.tolist(), texts.tolist(), strict=True)]
    longest = -(-max(map(len, rows)) // _STEP) * _STEP
    ids, mask = np.zeros((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)], mask[place, : len(row)] = row, 1
    parts = tuple(
        Part(names[lesson], places, texts[places])
        for lesson in np.unique(of).tolist()
        for places in (np.flatnonzero(of == lesson),)
    )
    return Batch(ids, mask, parts)


def padded(lesson: Lesson, values: IntArray, texts: IntArray, steps: int, missing: int) -> IntArray:
    """Some texts' rows of `values` (all tokens,), (b, steps), `missing` where a text has ended."""
    found = np.full((len(texts), steps), missing, np.int64)
    for place, text in enumerate(texts.tolist()):
        row = values[lesson.tokens.indptr[text] : lesson.tokens.indptr[text + 1]]
        found[place, : len(row)] = row
    return found


def drawn(lessons: Mapping[str, Lesson], count: int, rng: np.random.Generator) -> Tokens:
    """About `count` texts, at most as many, from all lessons alike as far as they have enough."""
    each = -(-count // len(lessons))
    rows = [
        lesson.tokens.row(text) for lesson in lessons.values() for text in rng.permutation(len(lesson))[:each].tolist()
    ]
    order = rng.permutation(len(rows))[:count].tolist()
    return tokens_of([rows[place] for place in order])


def tokens_of(rows: Sequence[npt.NDArray[np.int32]]) -> Tokens:
    """Texts from their ids."""
    ends = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return Tokens(np.concatenate([np.empty(0, np.int32), *rows]), ends)


def shares(lessons: Mapping[str, Lesson], most: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Texts of each lesson in a round: all up to `most`, beyond it `most` times the root of how much more there are;
    times the lesson's weight (1 where none is given).

    >>> empty = Tokens(np.zeros(8, np.int32), np.arange(9))
    >>> shares({"x": Lesson("x", "multi_class", ("a", "b"), empty, np.zeros(8, np.int64))}, 2, {})
    {'x': 4}
    """
    return {
        name: max(1, round(weights.get(name, 1.0) * min(len(lesson), most) * max(1.0, (len(lesson) / most) ** 0.5)))
        for name, lesson in lessons.items()
    }


def _drawn(n: int, count: int, rng: np.random.Generator) -> IntArray:
    whole, rest = divmod(count, n)
    return np.concatenate([*(rng.permutation(n) for _ in range(whole)), rng.permutation(n)[:rest]]).astype(np.int64)
