"""How far reading an outside API is, as it is stored: one record an endpoint, renewed with every page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class CollectionState(StrEnum):
    """Where a collection stands."""

    RUNNING = "running"
    """Begun and not ended; broken off where no job does it any more."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Drift:
    """How rows differ from what was expected: field -> rows. A name that is one too many counts under `(more)`."""

    new: Mapping[str, int] = field(default_factory=dict)
    """Fields that nobody knows."""
    missing: Mapping[str, int] = field(default_factory=dict)
    """Fields that a row lacks, under every name."""
    retyped: Mapping[str, int] = field(default_factory=dict)
    """Values of another JSON type, as `field: type`; used all the same where they can be read."""
    unusable: Mapping[str, int] = field(default_factory=dict)
    """Values that were left out; the rest of their row was used."""


@dataclass(frozen=True, slots=True)
class CollectionCounts:
    """What was read and what became of it. `rejected` counts by `code` or `code:field`.

    `missing_pages` and `repeated_pages` name the first hundred: pages that brought nothing (404, or empty) though a
    later one brought rows, and pages that were another page again. `list_names` says under which names of the answer
    the rows stood.
    """

    pages: int = 0
    rows: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    drift: Drift = Drift()
    missing_pages: tuple[int, ...] = ()
    repeated_pages: tuple[int, ...] = ()
    list_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """The last collection of one endpoint of one outside API.

    `source` is the API's host; `job` the id of the job that did it last; `next_page` the first page whose rows are not
    stored; `error` a code and a sentence, None unless it failed.
    """

    source: str
    endpoint: str
    state: CollectionState
    job: str
    next_page: int
    page_size: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    counts: CollectionCounts = CollectionCounts()
    error: tuple[str, str] | None = None
