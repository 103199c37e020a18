"""Rows of an outside API as records, with a count of what was not as expected.

A value that cannot be used is left out of its row; a row is refused only where it does not say who, what or when.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from socialflow.content.collection import Drift
from socialflow.content.records import CLOCK_SKEW, Interaction, InteractionType, ItemKind
from socialflow.errors import InvalidInput
from socialflow.intake import values
from socialflow.intake.columns import made_id
from socialflow.intake.external.fields import Field, fetch
from socialflow.kit.clock import Clock

R = TypeVar("R")

_MAX_NAMES, _MAX_NAME, _MORE = 100, 64, "(more)"
_TOTALS = ("views", "likes", "comments", "shares")
_OF_CREATOR = frozenset({"creator_id", "username", "name", "first_name", "last_name"})
_TYPE_NAMES: Mapping[type, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a row names. `user_id` or `username` may be missing, not both; `facts` are fields of `User`."""

    user_id: str | None
    username: str | None
    name: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id to store where this person is new."""
        return self.user_id or self.username or ""


@dataclass(frozen=True, slots=True)
class Post:
    """A video or post. `facts` are fields of `Item`, `totals` of `ItemStats`; both hold only what the row says."""

    id: str
    facts: Mapping[str, Any]
    totals: Mapping[str, int]
    creator: Person | None


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did; the interaction names its user by id where the row has one, else by username."""

    interaction: Interaction
    person: Person


@dataclass(slots=True)
class Oddities:
    """Counts what differs from the table of fields; see `Drift`."""

    new: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    retyped: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, drift: Drift) -> "Oddities":
        """Counts to go on from."""
        return cls(Counter(drift.new), Counter(drift.missing), Counter(drift.retyped), Counter(drift.unusable))

    def drift(self) -> Drift:
        """The counts so far."""
        return Drift(dict(self.new), dict(self.missing), dict(self.retyped), dict(self.unusable))


def note(counts: Counter[str], name: str) -> None:
    """Count one more of `name`: names are the other side's words, so few are kept, and cut."""
    name = name[:_MAX_NAME]
    counts[name if name in counts or len(counts) < _MAX_NAMES else _MORE] += 1


@dataclass(frozen=True, slots=True)
class Reading(Generic[R]):
    """The rows of a page that can be used, and why the others cannot (`code:field`)."""

    records: Sequence[R]
    refused: Sequence[str]


class RowReader(Generic[R]):
    """Reads the rows of a page by a table of fields; `make` turns a row's fields into a record or refuses it."""

    def __init__(
        self, table: Sequence[Field], unused: frozenset[str], make: Callable[[dict[str, Any]], R], oddities: Oddities
    ) -> None:
        self._table = table
        self._known = unused | {place.partition(".")[0] for one in table for place in one.places}
        self._make = make
        self._oddities = oddities

    def __call__(self, rows: Sequence[object]) -> Reading[R]:
        """Read a page; never raises for a row."""
        records: list[R] = []
        refused: list[str] = []
        for row in rows:
            try:
                if not isinstance(row, dict):
                    raise InvalidInput("a row must be a JSON object", field="row")
                records.append(self._make(self._fields(row)))
            except InvalidInput as wrong:
                refused.append(reason(wrong.code, wrong.field))
        return Reading(records, refused)

    def _fields(self, row: Mapping[str, Any]) -> dict[str, Any]:
        for name in row.keys() - self._known:
            note(self._oddities.new, name)
        given: dict[str, Any] = {}
        for one in self._table:
            value = self._value(one, row)
            if value is not None:
                given[one.name] = value
        return given

    def _value(self, one: Field, row: Mapping[str, Any]) -> Any:
        """The first value that can be used, or None."""
        present = False
        for place in one.places:
            there, raw = fetch(row, place)
            present |= there
            if raw is None or raw == "":
                continue
            if type(raw) not in one.types:
                note(self._oddities.retyped, f"{one.name}: {_TYPE_NAMES.get(type(raw), 'other')}")
            try:
                return one.convert(raw, one.name)
            except InvalidInput:
                note(self._oddities.unusable, one.name)
        if one.expected and not present:
            note(self._oddities.missing, one.name)
        return None


def reason(code: str, field_name: str | None) -> str:
    """How a refusal is counted.

    >>> reason("invalid_input", "at"), reason("erased", None)
    ('invalid_input:at', 'erased')
    """
    return f"{code}:{field_name}" if field_name else code


def person(given: dict[str, Any]) -> Person:
    """A row of people. Raises InvalidInput where it names nobody."""
    user_id, username = given.get("id"), given.get("username")
    if user_id is None and username is None:
        raise InvalidInput("id is missing", field="id")
    name = _full_name(given)
    profile = _only(given, "bio", "picture_url", "website_url", "is_verified")
    if name:
        profile["name"] = name
    return Person(user_id, username, name, _only(given, "locale", "created_at"), profile)


def post(given: dict[str, Any]) -> Post:
    """A row of posts. Raises InvalidInput where it has no id."""
    if "id" not in given:
        raise InvalidInput("id is missing", field="id")
    item_id = given.pop("id")
    totals = _only(given, *_TOTALS)
    user_id, username = given.get("creator_id"), given.get("username")
    name = _full_name(given)
    facts = {key: value for key, value in given.items() if key not in _OF_CREATOR and key not in totals}
    if "media_url" in facts:
        facts["kind"] = ItemKind.VIDEO
    return Post(item_id, facts, totals, Person(user_id, username, name) if user_id or username else None)


@dataclass(frozen=True, slots=True)
class Acts:
    """Makes interactions of one type. `source` keeps the ids of one API apart from those of another."""

    kind: InteractionType
    source: str
    clock: Clock

    def __call__(self, given: dict[str, Any]) -> Act:
        """A row of acts. Raises InvalidInput where it does not say who, what, when, or how good."""
        who = Person(given.get("user"), given.get("username"))
        for name, there in (("user", who.id), ("item", "item" in given), ("at", "at" in given)):
            if not there:
                raise InvalidInput(f"{name} is missing", field=name)
        now, item = self.clock.now(), given["item"]
        at = values.check_event_time(given["at"], now + CLOCK_SKEW, "at")
        # Ids are each user's own, so the user is no part of them: an API that begins to name people by username
        # instead of by id does not make every act a new one.
        act_id = made_id(self.source, self.kind, item, at.timestamp())
        return Act(Interaction(act_id, who.id, item, self.kind, self._value(given), at, now), who)

    def _value(self, given: Mapping[str, Any]) -> float:
        if self.kind is not InteractionType.RATING:
            return 1.0
        value = given.get("percent", given.get("stars"))
        if value is None:
            raise InvalidInput("rating is missing", field="rating")
        return float(value)


def _only(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _full_name(given: Mapping[str, Any]) -> str:
    parts = (given.get("first_name", ""), given.get("last_name", ""))
    return str(given.get("name") or " ".join(part.strip() for part in parts if part.strip()))
