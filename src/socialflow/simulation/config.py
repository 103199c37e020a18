"""What a simulation is asked for, and the ids that follow from it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from socialflow.errors import InvalidInput
from socialflow.kit.clock import from_micros, to_micros

_LIMITS = {"users": (2, 5_000_000), "items": (1, 5_000_000), "days": (1, 3650), "seed": (0, 2**31)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationConfig:
    """Size and seed of a simulated platform; equal configurations make equal platforms.

    Attributes:
        until: the last instant of the simulation; give the present so that feeds find fresh items.
        sessions_per_day: mean sessions of a user and day (activity is log-normal over users).
        slots: items shown in a session.
        drift: how far tastes move over the whole time, 0 not at all, 1 to something unrelated.
    """

    users: int
    items: int
    days: int
    seed: int
    until: datetime
    sessions_per_day: float = 0.6
    slots: int = 12
    drift: float = 0.4

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise InvalidInput(f"{name} must be from {low:,} to {high:,}, not {getattr(self, name):,}", field=name)
        if not 0 < self.sessions_per_day <= 100:
            raise InvalidInput("sessions_per_day must be above 0 and at most 100", field="sessions_per_day")
        if not 1 <= self.slots <= 100:
            raise InvalidInput(f"slots must be from 1 to 100, not {self.slots}", field="slots")
        if not 0 <= self.drift <= 1:
            raise InvalidInput(f"drift must be from 0 to 1, not {self.drift}", field="drift")
        if self.until.tzinfo is None:
            raise InvalidInput("until must carry a time zone", field="until")

    @property
    def channels(self) -> int:
        """Number of channels: one for about 25 items, each with an owner among the users."""
        return max(1, min(self.items // 25, self.users // 2))

    @property
    def starts_at(self) -> int:
        """First instant, microseconds since the epoch."""
        return to_micros(self.until.astimezone(UTC)) - self.days * 86_400_000_000

    @property
    def ends_at(self) -> int:
        """Last instant, microseconds since the epoch."""
        return to_micros(self.until.astimezone(UTC))

    def user_id(self, number: int) -> str:
        """Id of the user with this number from 0."""
        return f"sim{self.seed}-u{number}"

    def item_id(self, number: int) -> str:
        """Id of the item with this number from 0."""
        return f"sim{self.seed}-v{number}"

    def channel_id(self, number: int) -> str:
        """Id of the channel with this number from 0."""
        return f"sim{self.seed}-c{number}"

    def as_json(self) -> dict[str, object]:
        """The configuration as plain values; `until` in microseconds."""
        return {**asdict(self), "until": self.ends_at}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> "SimulationConfig":
        """Inverse of `as_json`. Raises TypeError, InvalidInput for anything else."""
        fields = dict(kept)
        until = fields.pop("until")
        if not isinstance(until, int):
            raise InvalidInput("until must be microseconds since the epoch", field="until")
        return cls(**fields, until=from_micros(until))  # type: ignore[arg-type]
