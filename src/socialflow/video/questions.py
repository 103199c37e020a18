"""Questions about what happens in a video, answered from its timeline: when, how often, how long, in which order.

English questions of a few forms are understood; of others, and of what was not found, nothing is said.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from socialflow.video.spans import covered
from socialflow.video.timeline import Event, EventKind, in_order

_SKIPPED = frozenset(
    ("a", "an", "the", "is", "are", "was", "were", "does", "do", "did", "there", "any", "some", "of", "in", "video")
)
_ENDINGS = ("ing", "ed", "es", "s")
_SHORTEST = 3
ANYBODY = frozenset({"somebody", "someone", "anybody", "anyone", "people", "persons", "man", "woman"})
"""Words for a person."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in words, the events it rests on, and a number where one was asked for. An empty `text`: none is known;
    `reason` says why."""

    text: str
    evidence: tuple[Event, ...] = ()
    number: float | None = None
    reason: str = ""


def ask(question: str, events: Sequence[Event]) -> Reply:
    """What the timeline says to a question.

    Forms: "what happens after X", "what is before X", "does X happen before Y", "is X after Y", "when does X", "when is
    X first/last seen", "how long is X", "how many X", "how often X", "is there X", "what happens first/last".

    >>> dog = Event(EventKind.OBJECT, 2.0, 5.0, "dog", 0.9, track=1)
    >>> ask("When is the dog first seen?", [dog]).text
    'dog is first there at 2.0 s'
    >>> ask("Who painted this?", [dog]).reason
    'this form of question is not understood'
    """
    plain = " ".join(re.sub(r"[^\w\s'-]", " ", question.lower()).split())
    for form, answer in _FORMS.items():
        if matched := re.fullmatch(form, plain):
            return answer(matched.groups(), in_order([one for one in events if one.kind is not EventKind.SCENE]))
    return Reply("", reason="this form of question is not understood")


def about(words: str, events: Sequence[Event]) -> list[Event]:
    """Events that words speak of: all of the words, in a form of theirs, stand in the label."""
    wanted = _stems(words)
    return [one for one in events if wanted and wanted <= _stems(one.label)]


def _stems(words: str) -> frozenset[str]:
    told = (word for word in re.findall(r"[\w']+", words.lower()) if word not in _SKIPPED)
    return frozenset("person" if word in ANYBODY else _stem(word) for word in told)


def _stem(word: str) -> str:
    """A word without an ending of number or tense; what remains has `_SHORTEST` letters.

    >>> [_stem(word) for word in ("dogs", "juggling", "juggled", "bus")]
    ['dog', 'juggl', 'juggl', 'bus']
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and not word.endswith("us") and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending).removesuffix("e") or word
    return word.removesuffix("e") if len(word) > _SHORTEST else word


Words = tuple[str, ...]


def _unknown(words: str) -> Reply:
    return Reply("", reason=f"nothing that is called {words!r} was found")


def _beside(words: Words, events: Sequence[Event], *, after: bool) -> Reply:
    found = about(words[0], events)
    if not found:
        return _unknown(words[0])
    if after:
        edge = min(one.end for one in found)
        others = [one for one in events if one.start >= edge and one not in found]
        nearest = min(others, key=lambda one: one.start, default=None)
    else:
        edge = min(one.start for one in found)
        others = [one for one in events if one.end <= edge and one not in found]
        nearest = max(others, key=lambda one: one.end, default=None)
    side = "after" if after else "before"
    if nearest is None:
        return Reply("", tuple(found[:1]), reason=f"nothing was found {side} {found[0].label}")
    return Reply(f"{nearest.label} {side} {found[0].label}, at {nearest.start:.1f} s", (nearest, found[0]))


def _ordered(words: Words, events: Sequence[Event]) -> Reply:
    """Whether one begins before (or after) the other does."""
    first, relation, second = words
    ours, theirs = about(first, events), about(second, events)
    if not ours or not theirs:
        return _unknown(second if ours else first)
    one, other = ours[0], theirs[0]
    if one.start == other.start:
        return Reply(f"neither: {one.label} and {other.label} begin together", (one, other))
    earlier = one.start < other.start
    yes = earlier == (relation == "before")
    order = f"{one.label} begins at {one.start:.1f} s, {other.label} at {other.start:.1f} s"
    return Reply(f"{'yes' if yes else 'no'}: {order}", (one, other))


def _when(words: Words, events: Sequence[Event], *, last: bool = False) -> Reply:
    found = about(words[0], events)
    if not found:
        return _unknown(words[0])
    one = max(found, key=lambda event: event.end) if last else found[0]
    time = one.end if last else one.start
    return Reply(f"{one.label} is {'last' if last else 'first'} there at {time:.1f} s", (one,), round(time, 3))


def _how_long(words: Words, events: Sequence[Event]) -> Reply:
    found = about(words[0], events)
    if not found:
        return _unknown(words[0])
    seconds = covered((one.start, one.end) for one in found)
    return Reply(f"{found[0].label} is there for {seconds:.1f} s", tuple(found), round(seconds, 3))


def _how_many(words: Words, events: Sequence[Event]) -> Reply:
    """The most at one time: what leaves and comes back may be the same."""
    found = about(words[0], events)
    if not found:
        return _unknown(words[0])
    most = at_once(found)
    return Reply(f"{most} at one time", tuple(found), float(most))


def _how_often(words: Words, events: Sequence[Event]) -> Reply:
    found = about(words[0], events)
    return Reply(f"{len(found)} times", tuple(found), float(len(found))) if found else _unknown(words[0])


def _whether(words: Words, events: Sequence[Event]) -> Reply:
    found = about(words[0], events)
    return Reply(f"yes: {found[0].label} from {found[0].start:.1f} s", (found[0],)) if found else _unknown(words[0])


def _end(words: Words, events: Sequence[Event]) -> Reply:
    if not events:
        return Reply("", reason="nothing was found in this video")
    one = max(events, key=lambda event: event.end) if words[0] == "last" else events[0]
    return Reply(f"{one.label}, from {one.start:.1f} to {one.end:.1f} s", (one,))


def at_once(events: Sequence[Event]) -> int:
    """The most events that go on at one time; what begins as another ends is not beside it."""
    edges = sorted([(one.start, 1) for one in events] + [(one.end, -1) for one in events])
    count = most = 0
    for _, change in edges:
        count += change
        most = max(most, count)
    return max(most, min(1, len(events)))


_IS = "(?:does|do|is|are|did|was|were)"
_SEEN = "(?: happen| come| appear| seen| shown| begin| start| there)?"
_WHO = "(?:what|who)(?: happens| is| comes| is seen| was| is there| follows)?(?: right| just)?"
_FORMS: Mapping[str, Callable[[Words, Sequence[Event]], Reply]] = {
    f"{_WHO} (first|last)": _end,
    f"{_WHO} after (.+)": lambda words, events: _beside(words, events, after=True),
    f"{_WHO} before (.+)": lambda words, events: _beside(words, events, after=False),
    f"{_IS} (.+?){_SEEN} (before|after) (.+)": _ordered,
    f"when {_IS} (.+?) last{_SEEN}": lambda words, events: _when(words, events, last=True),
    f"when {_IS} (.+?)(?: first)?{_SEEN}": _when,
    f"how long {_IS} (.+?)(?: last| seen| shown| there| take| go on)?": _how_long,
    "how many (.+?)(?: are there| are seen| appear| at once| at one time)?": _how_many,
    f"how often {_IS} (.+?){_SEEN}": _how_often,
    "(?:is|are|was|were) there (?:a |an |any )?(.+)": _whether,
}
"""Forms of questions, and what answers each; the first that fits counts."""
