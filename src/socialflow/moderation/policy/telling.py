"""A replay in plain data, as every door tells it: numbers, names and ids, no word of any content."""

from datetime import datetime
from math import isfinite
from typing import Any

import yaml

from socialflow.kit.clock import from_micros
from socialflow.moderation.policy.canonical import to_data
from socialflow.moderation.policy.guard import Breach, Limits, breaches
from socialflow.moderation.policy.records import Policy
from socialflow.moderation.policy.replay import Agreement, Flip, Likeness, Load, Replay, RuleEffect

_WIDTH = 150


def to_yaml(policy: Policy) -> str:
    """The policy as a YAML text that reads back as the same policy."""
    return str(yaml.safe_dump(to_data(policy), sort_keys=False, allow_unicode=True, width=_WIDTH))


def replayed(told: Replay, limits: Limits) -> dict[str, Any]:
    """What a draft would have made of stored decisions, and which limits that is beyond."""
    return {
        "digest": told.digest,
        "decisions": told.decisions,
        "unreadable": told.unreadable,
        "first_at": _at(told.since),
        "last_at": _at(told.until),
        "flipped": told.flipped,
        "newly_rejected": told.newly_rejected,
        "flips": [_flip(one) for one in told.flips],
        "rules": [_rule(one) for one in told.rules],
        "before": _agreement(told.before),
        "after": _agreement(told.after),
        "queue_before": _load(told.queue_before),
        "queue_after": _load(told.queue_after),
        "missing": dict(told.missing),
        "never": list(told.never),
        "beyond": [breach(one) for one in breaches(told, limits)],
    }


def breach(one: Breach) -> dict[str, Any]:
    """A limit that is broken; what was found is None where it is beyond any number."""
    found = one.found if isfinite(one.found) else None
    return {"name": one.name, "found": found, "limit": one.limit, "message": one.message}


def _at(micros: int | None) -> str | None:
    at: datetime | None = None if micros is None else from_micros(micros)
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _flip(one: Flip) -> dict[str, Any]:
    return {
        "before": one.before.value,
        "after": one.after.value,
        "count": one.count,
        "examples": list(one.examples),
    }


def _rule(one: RuleEffect) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "applied": one.applied,
        "capped": one.capped,
        "wanting": one.wanting,
        "flips": one.flips,
        "examples": list(one.examples),
    }


def _agreement(one: Agreement) -> dict[str, Any]:
    return {"judged": one.judged, "rejected": _likeness(one.rejected), "held_back": _likeness(one.held_back)}


def _likeness(one: Likeness) -> dict[str, Any]:
    return {
        "precision": one.precision,
        "recall": one.recall,
        "both": one.both,
        "alone": one.alone,
        "missed": one.missed,
    }


def _load(one: Load) -> dict[str, Any]:
    return {"mean": one.mean, "peak": one.peak}
