"""An exact index of moments in memory: phrases' vectors once each, and which moments have them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.video.search.records import WRITTEN, Clip, Floats, Hit, Reason
from socialflow.video.search.scoring import Asked, Ints, Parts, scores
from socialflow.video.search.vocabulary import Vocabulary
from socialflow.video.search.wording import stems
from socialflow.video.timeline import EventKind

LIMIT = 0.45
"""Score from which a moment counts as found."""
EACH = 3
"""Moments of one video at most, where all videos are searched."""
REASONS = 3
_KINDS: Mapping[str, int] = {kind: number for number, kind in enumerate((*EventKind, *WRITTEN))}
_WRITTEN = tuple(_KINDS[kind] for kind in WRITTEN)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: its words, their vector of length 1 and how near that is to what says nothing.

    `kinds` of phrases and `ids` of videos that count; None: all.
    """

    words: str
    vector: Floats
    noise: float = 0.0
    kinds: Collection[str] | None = None
    ids: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    clip: Clip
    rows: Ints
    parts: Parts


class MomentIndex:
    """Clips by id. Not for use from several threads at once."""

    def __init__(self) -> None:
        self._clips: dict[str, _Held] = {}
        self._vocabulary = Vocabulary()
        self._flat: tuple[Parts, Sequence[str]] | None = None

    def __len__(self) -> int:
        return len(self._clips)

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return id in self._clips

    @property
    def moments(self) -> int:
        """Of all clips."""
        return sum(len(held.clip.moments) for held in self._clips.values())

    def clips(self) -> Iterator[tuple[Clip, Floats]]:
        """Every clip with its vectors (phrases, width), in the order in which they came."""
        for held in self._clips.values():
            yield held.clip, self._vocabulary.vectors(held.rows)

    def lacking(self, id: str) -> Sequence[str]:  # noqa: A002
        """What could not be looked for in a clip that is here."""
        return self._clips[id].clip.missing

    def add(self, clip: Clip, vectors: Floats) -> None:
        """Take in a clip with its vectors (phrases, width); one that has its id goes."""
        self.remove(clip.id)
        rows = self._vocabulary.take([phrase.words for phrase in clip.phrases], vectors)
        self._clips[clip.id] = _Held(clip, rows, _parts(clip, rows, vectors))
        self._flat = None

    def remove(self, id: str) -> bool:  # noqa: A002
        """Whether it was there."""
        held = self._clips.pop(id, None)
        if held is None:
            return False
        self._vocabulary.let_go(held.rows)
        self._flat = None
        return True

    def search(self, query: Query) -> Iterator[Hit]:
        """Moments that are near enough: the video with the best moment first, its moments together, best first."""
        parts, ids = self._together()
        if not ids:
            return
        words = stems(query.words)
        cosines = self._vocabulary.cosines(query.vector)
        having = [self._vocabulary.having(stem) for stem in words]
        kinds = None if query.kinds is None else {_KINDS[kind] for kind in query.kinds}
        told = scores(parts, Asked(cosines, having, kinds), _WRITTEN, _KINDS[EventKind.SIGHT])
        near = (told.score >= LIMIT) & ((told.words > 0) | (told.meaning > query.noise))
        if query.ids is not None:
            near &= np.array([one in query.ids for one in ids])[parts.clips]
        for moment in _ranked(np.flatnonzero(near), told.score, parts.clips, each=_each(query)):
            held = self._clips[ids[int(parts.clips[moment])]]
            number = moment - int(np.searchsorted(parts.clips, parts.clips[moment]))
            at, why = held.clip.moments[number], _reasons(held, number, query, cosines)
            yield Hit(held.clip.id, at.start, at.end, round(float(told.score[moment]), 4), why)

    def _together(self) -> tuple[Parts, Sequence[str]]:
        """The parts of all clips, one after another, and the ids in this order."""
        if self._flat is None:
            held = [one for one in self._clips.values() if one.clip.moments]
            self._flat = _joined([one.parts for one in held]), [one.clip.id for one in held]
        return self._flat


def _each(query: Query) -> int | None:
    """Moments of one video at most; None where one video is searched: all."""
    return None if query.ids is not None and len(query.ids) == 1 else EACH


def _ranked(found: Ints, score: Floats, clips: Ints, each: int | None) -> Iterator[int]:
    """Moments in order: by the best score of their clip, then by their own; at most `each` of a clip.

    >>> list(_ranked(np.arange(4), np.array([0.5, 0.9, 0.8, 0.6], np.float32), np.array([0, 1, 0, 1]), 1))
    [1, 2]
    """
    best = np.zeros(int(clips.max(initial=0)) + 1, np.float32)
    np.maximum.at(best, clips[found], score[found])
    given: Counter[int] = Counter()
    for moment in found[np.lexsort((found, -score[found], clips[found], -best[clips[found]]))].tolist():
        given[int(clips[moment])] += 1
        if each is None or given[int(clips[moment])] <= each:
            yield moment


def kinds_of(kinds: Collection[str] | None) -> Collection[str] | None:
    """Kinds of phrases that there are. Raises InvalidInput for others."""
    if unknown := [kind for kind in kinds or () if kind not in _KINDS]:
        raise InvalidInput(f"{min(unknown)!r} is in no video; kinds are {', '.join(_KINDS)}", field="kinds")
    return None if kinds is None else frozenset(kinds)


def _parts(clip: Clip, rows: Ints, vectors: Floats) -> Parts:
    """Of one clip."""
    places = np.array([place for moment in clip.moments for place, _ in moment.parts], np.int64)
    sure = np.array([score for moment in clip.moments for _, score in moment.parts], np.float32)
    kinds = np.array([_KINDS[phrase.kind] for phrase in clip.phrases], np.int64)[places]
    sizes = [len(moment.parts) for moment in clip.moments]
    starts = np.cumsum([0, *sizes[:-1]], dtype=np.int64)[: len(sizes)]
    classed = np.where(kinds == _KINDS[EventKind.SIGHT], sure, np.float32(0))
    sums = [
        (classed[a : a + n, None] * vectors[places[a : a + n]]).sum(axis=0) for a, n in zip(starts, sizes, strict=True)
    ]
    lengths = np.array([np.linalg.norm(one) for one in sums], np.float32)
    return Parts(rows[places], np.sqrt(sure), kinds, classed, starts, np.zeros(len(sizes), np.int64), lengths)


def _joined(parts: Sequence[Parts]) -> Parts:
    sizes = np.cumsum([0, *(len(one.rows) for one in parts)])
    none = Parts(*(np.empty(0, kind) for kind in ("i8", "f4", "i8", "f4", "i8", "i8", "f4")))
    all_of = [none, *parts]
    return Parts(
        np.concatenate([one.rows for one in all_of]),
        np.concatenate([one.sure for one in all_of]),
        np.concatenate([one.kinds for one in all_of]),
        np.concatenate([one.classed for one in all_of]),
        np.concatenate([none.starts, *(one.starts + size for one, size in zip(parts, sizes, strict=False))]),
        np.concatenate([none.clips, *(one.clips + number for number, one in enumerate(parts))]),
        np.concatenate([one.lengths for one in all_of]),
    )


def _reasons(held: _Held, number: int, query: Query, cosines: Floats) -> tuple[Reason, ...]:
    """What in a moment is nearest, by label, at least half as near as the nearest."""
    asked, best = set(stems(query.words)), defaultdict[tuple[str, str], float](float)
    for place, sure in held.clip.moments[number].parts:
        phrase = held.clip.phrases[place]
        if query.kinds is not None and phrase.kind not in query.kinds:
            continue
        own = asked.intersection(stems(phrase.words))
        near = max(float(cosines[held.rows[place]]), len(own) / len(asked) if asked else 0.0, 0.0) * sure**0.5
        best[phrase.kind, phrase.label] = max(best[phrase.kind, phrase.label], min(1.0, near))
    ranked = sorted(best.items(), key=lambda one: -one[1])[:REASONS]
    return tuple(Reason(*key, round(score, 4)) for key, score in ranked if score >= ranked[0][1] / 2)
