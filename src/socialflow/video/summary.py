"""A video in a few plain sentences, put together from its timeline; every word of it was found there."""

from collections.abc import Sequence

from socialflow.video.questions import at_once
from socialflow.video.relations import PERSON, Relation, RelationKind
from socialflow.video.spans import covered
from socialflow.video.timeline import Event, EventKind

MOST = 4
"""Things that are named of a kind."""
WORDS = 24
"""Words that are quoted."""
NOTHING = frozenset({"Silence"})
"""Sounds that are none."""
BRIEF = 0.1
"""Share of the video below which a sight or a sound is passed over."""
_VERBS = {RelationKind.CARRIES: "moves with", RelationKind.HOLDS: "has at hand", RelationKind.NEAR: "is near"}


def summary(events: Sequence[Event], links: Sequence[Relation], duration: float) -> str:
    """What a video shows and lets hear, the longest first; empty where nothing was found."""
    parts = (
        _scenes(events, duration),
        _things(events),
        _links(links),
        _named("Looks like", events, EventKind.SIGHT, least=BRIEF * duration),
        _named("Actions", events, EventKind.ACTION),
        _named("Heard", events, EventKind.SOUND, least=BRIEF * duration),
        _quoted("Said", events, EventKind.SPEECH),
        _quoted("On screen", events, EventKind.TEXT),
    )
    return " ".join(part for part in parts if part)


def caption(events: Sequence[Event], links: Sequence[Relation]) -> str:
    """What is in a video, in a phrase: people, what they have to do with things, and things.

    >>> caption([Event(EventKind.OBJECT, 0, 4, "person", 0.9, 1), Event(EventKind.OBJECT, 0, 4, "dog", 0.9, 2)], [])
    'a person and a dog'
    """
    things = [one for one in events if one.kind is EventKind.OBJECT]
    by_label = _longest(things)
    if not by_label:
        sights = _longest([one for one in events if one.kind is EventKind.SIGHT])
        return _article(sights[0]) if sights else ""
    people = [one for one in things if one.label == PERSON]
    subject = _counted(PERSON, at_once(people)) if people else ""
    tied = list(dict.fromkeys(one.thing for one in links if one.kind is not RelationKind.NEAR))[:2]
    if subject and tied:
        return f"{subject} with {_listed([_article(name) for name in tied])}"
    others = [
        _counted(name, at_once([one for one in things if one.label == name])) for name in by_label if name != PERSON
    ]
    return _listed([*([subject] if subject else []), *others[:MOST]])


def _scenes(events: Sequence[Event], duration: float) -> str:
    scenes = [one for one in events if one.kind is EventKind.SCENE]
    if not scenes:
        return ""
    lasting = _longest(scenes)[0]
    count = "one scene" if len(scenes) == 1 else f"{len(scenes)} scenes"
    return f"{duration:.0f} s, {count}, mostly {lasting}."


def _things(events: Sequence[Event]) -> str:
    things = [one for one in events if one.kind is EventKind.OBJECT]
    told = [_of(things, name) for name in _longest(things)[:MOST]]
    return f"Shows {_listed(told)}." if told else ""


def _links(links: Sequence[Relation]) -> str:
    said: dict[str, None] = {}
    for one in links:
        doing = f" ({one.action})" if one.action else ""
        said[f"a person {_VERBS[one.kind]} {_article(one.thing)}{doing}"] = None
    told = "; ".join(list(said)[:MOST])
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _named(head: str, events: Sequence[Event], kind: EventKind, least: float = 0.0) -> str:
    of = [one for one in events if one.kind is kind and one.label not in NOTHING]
    names = [name for name in _longest(of) if _lasting(of, name) >= least]
    return f"{head}: {', '.join(names[:MOST])}." if names else ""


def _quoted(head: str, events: Sequence[Event], kind: EventKind) -> str:
    words = " ".join(one.label for one in events if one.kind is kind).split()
    return f'{head}: "{" ".join(words[:WORDS])}{" ..." if len(words) > WORDS else ""}"' if words else ""


def _longest(events: Sequence[Event]) -> list[str]:
    """Labels by how long they are there."""
    labels = dict.fromkeys(one.label for one in events)
    return sorted(labels, key=lambda name: (-_lasting(events, name), name))


def _lasting(events: Sequence[Event], name: str) -> float:
    """Seconds in which something of a label is there."""
    return covered((one.start, one.end) for one in events if one.label == name)


def _of(things: Sequence[Event], name: str) -> str:
    """As many of a label as are there at once."""
    return _counted(name, at_once([one for one in things if one.label == name]))


def _counted(name: str, count: int) -> str:
    """Some of a kind.

    >>> _counted("person", 2), _counted("orange", 1), _counted("bus", 3)
    ('2 people', 'an orange', '3 buses')
    """
    if count <= 1:
        return _article(name)
    if name == PERSON:
        return f"{count} people"
    return f"{count} {name}{'es' if name.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
