"""From the text of a policy to its record."""

from collections.abc import Mapping

from socialflow.moderation.policy.canonical import normal
from socialflow.moderation.policy.fields import LONGEST_TEXT as LONGEST
from socialflow.moderation.policy.fields import (
    flag,
    keys,
    listed,
    nearest,
    number,
    one_of,
    some_of,
    table,
    word,
    words,
)
from socialflow.moderation.policy.follow_up import follow_up
from socialflow.moderation.policy.records import (
    ALWAYS,
    RISK,
    UNMEASURED,
    Category,
    Compare,
    Comparison,
    Condition,
    Ground,
    Group,
    Missing,
    Part,
    Policy,
    Quantifier,
    Reason,
    Rule,
    Where,
)
from socialflow.moderation.policy.tree import Node, from_json, from_yaml
from socialflow.moderation.records import Act, ContentKind, Trust
from socialflow.moderation.signal_names import SIGNALS

LANGUAGE = 1
"""Version of the language that is read (`policy: 1`)."""
_POLICY = ("policy", "thresholds", "ensemble", "reasons", "rules", "unmeasured", "review", "strikes")
_RULE = ("name", "reason", "acts", "when", "on", "labels", "missing", "stop")
_REASON = ("text", "severity", "ground", "clause", "category")
_ON = ("kind", "community", "language", "trust")
_COMPARISONS = (*(one.value for one in Compare), "contains")
_GROUPS = {one.value: one for one in Quantifier}
_MOST_RULES = 200


def read(text: str) -> Policy:
    """The policy that a YAML text describes, in canonical form (see docs/how-to/write-a-moderation-policy.md).

    What can be read may still make no sense: `checks.check` tells.

    Raises:
        InvalidInput: the text is not YAML, or not this language; the message has the line, the field the place.
        TooLarge: more than 256 KiB.
    """
    return _policy(from_yaml(text))


def lines_of(text: str) -> Mapping[str, int]:
    """The line, from 1, on which each rule of a text begins that `read` can read."""
    rules = listed(table(from_yaml(text))["rules"])
    return {word(table(rule)["name"]): rule.line for rule in rules}


def read_stored(body: str) -> Policy:
    """The policy of a stored canonical body. Raises InvalidInput."""
    return _policy(from_json(body))


def _policy(node: Node) -> Policy:
    given = keys(node, _POLICY, ("policy", "reasons", "rules"))
    if number(given["policy"]) != LANGUAGE:
        raise given["policy"].refused(f"the version of the language is {LANGUAGE}")
    thresholds = {_name(name, value): number(value) for name, value in _sorted(given.get("thresholds"))}
    rules = tuple(_rule(one, thresholds) for one in listed(given["rules"]))
    if len(rules) > _MOST_RULES:
        raise given["rules"].refused(f"at most {_MOST_RULES} rules, not {len(rules)}")
    _distinct(given["rules"], rules)
    reasons = {_name(code, reason): _reason(reason) for code, reason in _sorted(given["reasons"])}
    return Policy(
        thresholds=thresholds,
        ensemble={_name(name, part): _part(part) for name, part in _sorted(given.get("ensemble"))},
        reasons=reasons,
        rules=rules,
        unmeasured=_unmeasured(given.get("unmeasured")),
        follow_up=follow_up(given.get("review"), given.get("strikes"), reasons),
    )


def _sorted(node: Node | None) -> list[tuple[str, Node]]:
    return [] if node is None else sorted(table(node).items())


def _name(name: str, at: Node) -> str:
    """A name that can be told from a number and stands in one word."""
    if not name.replace("_", "").replace("-", "").isalnum() or not name[0].isalpha() or len(name) > 64:
        raise at.refused(f"{name!r}: a name is letters, digits, - and _, begins with a letter, and has 64 at most")
    return name


def _distinct(node: Node, rules: tuple[Rule, ...]) -> None:
    seen: dict[str, int] = {}
    for place, rule in enumerate(rules):
        if (before := seen.setdefault(rule.name, place)) != place:
            raise listed(node)[place].refused(f"rules.{before} has the name {rule.name!r} too")


def _unmeasured(node: Node | None) -> Act:
    if node is None:
        return Act.REVIEW
    act = one_of(node, Act)
    if act not in (Act.REVIEW, Act.REJECT):
        raise node.refused("content of which nothing could be measured is for review or reject, never shown unchecked")
    return act


def _part(node: Node) -> Part:
    given = keys(node, ("weight", "signals"), ("weight", "signals"))
    weight, signals = number(given["weight"]), words(given["signals"])
    if weight <= 0:
        raise given["weight"].refused("a weight is above 0")
    for name in signals:
        if name not in SIGNALS or SIGNALS[name].harm is False:
            harms = [one for one, about in SIGNALS.items() if about.harm]
            raise given["signals"].refused(f"{name} is no signal of harm{nearest(name, harms)}")
    return Part(weight, signals)


def _reason(node: Node) -> Reason:
    given = keys(node, _REASON, _REASON)
    severity = number(given["severity"])
    if not 0.0 <= severity <= 1.0:
        raise given["severity"].refused(f"a severity is 0 to 1, not {severity:g}")
    return Reason(
        text=word(given["text"], LONGEST).strip(),
        severity=severity,
        ground=one_of(given["ground"], Ground),
        clause=word(given["clause"], LONGEST),
        category=one_of(given["category"], Category),
    )


def _rule(node: Node, thresholds: Mapping[str, float]) -> Rule:
    given = keys(node, _RULE, ("name", "reason", "acts"))
    name = _name(word(given["name"]), given["name"])
    if name == UNMEASURED:
        raise given["name"].refused(f"{UNMEASURED} is the name of the rule that every policy ends with")
    return Rule(
        name=name,
        reason=word(given["reason"]),
        acts=some_of(given["acts"], Act),
        when=normal(_condition(given["when"], thresholds)) if "when" in given else ALWAYS,
        on=_where(given["on"]) if "on" in given else Where(),
        labels=words(given["labels"]) if "labels" in given else (),
        missing=one_of(given["missing"], Missing) if "missing" in given else Missing.REVIEW,
        stop=flag(given["stop"]) if "stop" in given else False,
    )


def _where(node: Node) -> Where:
    given = keys(node, _ON)
    return Where(
        kinds=some_of(given["kind"], ContentKind) if "kind" in given else (),
        communities=words(given["community"]) if "community" in given else (),
        languages=words(given["language"]) if "language" in given else (),
        trust=some_of(given["trust"], Trust) if "trust" in given else (),
    )


def _condition(node: Node, thresholds: Mapping[str, float]) -> Condition:
    """`all`, `any` or `none` of a list, or a signal with its comparisons; a list is `all` of it."""
    if isinstance(node.value, list):
        return _group(Quantifier.ALL, node, thresholds)
    parts: list[Condition] = []
    for name, value in table(node).items():
        if name in _GROUPS:
            parts.append(_group(_GROUPS[name], value, thresholds))
        else:
            parts += _comparisons(_signal(name, value), value, thresholds)
    if not parts:
        raise node.refused("the condition is empty")
    return Group(Quantifier.ALL, tuple(parts))


def _group(quantifier: Quantifier, node: Node, thresholds: Mapping[str, float]) -> Group:
    inner = listed(node)
    if not inner:
        raise node.refused("the list is empty")
    return Group(quantifier, tuple(_condition(one, thresholds) for one in inner))


def _signal(name: str, at: Node) -> str:
    """The name of a signal; one that is not known is left to the checks, a slip of a group's name is not."""
    if "." not in name and name != RISK:
        known = [*_GROUPS, RISK, *SIGNALS]
        raise at.refused(f"{name!r} is neither a signal nor all, any or none{nearest(name, known)}")
    return name


def _comparisons(signal: str, node: Node, thresholds: Mapping[str, float]) -> list[Comparison]:
    given = keys(node, _COMPARISONS)
    if not given:
        raise node.refused(f"compare {signal} with one of {', '.join(_COMPARISONS)}")
    found = []
    for name, value in given.items():
        if name in ("contains", Compare.ANY_OF):
            if name == "contains" and isinstance(value.value, list):
                raise value.refused("contains names one word; any_of takes several")
            found.append(Comparison(signal, Compare.ANY_OF, words(value)))
        else:
            found.append(Comparison(signal, Compare(name), _threshold(value, thresholds)))
    return found


def _threshold(node: Node, thresholds: Mapping[str, float]) -> float | str:
    """A number, or the name of a threshold of this policy."""
    if not isinstance(node.value, str):
        return number(node)
    if node.value not in thresholds:
        known = ", ".join(thresholds) or "none"
        hint = nearest(node.value, thresholds)
        raise node.refused(f"there is no threshold {node.value!r}{hint}; there are {known}")
    return node.value
