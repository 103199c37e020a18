"""Stored decisions as columns, so that a policy is tried on a hundred thousand of them at once.

Decoding the signals is all that is done row by row: their sealed JSON, or their packed form, in half of the time.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import orjson

from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Tier
from socialflow.moderation.policy.packed import CODES, ENTRY, FORM, HEAD, KNOWN, MISSING, SHAKY
from socialflow.moderation.records import Facts
from socialflow.moderation.signal_names import SIGNALS, Measure

Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
STATUSES = tuple(ModerationStatus)
"""Codes of statuses are places in this."""
NOBODY = -1
"""Code of the verdict where no person gave one."""


@dataclass(frozen=True, slots=True)
class Past:
    """One stored decision as replay needs it.

    `signals` is their canonical JSON as it was sealed, or their packed form (`packed.pack`). `status` is what the
    service decided, `at` microseconds since 1970 (UTC), `verdict` what a person decided instead or confirmed; None
    where none did.
    """

    id: str
    facts: Facts
    signals: bytes
    status: ModerationStatus
    at: int
    verdict: ModerationStatus | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One signal over n decisions.

    `known`, `missing` and `shaky` (known, and read by a heuristic) are flags (n,). `values` (n,) are numbers, NaN where
    unknown; of words, places in `lists`, -1 where unknown.
    """

    known: Flags
    missing: Flags
    shaky: Flags
    values: npt.NDArray[np.float64]
    lists: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def empty(cls, count: int, lists: tuple[tuple[str, ...], ...] = ()) -> "Column":
        """A signal that none of `count` decisions has."""
        known, missing, shaky = (np.zeros(count, np.bool_) for _ in range(3))
        return cls(known, missing, shaky, np.full(count, -1.0 if lists else np.nan), lists)

    def beside(self, other: "Column") -> "Column":
        """This column where it has something, the other where that has: no row is in both."""
        values = np.where(other.known, other.values + len(self.lists), self.values)
        flags = self.known | other.known, self.missing | other.missing, self.shaky | other.shaky
        return Column(*flags, values, self.lists + other.lists)


@dataclass(frozen=True, slots=True)
class Columns:
    """n decisions: `facts` are places in `distinct`, `status` and `verdict` in `STATUSES`; `readable` (n,) is false
    where the signals could not be read, and such a row has none."""

    ids: tuple[str, ...]
    facts: Codes
    distinct: tuple[Facts, ...]
    signals: Mapping[str, Column]
    status: npt.NDArray[np.int8]
    verdict: npt.NDArray[np.int8]
    at: npt.NDArray[np.int64]
    readable: Flags

    @classmethod
    def of(cls, decisions: Sequence[Past]) -> "Columns":
        """Columns of a batch; 50,000 to 100,000 decisions are a good size."""
        facts: dict[Facts, int] = {}
        codes = [facts.setdefault(one.facts, len(facts)) for one in decisions]
        sealed, packed, unreadable = _Sealed(), _Packed(), []
        for row, one in enumerate(decisions):
            try:
                (packed if one.signals[:1] == _FORM else sealed).take(row, one.signals)
            except _MALFORMED:
                unreadable.append(row)
        count, place = len(decisions), {status: code for code, status in enumerate(STATUSES)}
        readable = np.ones(count, np.bool_)
        readable[unreadable] = False
        return cls(
            ids=tuple(one.id for one in decisions),
            facts=np.array(codes, np.int32),
            distinct=tuple(facts),
            signals=_both(sealed.columns(count), packed.columns(count)),
            status=np.array([place[one.status] for one in decisions], np.int8),
            verdict=np.array([NOBODY if one.verdict is None else place[one.verdict] for one in decisions], np.int8),
            at=np.array([one.at for one in decisions], np.int64),
            readable=readable,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def by_facts(self, said: Callable[[Facts], bool]) -> Flags:
        """Flags (n,) of what is said of facts, asked once for each distinct one."""
        table = np.array([said(facts) for facts in self.distinct], np.bool_)
        return table[self.facts]


_HEURISTIC = Tier.HEURISTIC.value
_FORM = bytes([FORM])
_MALFORMED = (TypeError, AttributeError, ValueError, struct.error)


def _both(some: Mapping[str, Column], others: Mapping[str, Column]) -> dict[str, Column]:
    joint = dict(some)
    for name, column in others.items():
        joint[name] = joint[name].beside(column) if name in joint else column
    return joint


class _Said(msgspec.Struct, gc=False):
    """What replay needs of a sealed reading: model, version and places are passed over, nothing is left to collect."""

    value: Any
    coverage: float
    tier: str


class _Signals(msgspec.Struct, gc=False):
    """Sealed signals."""

    readings: dict[str, _Said]
    missing: dict[str, Any]


_SIGNALS = msgspec.json.Decoder(_Signals)


@dataclass(slots=True)
class _Found:
    """Readings of one signal, in the order of rows."""

    rows: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    shaky: list[bool] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


class _Sealed:
    """Collects what sealed signals say, signal by signal."""

    def __init__(self) -> None:
        self._found = {name: _Found() for name in SIGNALS}

    def take(self, row: int, signals: bytes) -> None:
        """One decision. Raises one of `_MALFORMED` and keeps nothing of it where it is malformed."""
        found, data = self._found, _SIGNALS.decode(signals)
        taken = [
            (one.value if one.coverage > 0 else None, one.tier == _HEURISTIC, found[name])
            for name, one in data.readings.items()
            if name in found and name not in data.missing
        ]
        lacking = [found[name] for name in data.missing if name in found]
        for value, shaky, into in taken:
            into.rows.append(row)
            into.values.append(value)
            into.shaky.append(shaky)
        for into in lacking:
            into.missing.append(row)

    def columns(self, count: int) -> dict[str, Column]:
        """Columns of the signals that some of `count` rows have or miss."""
        return {name: _column(name, found, count) for name, found in self._found.items() if found.rows or found.missing}


def _column(name: str, found: _Found, count: int) -> Column:
    if SIGNALS[name].measure is Measure.WORDS:
        values, lists = _listed(found.values)
        usable = values >= 0
    else:
        values, lists = _numbers(found.values), ()
        usable = ~np.isnan(values)
    rows, column = np.array(found.rows, np.int64), Column.empty(count, lists)
    column.known[rows[usable]] = True
    column.missing[rows[~usable]] = True
    column.missing[found.missing] = True
    column.shaky[rows[usable]] = np.array(found.shaky, np.bool_)[usable]
    column.values[rows[usable]] = values[usable]
    return column


def _numbers(values: list[Any]) -> npt.NDArray[np.float64]:
    """Numbers, NaN for what is none."""
    if not set(map(type, values)) <= {float, int}:
        values = [value if type(value) is float or type(value) is int else np.nan for value in values]
    return np.array(values, np.float64)


def _listed(values: list[Any]) -> tuple[npt.NDArray[np.float64], tuple[tuple[str, ...], ...]]:
    """Places of lists among the distinct ones, -1 for what is none."""
    distinct: dict[tuple[str, ...], int] = {}
    places = [distinct.setdefault(tuple(one), len(distinct)) if isinstance(one, list | tuple) else -1 for one in values]
    return np.array(places, np.float64), tuple(distinct)


class _Packed:
    """Collects packed signals: entries of all rows at once, words by their distinct forms."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._entries: list[bytes] = []
        self._words: dict[bytes, Mapping[str, tuple[str, ...]]] = {b"": {}}
        self._said: list[bytes] = []

    def take(self, row: int, signals: bytes) -> None:
        """One decision. Raises one of `_MALFORMED` and keeps nothing of it where it is malformed."""
        form, count = HEAD.unpack_from(signals)
        end = HEAD.size + count * ENTRY.itemsize
        said = signals[end:]
        if form != FORM or end > len(signals):
            raise ValueError("not a packed form of this version")
        if said not in self._words:
            self._words[said] = {name: tuple(words) for name, words in orjson.loads(said).items()}
        self._rows.append(row)
        self._entries.append(signals[HEAD.size : end])
        self._said.append(said)

    def columns(self, count: int) -> dict[str, Column]:
        """Columns of the signals that some of `count` rows have or miss."""
        entries = np.frombuffer(b"".join(self._entries), ENTRY)
        sizes = np.fromiter(map(len, self._entries), np.int64, len(self._entries)) // ENTRY.itemsize
        places = np.repeat(np.arange(len(self._rows)), sizes)
        rows = np.array(self._rows, np.int64)
        made = {}
        for name, code in CODES.items():
            mine = np.flatnonzero(entries["code"] == code)
            if len(mine):
                made[name] = self._column(name, entries[mine], places[mine], rows, count)
        return made

    def _column(self, name: str, entries: npt.NDArray[Any], places: Places, rows: Places, count: int) -> Column:
        values: npt.NDArray[np.float64] = entries["value"]
        lists: tuple[tuple[str, ...], ...] = ()
        if SIGNALS[name].measure is Measure.WORDS:
            values, lists = _listed([self._words[self._said[place]].get(name, ()) for place in places])
        at, flags, column = rows[places], entries["flags"], Column.empty(count, lists)
        known = (flags & KNOWN) != 0
        column.known[at] = known
        column.missing[at] = (flags & MISSING) != 0
        column.shaky[at] = (flags & SHAKY) != 0
        column.values[at[known]] = values[known]
        return column
