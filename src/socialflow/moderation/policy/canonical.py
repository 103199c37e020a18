"""One form of a policy for all the ways in which it can be written, and the digest that stands for it."""

import hashlib
from typing import Any

import orjson

from socialflow.moderation.policy.follow_up import follow_up_data
from socialflow.moderation.policy.records import (
    ALWAYS,
    Comparison,
    Condition,
    Group,
    Missing,
    Policy,
    Quantifier,
    Rule,
    Where,
)


def normal(condition: Condition) -> Condition:
    """The condition in its one form: groups of one and groups within their like dissolved, parts sorted, each once."""
    if isinstance(condition, Comparison):
        return condition
    quantifier = condition.quantifier
    like = Quantifier.ALL if quantifier is Quantifier.ALL else Quantifier.ANY  # none of (any of x) is none of x
    parts: dict[bytes, Condition] = {}
    for part in map(normal, condition.conditions):
        same = isinstance(part, Group) and part.quantifier is like
        for one in part.conditions if isinstance(part, Group) and same else (part,):
            parts[_bytes(_condition(one))] = one
    found = tuple(parts[key] for key in sorted(parts))
    if len(found) == 1 and quantifier is not Quantifier.NONE:
        return found[0]
    return Group(quantifier, found)


def canonical(policy: Policy) -> str:
    """The policy as JSON with sorted keys, defaults left out. `reading.read_stored` reads it back."""
    return _bytes(to_data(policy)).decode()


def digest(policy: Policy) -> str:
    """SHA-256 of the canonical form, hexadecimal: equal for two policies that say the same, however written."""
    return hashlib.sha256(canonical(policy).encode()).hexdigest()


def to_data(policy: Policy) -> dict[str, Any]:
    """The policy as plain data in the shape of the language."""
    return {
        "policy": 1.0,
        "thresholds": dict(policy.thresholds),
        "ensemble": {
            name: {"weight": part.weight, "signals": list(part.signals)} for name, part in policy.ensemble.items()
        },
        "reasons": {
            code: {
                "text": reason.text,
                "severity": reason.severity,
                "ground": reason.ground.value,
                "clause": reason.clause,
                "category": reason.category.value,
            }
            for code, reason in policy.reasons.items()
        },
        "rules": [_rule(rule) for rule in policy.rules],
        "unmeasured": policy.unmeasured.value,
        **follow_up_data(policy.follow_up),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {"name": rule.name, "reason": rule.reason, "acts": [act.value for act in rule.acts]}
    if rule.when != ALWAYS:
        data["when"] = _condition(rule.when)
    if rule.on != Where():
        data["on"] = _where(rule.on)
    if rule.labels:
        data["labels"] = list(rule.labels)
    if rule.missing is not Missing.REVIEW:
        data["missing"] = rule.missing.value
    if rule.stop:
        data["stop"] = True
    return data


def _where(on: Where) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {
        "kind": [kind.value for kind in on.kinds],
        "community": list(on.communities),
        "language": list(on.languages),
        "trust": [trust.value for trust in on.trust],
    }
    return {name: values for name, values in given.items() if values}


def _condition(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Group):
        return {condition.quantifier.value: [_condition(one) for one in condition.conditions]}
    value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return {condition.signal: {condition.compare.value: value}}


def _bytes(data: object) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
