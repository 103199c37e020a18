"""What an import is asked to do, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from socialflow.content.records import InteractionType, ModerationStatus
from socialflow.kit.clock import Clock, SystemClock

SEQUENCE_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Time of the first event where a file has an order but no times; each following event is one second later."""


class ImportKind(StrEnum):
    """What the rows of a file are."""

    ITEMS = "items"
    USERS = "users"
    CHANNELS = "channels"
    INTERACTIONS = "interactions"
    FOLLOWS = "follows"
    SUBSCRIPTIONS = "subscriptions"


class Format(StrEnum):
    """How a file holds its rows (after decompression)."""

    CSV = "csv"
    """Quoted as in RFC 4180; any one-character separator. A separator of several characters is never quoted."""
    TSV = "tsv"
    """Tab-separated without quoting (IANA text/tab-separated-values)."""
    JSONL = "jsonl"
    PARQUET = "parquet"


class Moderation(StrEnum):
    """Whether imported items were checked where they come from."""

    TRUSTED = "trusted"
    PENDING = "pending"

    @property
    def status(self) -> ModerationStatus:
        """The status that imported items get."""
        return ModerationStatus.APPROVED if self is Moderation.TRUSTED else ModerationStatus.PENDING


class TimeUnit(StrEnum):
    """Unit of numeric times since 1970; `auto` goes by size: below 1e11 s, 1e14 ms, 1e17 us, above ns."""

    AUTO = "auto"
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"


class Row(NamedTuple):
    """One readable row. `line` counts from 1; cells are text, or what JSON and Parquet hold."""

    line: int
    cells: Mapping[str, object]


class RejectedRow(NamedTuple):
    """One row that was set aside: where, a stable code, a reason for people, which field (if one), what it was."""

    line: int
    code: str
    reason: str
    field: str | None
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How to read a file and what to make of its rows. Everything has a working default.

    Attributes:
        mapping: field -> column name, or position from 0; a map of positions only means the file has no header.
        constants: field -> value for every row, as text (`type` -> `like`).
        split: field -> separator. A field that is a list (tags) is parted there; for any other (`item` -> one space)
            the row is repeated for each part, events in order, and refused as a whole where one part cannot be used.
        separator: between cells; default by format. Several characters are allowed (`::`).
        encoding: of text files; a UTF-8 byte order mark is skipped.
        base_time: time of the first event where no column gives one.
        interaction_type: of rows that name no type; default `rating` where there is a value column, else `view`.
        create_missing: make users, items and channels that rows name and the store does not know.
        chunk_rows: rows per transaction.
        dataset: name that made-up interaction ids begin from; default the file's name without compression suffix.
        state_dir: where checkpoints and rejected rows are kept.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)
    format: Format | None = None
    separator: str | None = None
    header: bool | None = None
    encoding: str = "utf-8"
    time_unit: TimeUnit = TimeUnit.AUTO
    base_time: datetime = SEQUENCE_EPOCH
    interaction_type: InteractionType | None = None
    moderation: Moderation = Moderation.PENDING
    create_missing: bool = False
    chunk_rows: int = 10_000
    dataset: str | None = None
    state_dir: Path = Path("var/imports")
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file's rows.

    `rows` counts rows read, `stored + duplicates + sum(rejected)` the records they held (more than rows where a list
    column was split); `rejected` counts by `code` or `code:field`. `resumed_from` rows were done by an earlier, broken
    run and are counted in. `parts` holds the stages of an import of several files.
    """

    name: str
    rows: int
    stored: int
    duplicates: int
    rejected: Mapping[str, int]
    seconds: float
    rejected_path: Path | None = None
    resumed_from: int = 0
    parts: tuple["ImportReport", ...] = ()

    @classmethod
    def together(cls, name: str, parts: Sequence["ImportReport"]) -> "ImportReport":
        """One report over several stages."""
        rejected: dict[str, int] = {}
        for part in parts:
            for reason, count in part.rejected.items():
                rejected[reason] = rejected.get(reason, 0) + count
        return cls(
            name=name,
            rows=sum(part.rows for part in parts),
            stored=sum(part.stored for part in parts),
            duplicates=sum(part.duplicates for part in parts),
            rejected=rejected,
            seconds=sum(part.seconds for part in parts),
            rejected_path=next((part.rejected_path for part in parts if part.rejected_path), None),
            resumed_from=sum(part.resumed_from for part in parts),
            parts=tuple(parts),
        )
