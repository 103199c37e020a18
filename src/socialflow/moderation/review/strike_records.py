"""Strikes against authors."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Strike:
    """One strike, with the terms it was given under."""

    id: str
    author: str
    decision_id: str
    reason: str
    weight: float
    half_life: timedelta
    at: datetime
    expires_at: datetime
    taken_back_at: datetime | None = None
