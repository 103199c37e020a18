"""What a draft may change before somebody has to say why."""

from collections.abc import Iterator
from dataclasses import dataclass

from socialflow.errors import PolicyGuarded
from socialflow.moderation.policy.replay import Replay


@dataclass(frozen=True, slots=True)
class Limits:
    """Shares of the replayed decisions that may change, and be newly rejected; by which share the queue of people may
    grow, and which share of the decisions may be unreadable."""

    flips: float = 0.05
    new_rejections: float = 0.01
    queue_growth: float = 0.25
    unreadable: float = 0.01


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that a draft would break."""

    name: str
    found: float
    limit: float
    message: str


def breaches(told: Replay, limits: Limits) -> tuple[Breach, ...]:
    """The limits that are broken; none where nothing was replayed."""
    return tuple(breach for breach in _shares(told, limits) if breach.found > breach.limit) if told.decisions else ()


def guard(told: Replay, limits: Limits | None = None, confirmed: str | None = None) -> None:
    """Refuse a draft beyond the limits, unless a reason for it is given in `confirmed`. Raises PolicyGuarded."""
    found = breaches(told, limits or Limits())
    if found and not (confirmed or "").strip():
        said = "; ".join(breach.message for breach in found)
        raise PolicyGuarded(f"{said}: confirm with a reason, or change the draft", field="confirmed")


def _shares(told: Replay, limits: Limits) -> Iterator[Breach]:
    share, limit = told.flipped / told.decisions, limits.flips
    yield Breach("flips", share, limit, f"{share:.1%} of decisions would change (limit {limit:.1%})".replace("%", " %"))
    share, limit = told.newly_rejected / told.decisions, limits.new_rejections
    said = f"{share:.1%} would be newly rejected (limit {limit:.1%})".replace("%", " %")
    yield Breach("new_rejections", share, limit, said)
    before, after = told.queue_before.mean, told.queue_after.mean
    growth = (after - before) / before if before else (float("inf") if after else 0.0)
    said = f"the queue would grow from {before:.1f} to {after:.1f} an hour (limit {limits.queue_growth:.0%} more)"
    yield Breach("queue_growth", growth, limits.queue_growth, said.replace("%", " %"))
    share, limit = told.unreadable / told.decisions, limits.unreadable
    said = f"{share:.1%} of decisions cannot be read (limit {limit:.1%})".replace("%", " %")
    yield Breach("unreadable", share, limit, said)
