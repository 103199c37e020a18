"""Words with times made into captions by the usual rules of subtitling.

At most two lines of 42 characters, up to 20 characters a second where the pauses leave room, shown 1 to 7 seconds,
parted where the speaker pauses or a phrase ends (the common ground of the BBC Subtitle Guidelines and of Karamitroglou,
"A proposed set of subtitling standards in Europe", 1998).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from socialflow.errors import InvalidInput

LINE = 42
"""Characters of a line."""
LINES = 2
SPEED = 20.0
"""Characters a second that can be read; the end of a cue waits for the reader where nothing follows at once."""
COMFORT = 17.0
"""Characters a second up to which a cue waits."""
SHORTEST, LONGEST = 1.0, 7.0
"""Seconds that a cue is shown, where what follows leaves room."""
GAP = 0.08
"""Seconds between a cue that was made to wait and the next."""
PAUSE = 0.8
"""Seconds of silence that always part cues."""
BREATH = 0.2
"""Seconds of silence between words at which one may well be parted."""
_CLOSERS = "\"'”’»)]"
_LEADING = frozenset(
    re.split(
        " ",
        "a an the of to in on at by for from with and or but nor so that which who whose than as if my your his her "
        "its our their this these those is are was were be been has have had will would can could not no",
    )
)
"""English words that belong to the word behind them: a line or cue had better not end with one."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was heard, in seconds from the beginning. `confidence` is 0 to 1, None where nothing tells it.

    Raises:
        InvalidInput: it is blank, or ends before it begins.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None

    def __post_init__(self) -> None:
        if not self.text.strip() or not 0 <= self.start <= self.end:
            raise InvalidInput(f"a word {self.text!r} from {self.start} to {self.end} s cannot be", field="words")


@dataclass(frozen=True, slots=True)
class Cue:
    """Text that is shown from `start` to `end`, seconds; its lines are parted by line feeds.

    Raises:
        InvalidInput: nothing is in it, or it ends before it begins.
    """

    start: float
    end: float
    text: str

    def __post_init__(self) -> None:
        if not self.text.strip() or not 0 <= self.start < self.end:
            raise InvalidInput(f"a cue {self.text!r} from {self.start} to {self.end} s cannot be", field="cues")

    @property
    def lines(self) -> tuple[str, ...]:
        """What is shown, line by line."""
        return tuple(self.text.split("\n"))


def cues_of(words: Iterable[Word], duration: float | None = None) -> list[Cue]:
    """Captions of words, in order and not overlapping, on whole milliseconds; none is shown beyond `duration`.

    >>> cues_of([Word("hello", 0.5, 0.9), Word("there", 1.0, 1.3), Word("again", 9.0, 9.4)])
    [Cue(start=0.5, end=1.5, text='hello there'), Cue(start=9.0, end=10.0, text='again')]
    """
    ordered = sorted((piece for word in words for piece in _cut(word)), key=lambda word: (word.start, word.end))
    parts = [part for phrase in _phrases(ordered) for part in _parted(phrase)]
    cues = []
    for place, part in enumerate(parts):
        after = parts[place + 1][0].start if place + 1 < len(parts) else duration
        text = "\n".join(wrapped([word.text for word in part]) or ())
        start = round(part[0].start, 3)
        end = round(max(_shown_until(part, after), start + 0.001), 3)
        cues.append(Cue(start, end, text))
    return _apart(cues)


def _cut(word: Word) -> list[Word]:
    """A word in pieces that each fit a line: what is written without spaces may come as one; the time is shared out."""
    text = " ".join(word.text.split())
    pieces = [text[place : place + LINE] for place in range(0, len(text), LINE)]
    if len(pieces) == 1:
        return [replace(word, text=text)]
    per = (word.end - word.start) / len(text)
    return [
        replace(
            word,
            text=piece.strip(),
            start=word.start + per * LINE * place,
            end=min(word.end, word.start + per * (LINE * place + len(piece))),
        )
        for place, piece in enumerate(pieces)
        if piece.strip()
    ]


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words between long pauses."""
    phrases: list[list[Word]] = [[word] for word in words[:1]]
    for before, word in pairwise(words):
        if word.start - before.end >= PAUSE:
            phrases.append([])
        phrases[-1].append(word)
    return phrases


def _parted(phrase: Sequence[Word]) -> list[Sequence[Word]]:
    """A phrase in cues, such that together they cost least."""
    count = len(phrase)
    costs, begins = [0.0], [0]
    for stop in range(1, count + 1):
        best, begin = float("inf"), stop - 1
        for start in range(stop - 1, -1, -1):
            cost = _cost(phrase, start, stop)
            if cost is None:
                break
            if costs[start] + cost < best:
                best, begin = costs[start] + cost, start
        costs.append(best)
        begins.append(begin)
    parts = []
    while count:
        parts.append(phrase[begins[count] : count])
        count = begins[count]
    return parts[::-1]


def _cost(phrase: Sequence[Word], start: int, stop: int) -> float | None:
    """How bad a cue of some words of a phrase is; None for more than fits one.

    Every cue costs, so few are best; then it is about where it ends, whether it can be read, and whether it stays long
    enough. One word alone always fits.
    """
    part = phrase[start:stop]
    seconds = part[-1].end - part[0].start
    length = sum(len(word.text) for word in part) + len(part) - 1
    lines = wrapped([word.text for word in part]) if length <= LINE * LINES + 1 else None
    if stop - start > 1 and (lines is None or seconds > LONGEST):
        return None
    after = phrase[stop].start if stop < len(phrase) else part[-1].end + PAUSE
    shown = max(min(after, max(part[-1].end, part[0].start + SHORTEST)) - part[0].start, 0.01)
    cost = 1.0 + max(0.0, length / shown - SPEED) / SPEED + 2 * max(0.0, SHORTEST - shown)
    if lines and len(lines) > 1:
        cost += _joined(lines[0])
    if stop < len(phrase):
        cost += _parting(part[-1], after - part[-1].end)
    return cost


def _parting(last: Word, silence: float) -> float:
    """How bad it is that a cue ends after a word inside a phrase: 0 behind a sentence, 1 in the midst of words."""
    ending = last.text.rstrip(_CLOSERS)[-1:]
    if ending and ending in ".!?…。！？":
        return 0.0
    clause = 0.35 if ending and ending in ",;:-–—、，" else 0.8
    return max(0.0, clause - 1.2 * max(0.0, silence - BREATH / 2)) + _joined(last.text)


def _joined(text: str) -> float:
    """How bad it is to part text from what follows for the sake of its last word."""
    return 0.3 if text.rsplit(None, 1)[-1].lower() in _LEADING else 0.0


def wrapped(words: Sequence[str]) -> tuple[str, ...] | None:
    """Words in one or two lines, even ones where there are two; None where they do not fit.

    >>> wrapped("ask not what your country can do for you ask what you can do".split())
    ('ask not what your country can do', 'for you ask what you can do')
    """
    whole = " ".join(words)
    if len(whole) <= LINE:
        return (whole,)
    best: tuple[float, tuple[str, ...]] | None = None
    for place in range(1, len(words)):
        lines = (" ".join(words[:place]), " ".join(words[place:]))
        if max(map(len, lines)) > LINE:
            continue
        belongs = 16 if words[place - 1].lower() in _LEADING else 0
        ends = -6 if words[place - 1][-1] in ",.;:!?" else 0
        cost = abs(len(lines[0]) - len(lines[1])) + belongs + ends
        if best is None or cost < best[0]:
            best = (cost, lines)
    return None if best is None else best[1]


def _shown_until(part: Sequence[Word], after: float | None) -> float:
    """When a cue goes: long enough to be read, and before what follows."""
    start, spoken = part[0].start, max(word.end for word in part)
    length = sum(len(word.text) for word in part) + len(part) - 1
    wanted = max(spoken, start + SHORTEST, min(start + length / COMFORT, start + LONGEST))
    return wanted if after is None else min(wanted, max(spoken, after - GAP))


def _apart(cues: Sequence[Cue]) -> list[Cue]:
    """Cues of which none is shown when the next is; what is said at one moment keeps its order, a millisecond each."""
    told: list[Cue] = []
    for cue in cues:
        start = max(cue.start, round(told[-1].start + 0.001, 3)) if told else cue.start
        if told and told[-1].end > start:
            told[-1] = replace(told[-1], end=start)
        told.append(replace(cue, start=start, end=max(cue.end, round(start + 0.001, 3))))
    return told
