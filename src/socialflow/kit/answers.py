"""How every answer says what made it and how much of it could be had."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How much of an answer could be had."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    ABSTAINED = "abstained"


class Tier(StrEnum):
    """What kind of thing made an answer."""

    TRAINED = "trained"
    BUNDLED = "bundled"
    DOWNLOADED = "downloaded"
    HEURISTIC = "heuristic"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made an answer."""

    model: str
    version: str
    tier: Tier
    updated_at: datetime | None = None
    """Until when it took in, after its fit, what people did; None where it does not, or has not yet."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an analysis tells: its answer, how much of it could be had, what is missing and what made it."""

    status: Status
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]
    answer: Mapping[str, Any]
