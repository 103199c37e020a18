"""Moments of a video: what happens in it, cut into windows of a few seconds that differ from each other."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil

from socialflow.video.search.records import WRITTEN, Clip, Frames, Moment, Phrase
from socialflow.video.search.wording import spellings
from socialflow.video.timeline import Event, EventKind

WINDOW = 4.0
"""Seconds of a window at most: about as long as somebody says a sentence or does something."""
LEAST = 0.05
"""Score below which something is not taken for being there."""
SAID = frozenset({EventKind.TEXT, EventKind.SPEECH})
"""Kinds whose labels are somebody's words, and not names of classes."""

Content = dict[tuple[EventKind, str], float]


def clip_of(
    id: str,  # noqa: A002
    events: Sequence[Event],
    *,
    title: str = "",
    description: str = "",
    shots: Sequence[float] = (),
    missing: Sequence[str] = (),
    frames: Frames = Frames(),  # noqa: B008 (frozen)
) -> Clip:
    """A video as it is searched, of what happens in it and what is written about it.

    `shots` are seconds at which a shot begins; scenes begin shots too, and are nothing to be found themselves.
    `frames` are those that have vectors.
    """
    phrases: dict[Phrase, int] = {}
    found = [_moment(start, end, content, phrases) for start, end, content in windows(events, shots)]
    length = round(float(max([0.0, *(event.end for event in events), *(one.end for one in frames.spans)])), 3)
    clip = Clip(id, tuple(phrases), tuple(found), length, tuple(missing), frames)
    return retitled(clip, title, description)


def retitled(clip: Clip, title: str, description: str) -> Clip:
    """The same video with something else written about it."""
    count = next((at for at, phrase in enumerate(clip.phrases) if phrase.kind in WRITTEN), len(clip.phrases))
    moments = tuple(moment for moment in clip.moments if moment.parts[0][0] < count)
    written = [(kind, text.strip()) for kind, text in zip(WRITTEN, (title, description), strict=True) if text.strip()]
    if written:
        moments += (Moment(0.0, clip.length, tuple((count + at, 1.0) for at in range(len(written)))),)
    phrases = (*clip.phrases[:count], *(Phrase(kind, text, text) for kind, text in written))
    return replace(clip, phrases=phrases, moments=moments)


def windows(events: Sequence[Event], shots: Sequence[float] = ()) -> Iterator[tuple[float, float, Content]]:
    """Windows with something in them, in order: start, end, and by kind and label how sure it is at its surest.

    Neighbours in one shot that hold the same are one.
    """
    scenes = [one.start for one in events if one.kind is EventKind.SCENE]
    grid = list(_grid(max((one.end for one in events), default=0.0), [*shots, *scenes]))
    contents: list[Content] = [{} for _ in grid]
    starts = [start for start, _, _ in grid]
    for one in events:
        if one.kind is EventKind.SCENE or one.score < LEAST or not one.label.strip():
            continue
        first = max(0, bisect_right(starts, one.start) - 1)
        for content in contents[first : max(first + 1, bisect_left(starts, one.end))]:
            content[one.kind, one.label] = max(one.score, content.get((one.kind, one.label), 0.0))
    last: tuple[float, float, Content] | None = None
    for (start, end, begins), content in zip(grid, contents, strict=True):
        if last is not None and not begins and last[2].keys() == content.keys():
            last = (last[0], end, {key: max(score, content[key]) for key, score in last[2].items()})
            continue
        if last is not None and last[2]:
            yield last
        last = (start, end, content)
    if last is not None and last[2]:
        yield last


def _grid(length: float, shots: Sequence[float]) -> Iterator[tuple[float, float, bool]]:
    """Windows of one length in each shot, none longer than `WINDOW`: start, end, whether a shot begins there.

    >>> list(_grid(10.0, [6.0]))
    [(0.0, 3.0, True), (3.0, 6.0, False), (6.0, 10.0, True)]
    >>> list(_grid(0.0, []))
    [(0.0, 0.0, True)]
    """
    borders = sorted({0.0, length, *(at for at in shots if 0.0 < at < length)})
    for first, last in zip(borders, borders[1:] or borders, strict=False):
        count = max(1, ceil((last - first) / WINDOW))
        for place in range(count):
            end = last if place == count - 1 else first + (last - first) * (place + 1) / count
            yield first + (last - first) * place / count, end, place == 0


def _moment(start: float, end: float, content: Content, phrases: dict[Phrase, int]) -> Moment:
    parts = []
    for (kind, label), score in content.items():
        for words in (label.strip(),) if kind in SAID else spellings(label):
            place = phrases.setdefault(Phrase(kind.value, label, words), len(phrases))
            parts.append((place, min(1.0, score)))
    return Moment(round(float(start), 3), round(float(end), 3), tuple(parts))
