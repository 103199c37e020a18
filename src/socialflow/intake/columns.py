"""Which column holds which field, and how its cells become records of `content`.

A map names the column of each field (`user` -> `userId`); positions (`user` -> `0`) stand for columns of a file without
a header. Fields that the map leaves out are taken from columns of their own name or a usual other name.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from socialflow.content.records import (
    CLOCK_SKEW,
    VALUE_RANGES,
    Channel,
    Edge,
    EdgeKind,
    Interaction,
    InteractionContext,
    InteractionType,
    Item,
    ItemKind,
    Mood,
    Privacy,
    User,
)
from socialflow.errors import InvalidInput
from socialflow.intake import values
from socialflow.intake.records import ImportKind, ImportOptions, Row
from socialflow.intake.values import Converter
from socialflow.kit.roles import Role

Record: TypeAlias = User | Channel | Item | Interaction | Edge

_EVENT = "at"
_TIMES = frozenset({"created_at", _EVENT})
_text, _id, _list = values.text, values.identifier, values.listed

FIELDS: Mapping[ImportKind, Mapping[str, Converter]] = {
    ImportKind.ITEMS: {
        "id": _id,
        "kind": values.one_of(ItemKind),
        "created_at": values.instant(),
        "channel": _id,
        "author": _id,
        "title": _text,
        "description": _text,
        "text": _text,
        "tags": _list,
        "category": _text,
        "topics": _list,
        "project_code": _text,
        "community": _text,
        "mood": values.one_of(Mood),
        "language": _text,
        "duration": values.number,
        "media_url": _text,
        "thumbnail_url": _text,
        "hidden": values.boolean,
        "parent": _id,
    },
    ImportKind.USERS: {
        "id": _id,
        "username": _id,
        "created_at": values.instant(),
        "locale": _text,
        "region": _text,
        "birth_year": values.year,
        "role": values.one_of(Role),
        "profile": values.json_object,
        "interests": _list,
        "personalise": values.boolean,
        "analyse": values.boolean,
        "train": values.boolean,
    },
    ImportKind.CHANNELS: {
        "id": _id,
        "name": _text,
        "created_at": values.instant(),
        "description": _text,
        "subscriber_count": values.count,
        "owner": _id,
        "categories": _list,
    },
    ImportKind.INTERACTIONS: {
        "id": _id,
        "user": _id,
        "item": _id,
        "type": values.one_of(InteractionType),
        "value": values.number,
        "at": values.instant(),
        "surface": _text,
        "device": _text,
        "position": values.count,
        "request_id": _id,
    },
    ImportKind.FOLLOWS: {"source": _id, "target": _id, "created_at": values.instant()},
    ImportKind.SUBSCRIPTIONS: {"source": _id, "target": _id, "created_at": values.instant()},
}
"""Every field that a file of a kind may fill, and what its cells must be."""

REQUIRED: Mapping[ImportKind, tuple[str, ...]] = {
    ImportKind.ITEMS: ("id",),
    ImportKind.USERS: ("id",),
    ImportKind.CHANNELS: ("id",),
    ImportKind.INTERACTIONS: ("user", "item"),
    ImportKind.FOLLOWS: ("source", "target"),
    ImportKind.SUBSCRIPTIONS: ("source", "target"),
}

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "user": ("user_id", "userId", "username"),
    "item": ("item_id", "itemId", "post_id", "video_id", "movieId"),
    "at": ("timestamp", "created_at", "time"),
    "type": ("interaction_type", "event"),
    "value": ("interaction_value", "rating"),
    "source": ("user", "user_id", "follower", "follower_id", "subscriber_id"),
    "target": ("followed", "followed_id", "channel", "channel_id"),
    "created_at": ("timestamp", "at"),
}


def resolve(kind: ImportKind, options: ImportOptions, columns: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """Field -> columns of this file, the first filled one counts.

    `columns` is None where rows name their own (JSON Lines) or have no header; there all usual names are looked for.

    Raises:
        InvalidInput: an unknown field, a column that the file does not have, or a required field without a column.
    """
    fields = FIELDS[kind]
    for name in [*options.mapping, *options.constants, *options.split]:
        if name not in fields:
            raise InvalidInput(f"{kind.value} have no field {name!r}; there are: {', '.join(fields)}", field="map")
    if len(repeated := _repeated(kind, options)) > 1:
        raise InvalidInput(f"rows can be repeated for one field, not for {' and '.join(repeated)}", field="split")
    resolved: dict[str, tuple[str, ...]] = {
        name: (_column(name, column, columns),) for name, column in options.mapping.items()
    }
    taken = {column for found in resolved.values() for column in found}
    for name in () if _positional(options) else fields:
        usual = (name, *_OTHER_NAMES.get(name, ()))
        found = tuple(column for column in usual if column not in taken and (columns is None or column in columns))
        if name in resolved or name in options.constants or not found:
            continue
        resolved[name] = found if columns is None else (_column(name, found[0], columns),)
        taken.update(resolved[name])
    for name in (*REQUIRED[kind], *options.split):
        if name not in resolved and (name not in options.constants or name in options.split):
            there = ", ".join(columns) if columns else "none named"
            raise InvalidInput(f"no column is mapped to {name}; the file's columns: {there}", field="map")
    return resolved


def _repeated(kind: ImportKind, options: ImportOptions) -> list[str]:
    """Fields that are split into rows of their own; a field that holds a list is only told its separator."""
    return [name for name in options.split if FIELDS[kind][name] is not _list]


def _positional(options: ImportOptions) -> bool:
    return bool(options.mapping) and all(column.isdigit() for column in options.mapping.values())


def _column(name: str, column: str, columns: Sequence[str] | None) -> str:
    if columns is None or columns.count(column) == 1:
        return column
    if column in columns:
        raise InvalidInput(f"{name} is mapped to {column!r}, which is the name of several columns", field="map")
    if column.isdigit() and int(column) < len(columns):
        return columns[int(column)]
    raise InvalidInput(f"{name} is mapped to {column!r}, but the columns are: {', '.join(columns)}", field="map")


def has_header(options: ImportOptions) -> bool:
    """Whether the first row names the columns: as said, else unless the map is of positions only."""
    return options.header if options.header is not None else not _positional(options)


@dataclass(frozen=True, slots=True)
class _Cell:
    field: str
    columns: tuple[str, ...]
    convert: Converter


class RecordMapper:
    """Turns rows of one file into records of one kind; raises InvalidInput for a row that cannot be used."""

    def __init__(self, kind: ImportKind, options: ImportOptions, columns: Sequence[str] | None, dataset: str) -> None:
        resolved = resolve(kind, options, columns)
        instant = values.instant(options.time_unit)
        self._kind = kind
        self._options = options
        self._dataset = dataset
        self._required = REQUIRED[kind]
        self._now = options.clock.now()
        self._latest = self._now + CLOCK_SKEW
        repeated = _repeated(kind, options)
        self._split = {name: (resolved[name], options.split[name]) for name in repeated}
        given: dict[str, Converter] = {
            name: values.parted(separator) for name, separator in options.split.items() if name not in repeated
        }
        given |= dict.fromkeys(_TIMES, instant)
        self._cells = [
            _Cell(name, found, given.get(name, FIELDS[kind][name]))
            for name, found in resolved.items()
            if name not in repeated
        ]
        self._constants = {
            name: (instant if name in _TIMES else FIELDS[kind][name])(value, name)
            for name, value in options.constants.items()
        }
        self._rated = "value" in resolved and (columns is not None or "value" in options.mapping)
        builders: Mapping[ImportKind, Callable[[dict[str, Any], int], Record]] = {
            ImportKind.ITEMS: self._item,
            ImportKind.USERS: self._user,
            ImportKind.CHANNELS: self._channel,
            ImportKind.INTERACTIONS: self._interaction,
            ImportKind.FOLLOWS: self._edge,
            ImportKind.SUBSCRIPTIONS: self._edge,
        }
        self._build = builders[kind]

    def __call__(self, row: Row) -> Sequence[Record]:
        """The record of a row, or several where a list column is split."""
        fields = self._typed(row.cells)
        if not self._split:
            self._check_complete(fields)
            return (self._build(fields, row.line),)
        return self._several(fields, row)

    def _typed(self, cells: Mapping[str, object]) -> dict[str, Any]:
        fields: dict[str, Any] = dict(self._constants)
        for cell in self._cells:
            raw = _filled(cells, cell.columns)
            if raw is not None:
                fields[cell.field] = cell.convert(raw, cell.field)
        return fields

    def _check_complete(self, fields: Mapping[str, Any]) -> None:
        for name in self._required:
            if name not in fields:
                raise InvalidInput(f"{name} is missing", field=name)

    def _several(self, fields: dict[str, Any], row: Row) -> Sequence[Record]:
        ((name, (columns, separator)),) = self._split.items()
        raw = _filled(row.cells, columns)
        parts = raw.split(separator) if isinstance(raw, str) else raw
        if not isinstance(parts, list):
            raise InvalidInput(f"{name} must list values between {separator!r}", field=name)
        parts = [part for part in parts if part is not None and part != ""]
        if not parts:
            raise InvalidInput(f"{name} lists nothing", field=name)
        convert = FIELDS[self._kind][name]
        records: list[Record] = []
        for order, part in enumerate(parts):
            one = {**fields, name: convert(part, name)}
            if order == 0:
                self._check_complete(one)
            if self._kind is ImportKind.INTERACTIONS and "id" in one:
                one["id"] = f"{one['id']}-{order}"
            records.append(self._build(one, order))
        return records

    def _item(self, fields: dict[str, Any], _order: int) -> Item:
        fields.setdefault("kind", ItemKind.VIDEO)
        fields.setdefault("created_at", self._now)
        if fields.get("duration", 0.0) < 0:
            raise InvalidInput("duration must not be negative", field="duration")
        return Item(**fields, moderation_status=self._options.moderation.status)

    def _user(self, fields: dict[str, Any], _order: int) -> User:
        consent = {name: fields.pop(name) for name in ("personalise", "analyse", "train") if name in fields}
        fields.setdefault("username", fields["id"])
        fields.setdefault("created_at", self._now)
        return User(**fields, privacy=Privacy(**consent))

    def _channel(self, fields: dict[str, Any], _order: int) -> Channel:
        fields.setdefault("name", fields["id"])
        fields.setdefault("created_at", self._now)
        return Channel(**fields)

    def _edge(self, fields: dict[str, Any], _order: int) -> Edge:
        kind = EdgeKind.FOLLOW if self._kind is ImportKind.FOLLOWS else EdgeKind.SUBSCRIPTION
        at = values.check_event_time(fields.get("created_at", self._now), self._latest, "created_at")
        return Edge(kind, fields["source"], fields["target"], at)

    def _interaction(self, fields: dict[str, Any], order: int) -> Interaction:
        kind = fields.get("type") or self._options.interaction_type
        if kind is None:
            kind = InteractionType.RATING if self._rated or "value" in fields else InteractionType.VIEW
        at = fields.get(_EVENT)
        if at is None:
            at = values.later(self._options.base_time, order, _EVENT)
        at = values.check_event_time(at, self._latest, _EVENT)
        value = check_value(kind, fields.get("value"))
        user, item = fields["user"], fields["item"]
        return Interaction(
            id=fields.get("id") or made_id(self._dataset, user, item, kind, value, at.timestamp()),
            user=user,
            item=item,
            type=kind,
            value=value,
            at=at,
            received_at=self._now,
            context=_context(fields),
        )


def _filled(cells: Mapping[str, object], columns: tuple[str, ...]) -> object:
    """The first of these cells that holds something."""
    for column in columns:
        raw = cells.get(column)
        if raw is not None and raw != "":
            return raw
    return None


_NO_CONTEXT = InteractionContext()


def _context(fields: Mapping[str, Any]) -> InteractionContext:
    given = {name: fields[name] for name in ("surface", "device", "position", "request_id") if name in fields}
    return InteractionContext(**given) if given else _NO_CONTEXT


def check_value(kind: InteractionType, value: float | None) -> float:
    """The value of an interaction, in its type's range; 1 where there is none (seconds and stars must be given)."""
    if value is None:
        if kind in {InteractionType.RATING, InteractionType.WATCH_TIME}:
            raise InvalidInput(f"value is missing; a {kind.value} needs one", field="value")
        return 1.0
    low, high = VALUE_RANGES.get(kind, (-1.0, 1.0))
    if not low <= value <= high:
        raise InvalidInput(
            f"the value of a {kind.value} must be from {low:g} to {high:g}, not {value:g}", field="value"
        )
    return value


def made_id(dataset: str, *said: object) -> str:
    """An id that stands for what an interaction says, so that a second import of it changes nothing."""
    words = "\n".join((dataset, *map(str, said)))
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()
