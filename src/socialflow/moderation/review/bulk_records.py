"""Many items judged at once."""

from dataclasses import dataclass
from datetime import datetime

from socialflow.moderation.records import ContentKind
from socialflow.moderation.review.records import FIRST_LINE, ReviewItem

MAX_BULK = 500
"""How many items one bulk action may touch."""


@dataclass(frozen=True, slots=True)
class BulkFilter:
    """Which waiting items are meant; what is None or empty asks nothing. Severities are 0 to 1, ends included."""

    scope: str | None = None
    language: str | None = None
    kind: ContentKind | None = None
    level: int = FIRST_LINE
    least_severity: float = 0.0
    most_severity: float = 1.0
    created_before: datetime | None = None
    content_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What a bulk action would touch. `token` stands for exactly these items; None where there are too many."""

    count: int
    """Exact up to `MAX_BULK`; one more than that where there are more."""
    sample: tuple[ReviewItem, ...]
    token: str | None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk action did. `left` were shown and no longer fit: judged, claimed or gone meanwhile."""

    judged: int
    left: int
