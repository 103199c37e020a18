"""An exact index of moments in memory: phrases' vectors once each, and which moments have them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.video.search.blending import blended
from socialflow.video.search.pictures import PictureSpace
from socialflow.video.search.records import (
    FRAME,
    IN_PICTURES,
    IN_WORDS,
    WRITTEN,
    Clip,
    Floats,
    Hit,
    Moment,
    Reason,
)
from socialflow.video.search.scoring import Asked, Ints, Parts, scores
from socialflow.video.search.seen import FrameIndex, Sighting
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
    """What is asked: its words, their vector of length 1 and how near that is to what says nothing; and a vector in a
    space of pictures, where frames count and there is one. `apart` are the vectors of its phrases, where it has more
    than one, each with how near that is to what says nothing.

    `kinds` of phrases and `ids` of videos that count; None: all.
    """

    words: str
    vector: Floats
    noise: float = 0.0
    kinds: Collection[str] | None = None
    ids: Collection[str] | None = None
    picture: tuple[PictureSpace, Floats] | None = None
    apart: Sequence[tuple[Floats, float]] = ()


@dataclass(frozen=True, slots=True)
class _Near:
    """What words found: numbers of moments, all moments' scores and clips, and how near phrases of clips are to what
    was asked or to one phrase of it."""

    found: Ints
    score: Floats
    clips: Ints
    ids: Sequence[str]
    cosines: Floats


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
        self._frames = FrameIndex()
        self._flat: tuple[Parts, Sequence[str]] | None = None

    def __len__(self) -> int:
        return len(self._clips)

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return id in self._clips

    @property
    def moments(self) -> int:
        """Of all clips."""
        return sum(len(held.clip.moments) for held in self._clips.values())

    def clips(self) -> Iterator[tuple[Clip, Floats, Floats | None]]:
        """Every clip with its vectors (phrases, width) and those of its frames, in the order in which they came."""
        for held in self._clips.values():
            yield held.clip, self._vocabulary.vectors(held.rows), self._frames.vectors(held.clip.id)

    def spaces(self, ids: Collection[str] | None = None) -> Collection[str]:
        """Names of the spaces of these videos' frames, or of all."""
        return self._frames.spaces(ids)

    def lacking(self, id: str) -> Sequence[str]:  # noqa: A002
        """What could not be looked for in a clip that is here."""
        return self._clips[id].clip.missing

    def add(self, clip: Clip, vectors: Floats, seen: Floats | None = None) -> None:
        """Take in a clip with its vectors (phrases, width) and those of its frames (frames, width), if there are any;
        one that has its id goes."""
        self.remove(clip.id)
        self._frames.add(clip.id, clip.frames, seen)
        rows = self._vocabulary.take([phrase.words for phrase in clip.phrases], vectors)
        self._clips[clip.id] = _Held(clip, rows, _parts(clip, rows, vectors))
        self._flat = None

    def remove(self, id: str) -> bool:  # noqa: A002
        """Whether it was there."""
        held = self._clips.pop(id, None)
        if held is None:
            return False
        self._vocabulary.let_go(held.rows)
        self._frames.remove(id)
        self._flat = None
        return True

    def search(self, query: Query) -> Iterator[Hit]:
        """Moments that are near enough: the video with the best moment first, its moments together, best first."""
        words = self._in_words(query)
        seen = () if query.picture is None else self._frames.search(*query.picture, query.ids)
        if query.picture is not None and seen:
            yield from self._in_both(query, words, seen, query.picture[0].provenance.model)
        else:
            for place in _ranked(words.score[words.found], words.clips[words.found], _each(query)):
                moment = int(words.found[place])
                yield self._hit(query, words, moment, float(words.score[moment]))

    def _in_words(self, query: Query) -> _Near:
        """Moments in which something that was seen, read, heard or said is near enough."""
        parts, ids = self._together()
        kinds = None if query.kinds is None else {_KINDS[kind] for kind in query.kinds if kind != FRAME}
        if not ids or kinds == set():
            none = np.zeros(0, np.int64)
            return _Near(none, np.zeros(0, np.float32), none, (), np.zeros(0, np.float32))
        cosines = self._vocabulary.cosines(query.vector)
        having = [self._vocabulary.having(stem) for stem in stems(query.words)]
        apart = [(self._vocabulary.cosines(vector), noise) for vector, noise in query.apart]
        told = scores(parts, Asked(cosines, having, kinds, apart), _WRITTEN, _KINDS[EventKind.SIGHT])
        near = (told.score >= LIMIT) & ((told.words > 0) | (told.meaning > query.noise))
        if query.ids is not None:
            near &= np.array([one in query.ids for one in ids])[parts.clips]
        nearest = np.stack([cosines, *(one for one, _ in apart)]).max(axis=0)
        return _Near(np.flatnonzero(near), told.score, parts.clips, ids, nearest)

    def _in_both(self, query: Query, words: _Near, seen: Sequence[Sighting], model: str) -> Iterator[Hit]:
        """What words found and what pictures show, in one order."""
        numbers = {name: number for number, name in enumerate(words.ids)}
        places = [self._same(one, words, numbers) for one in seen]
        both = blended(words.score[words.found], places)
        alone = [number for number, place in enumerate(places) if place is None]
        owners = np.array([numbers.setdefault(seen[number].id, len(numbers)) for number in alone], np.int64)
        score = np.concatenate([both.words, both.pictures[alone]])
        clips = np.concatenate([words.clips[words.found], owners])
        shown = {place: one for place, one in zip(places[::-1], seen[::-1], strict=True) if place is not None}
        for place in _ranked(score, clips, _each(query)):
            if place < len(words.found):
                hit = self._hit(query, words, int(words.found[place]), float(score[place]))
                yield _with(hit, shown[place], model) if place in shown else hit
            else:
                one = seen[alone[place - len(words.found)]]
                told = (
                    float(score[place]) if len(words.found) else one.score
                )  # ranks of one space say less than it does
                why = (Reason(FRAME, model, one.score),)
                yield Hit(one.id, one.start, one.end, round(told, 4), why, (IN_PICTURES,))

    def _same(self, one: Sighting, words: _Near, numbers: Mapping[str, int]) -> int | None:
        """The place among what words found of the moment that lies in a stretch for longest; what is written about a
        video is not said of a moment."""
        number = numbers.get(one.id)
        if number is None:
            return None
        first, after = np.searchsorted(words.clips, [number, number + 1])
        moments = self._clips[one.id].clip.moments
        low, high = np.searchsorted(words.found, [first, after])
        best: tuple[float, int] | None = None
        for place in range(int(low), int(high)):
            moment = moments[int(words.found[place]) - int(first)]
            shared = min(one.end, moment.end) - max(one.start, moment.start)
            if shared > 0 and not self._written(one.id, moment) and (best is None or shared > best[0]):
                best = shared, place
        return None if best is None else best[1]

    def _written(self, id: str, moment: Moment) -> bool:  # noqa: A002
        return self._clips[id].clip.phrases[moment.parts[0][0]].kind in WRITTEN

    def _hit(self, query: Query, words: _Near, moment: int, score: float) -> Hit:
        held = self._clips[words.ids[int(words.clips[moment])]]
        number = moment - int(np.searchsorted(words.clips, words.clips[moment]))
        at, why = held.clip.moments[number], _reasons(held, number, query, words.cosines)
        return Hit(held.clip.id, at.start, at.end, round(score, 4), why, (IN_WORDS,))

    def _together(self) -> tuple[Parts, Sequence[str]]:
        """The parts of all clips, one after another, and the ids in this order."""
        if self._flat is None:
            held = [one for one in self._clips.values() if one.clip.moments]
            self._flat = _joined([one.parts for one in held]), [one.clip.id for one in held]
        return self._flat


def _each(query: Query) -> int | None:
    """Moments of one video at most; None where one video is searched: all."""
    return None if query.ids is not None and len(query.ids) == 1 else EACH


def _with(hit: Hit, one: Sighting, model: str) -> Hit:
    """A moment that words and pictures found."""
    why = (*hit.why, Reason(FRAME, model, one.score))
    return replace(hit, why=why, spaces=(IN_WORDS, IN_PICTURES))


def _ranked(score: Floats, clips: Ints, each: int | None) -> Iterator[int]:
    """Places in order: by the best score of their clip, then by their own; at most `each` of a clip.

    >>> list(_ranked(np.array([0.5, 0.9, 0.8, 0.6], np.float32), np.array([0, 1, 0, 1]), 1))
    [1, 2]
    """
    best = np.zeros(int(clips.max(initial=0)) + 1, np.float32)
    np.maximum.at(best, clips, score)
    given: Counter[int] = Counter()
    for place in np.lexsort((np.arange(len(score)), -score, clips, -best[clips])).tolist():
        given[int(clips[place])] += 1
        if each is None or given[int(clips[place])] <= each:
            yield place


def kinds_of(kinds: Collection[str] | None) -> Collection[str] | None:
    """Kinds of phrases that there are, and that of what pictures show. Raises InvalidInput for others."""
    there = (*_KINDS, FRAME)
    if unknown := [kind for kind in kinds or () if kind not in there]:
        raise InvalidInput(f"{min(unknown)!r} is in no video; kinds are {', '.join(there)}", field="kinds")
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
