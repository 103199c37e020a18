"""Rules of the feed: what the operators of a platform decide about whole groups of items, as versioned data."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from itertools import permutations
from typing import Any, TypeAlias

from socialflow.content.records import ItemKind
from socialflow.errors import InvalidInput

Words: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Which items a rule is about: every criterion that is given must hold, of its values any.

    `author` (user ids) is who made the item: its author, else the owner of its channel; `channel` and `item` are ids.
    """

    item: Words = ()
    kind: tuple[ItemKind, ...] = ()
    category: Words = ()
    tag: Words = ()
    channel: Words = ()
    author: Words = ()
    project_code: Words = ()
    community: Words = ()
    language: Words = ()
    moderation_flag: Words = ()
    is_promoted: bool | None = None
    min_age_hours: float | None = None
    max_age_hours: float | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Which answers a rule is about; nothing given: all. From `starts_at` until before `ends_at`.

    `locale` and `region` are the viewer's; `pt` stands for `pt-BR` too. `algorithm` is the one that ranks.
    """

    surface: Words = ()
    algorithm: Words = ()
    locale: Words = ()
    region: Words = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exclude:
    """Takes the items out."""


@dataclass(frozen=True, slots=True)
class Boost:
    """Changes the score s of the items to s + (factor - 1) |s| + add."""

    factor: float = 1.0
    add: float = 0.0


@dataclass(frozen=True, slots=True)
class Bury:
    """Puts the items below all others."""


@dataclass(frozen=True, slots=True)
class Pin:
    """Puts the best of the items at this place of a request, counted from 1 over its pages."""

    position: int


@dataclass(frozen=True, slots=True)
class Cap:
    """Lets at most this many of the items stand in any `window` places running."""

    at_most: int
    window: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Lets at least one of the items stand in any `one_in` places running."""

    one_in: int


Action: TypeAlias = Exclude | Boost | Bury | Pin | Cap | Quota
ACTIONS: Mapping[str, type[Action]] = {
    "exclude": Exclude,
    "boost": Boost,
    "bury": Bury,
    "pin": Pin,
    "cap": Cap,
    "quota": Quota,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `name` is how explanations call it."""

    name: str
    match: Match
    action: Action
    when: When = When()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one version, in the order in which they apply."""

    version: int
    rules: tuple[Rule, ...]
    created_at: datetime
    note: str = ""


def to_data(rule: Rule) -> dict[str, Any]:
    """A rule as plain data: what is given, and the action under its `type`.

    >>> to_data(Rule("launch", Match(tag=("new",)), Pin(1)))
    {'name': 'launch', 'match': {'tag': ('new',)}, 'when': {}, 'action': {'type': 'pin', 'position': 1}}
    """
    kind = next(name for name, made in ACTIONS.items() if made is type(rule.action))
    return {
        "name": rule.name,
        "match": _given(rule.match),
        "when": _given(rule.when),
        "action": {"type": kind, **asdict(rule.action)},
    }


def from_data(data: Mapping[str, Any]) -> Rule:
    """The rule that `to_data` wrote, also after a way through JSON.

    >>> rule = Rule("launch", Match(tag=("new",)), Pin(1))
    >>> from_data(to_data(rule)) == rule
    True
    """
    match, when, action = _tuples(data["match"]), _tuples(data["when"]), dict(data["action"])
    match["kind"] = tuple(ItemKind(kind) for kind in match.get("kind", ()))
    for end in {"starts_at", "ends_at"} & when.keys():
        when[end] = datetime.fromisoformat(str(when[end]))
    return Rule(data["name"], Match(**match), ACTIONS[action.pop("type")](**action), When(**when))


def _tuples(criteria: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in criteria.items()}


def check(rules: Sequence[Rule], algorithms: Collection[str]) -> None:
    """Refuse rules that cannot do anything, or of which one undoes another.

    Raises:
        InvalidInput: the field is the place in the list, like `rules.2.match`.
    """
    named: dict[str, int] = {}
    for place, rule in enumerate(rules):
        if (before := named.setdefault(rule.name, place)) != place:
            raise _refused(place, "name", f"rules.{before} has this name too")
        _check_alone(place, rule, algorithms)
    for (place, rule), (other_place, other) in permutations(enumerate(rules), 2):
        _check_pair(place, rule, other_place, other)


def _check_alone(place: int, rule: Rule, algorithms: Collection[str]) -> None:
    match, when, action = rule.match, rule.when, rule.action
    if not _given(match):
        raise _refused(place, "match", "it names no criterion: a rule is about some items, not about all")
    if (match.min_age_hours or 0) >= (match.max_age_hours or float("inf")):
        raise _refused(place, "match.max_age_hours", "it must be above min_age_hours")
    if when.starts_at and when.ends_at and when.starts_at >= when.ends_at:
        raise _refused(place, "when.ends_at", "it must be after starts_at")
    if unknown := sorted(set(when.algorithm) - set(algorithms)):
        raise _refused(place, "when.algorithm", f"{unknown[0]!r} is none of {', '.join(sorted(algorithms))}")
    if action == Boost():
        raise _refused(place, "action", "a boost needs a factor other than 1 or something to add")
    if isinstance(action, Cap) and action.at_most >= action.window:
        raise _refused(place, "action.window", "it must be above at_most")


def _check_pair(place: int, rule: Rule, other_place: int, other: Rule) -> None:
    """Refuse `rule` if it can do nothing beside `other`, or neither can do its own."""
    mine, its = rule.action, other.action
    if isinstance(mine, Pin) and mine == its and place > other_place and _overlap(rule.when, other.when):
        raise _refused(place, "action.position", f"rules.{other_place} pins to {mine.position} at the same time")
    if not (_covers(other.match, rule.match) and _covers(other.when, rule.when)):
        return
    if isinstance(its, Exclude) and (place > other_place or not isinstance(mine, Exclude)):
        raise _refused(place, "match", f"rules.{other_place} excludes all of these items")
    if isinstance(its, Bury) and isinstance(mine, Boost):
        raise _refused(place, "action", f"rules.{other_place} buries all of these items")
    if isinstance(its, Cap) and isinstance(mine, Quota) and its.window // mine.one_in > its.at_most:
        raise _refused(place, "action.one_in", f"rules.{other_place} caps these items below that")


def _covers(wide: Match | When, narrow: Match | When) -> bool:
    """Whether all that `narrow` is about is what `wide` is about, as far as the values tell."""
    for field in fields(wide):
        limit, value = getattr(wide, field.name), getattr(narrow, field.name)
        if limit in (None, ()):
            continue
        if value in (None, ()):
            return False
        if isinstance(limit, tuple):
            inside = set(value) <= set(limit)
        elif field.name in {"min_age_hours", "starts_at"}:
            inside = value >= limit
        elif field.name in {"max_age_hours", "ends_at"}:
            inside = value <= limit
        else:
            inside = value == limit
        if not inside:
            return False
    return True


def _overlap(one: When, other: When) -> bool:
    """Whether an answer may be one that both are about."""
    for name in ("surface", "algorithm", "region"):
        mine, its = set(getattr(one, name)), set(getattr(other, name))
        if mine and its and not mine & its:
            return False
    if one.locale and other.locale and not any(speaks(a, b) or speaks(b, a) for a in one.locale for b in other.locale):
        return False
    begin, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    starts = max(one.starts_at or begin, other.starts_at or begin)
    return starts < min(one.ends_at or end, other.ends_at or end)


def speaks(locale: str, wanted: str) -> bool:
    """Whether a locale is the wanted one or a variant of it.

    >>> speaks("pt_BR", "pt"), speaks("pt", "pt-BR")
    (True, False)
    """
    mine, asked = (text.replace("_", "-").lower() for text in (locale, wanted))
    return mine == asked or mine.startswith(f"{asked}-")


def _given(criteria: Match | When) -> dict[str, Any]:
    named = {field.name: getattr(criteria, field.name) for field in fields(criteria)}
    return {name: value for name, value in named.items() if value not in (None, ())}


def _refused(place: int, part: str, why: str) -> InvalidInput:
    field = f"rules.{place}.{part}"
    return InvalidInput(f"{field}: {why}", field=field)
