"""Small policies, signals and facts for tests, and strategies that make any."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from hypothesis import strategies as st

from socialflow.kit.answers import Tier
from socialflow.moderation.policy.canonical import normal
from socialflow.moderation.policy.records import (
    ALWAYS,
    RISK,
    Category,
    Compare,
    Comparison,
    Condition,
    FollowUp,
    Ground,
    Group,
    Missing,
    Part,
    Policy,
    Quantifier,
    Reason,
    ReviewRules,
    Rule,
    StrikeRules,
    StrikeTerms,
    Where,
)
from socialflow.moderation.records import Act, ContentKind, Facts, Reading, Signals, Trust, Value

REASON = Reason("It is rude.", 0.5, Ground.TERMS, "rules", Category.OTHER)
COMMENT = Facts(ContentKind.COMMENT, None, "en", Trust.USUAL)


def reading(value: Value, tier: Tier = Tier.TRAINED, coverage: float = 1.0) -> Reading:
    return Reading(value, "m", "1", tier, coverage)


def signals(values: Mapping[str, Value | Reading], missing: Mapping[str, str] | None = None) -> Signals:
    """Readings of trained models, but where a whole reading is given."""
    readings = {name: one if isinstance(one, Reading) else reading(one) for name, one in values.items()}
    return Signals(readings, missing or {})


def at_least(signal: str, value: float | str) -> Comparison:
    return Comparison(signal, Compare.AT_LEAST, value)


def rule(name: str, when: Condition = ALWAYS, acts: tuple[Act, ...] = (Act.FLAG,), **fields: Any) -> Rule:
    return Rule(name, fields.pop("reason", "rude"), acts, when, **fields)


def policy(*rules: Rule, **fields: Any) -> Policy:
    given: dict[str, Any] = {"thresholds": {}, "ensemble": {}, "reasons": {"rude": REASON}, **fields}
    return Policy(rules=rules, **given)


SCORES = ("text.threat", "text.spam", "video.violence")
COUNTS = ("author.strikes", "text.links")
LISTS = ("text.link_hosts", "match.owners")
LEVELS = (0.0, 0.3, 0.5, 0.7, 1.0)
WORDS = ("a", "b", "c")
_NUMERIC = (Compare.AT_LEAST, Compare.ABOVE, Compare.BELOW)
ENSEMBLE = {"bad": Part(0.4, ("text.threat", "video.violence")), "spam": Part(0.3, ("text.spam",))}

_words = st.sets(st.sampled_from(WORDS), min_size=1).map(lambda found: tuple(sorted(found)))
_comparisons: st.SearchStrategy[Condition] = st.one_of(
    st.builds(
        Comparison, st.sampled_from((*SCORES, RISK)), st.sampled_from(_NUMERIC), st.sampled_from((*LEVELS, "named"))
    ),
    st.builds(Comparison, st.sampled_from(COUNTS), st.sampled_from((*_NUMERIC, Compare.IS)), st.sampled_from(LEVELS)),
    st.builds(Comparison, st.sampled_from(LISTS), st.just(Compare.ANY_OF), _words),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    _comparisons,
    lambda inner: st.builds(Group, st.sampled_from(Quantifier), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=6,
).map(normal)


def _some(values: Any) -> Any:
    return st.sets(st.sampled_from(values), max_size=2).map(lambda found: tuple(one for one in values if one in found))


_where = st.builds(
    Where,
    _some((ContentKind.POST, ContentKind.COMMENT)),
    _some(("chess", "go")),
    _some(("de", "en")),
    _some((Trust.NEW, Trust.USUAL)),
)
_acts = st.sets(st.sampled_from(Act), min_size=1, max_size=3).map(lambda found: tuple(a for a in Act if a in found))


_rates = st.one_of(st.sampled_from((0.0, 0.02, 0.05, 1.0)), st.floats(0, 1).map(lambda rate: rate + 0.0))
_days = st.one_of(st.sampled_from((1, 14, 90, 365)), st.integers(1, 3_650)).map(lambda days: timedelta(days=days))
_terms = st.builds(StrikeTerms, st.one_of(st.just(1.0), st.floats(0, 100, exclude_min=True)), _days, _days)


@st.composite
def _strikes(draw: st.DrawFn) -> StrikeRules:
    usual, own = draw(_terms), draw(_terms)
    return StrikeRules(usual, {"rude": own} if own != usual else {})


follow_ups = st.builds(FollowUp, st.builds(ReviewRules, _rates, _rates, _days), _strikes())


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies that can be evaluated, in canonical form."""
    rules = [
        Rule(
            f"r{place}",
            "rude",
            draw(_acts),
            draw(conditions),
            draw(st.one_of(st.just(Where()), _where)),
            missing=draw(st.sampled_from(Missing)),
            stop=draw(st.booleans()),
        )
        for place in range(draw(st.integers(0, 4)))
    ]
    unmeasured = draw(st.sampled_from((Act.REVIEW, Act.REJECT)))
    ensemble = draw(st.sampled_from(({}, ENSEMBLE)))
    followed = draw(st.one_of(st.just(FollowUp()), follow_ups))
    return policy(*rules, thresholds={"named": 0.5}, ensemble=ensemble, unmeasured=unmeasured, follow_up=followed)


_readings = st.fixed_dictionaries(
    {},
    optional={
        name: st.builds(
            reading, values, st.sampled_from((Tier.TRAINED, Tier.HEURISTIC)), st.sampled_from((0.0, 0.5, 1.0))
        )
        for names, values in (
            (SCORES, st.one_of(st.sampled_from(LEVELS), st.floats(0, 1))),
            (COUNTS, st.sampled_from((0.0, 0.3, 1.0, 7.0))),
            (LISTS, st.one_of(st.just(()), _words)),
        )
        for name in names
    },
)
any_signals = st.builds(
    Signals,
    _readings,
    st.sets(st.sampled_from((*SCORES, *COUNTS, *LISTS))).map(lambda names: dict.fromkeys(names, "?")),
)
any_facts = st.builds(
    Facts,
    st.sampled_from((ContentKind.POST, ContentKind.COMMENT, ContentKind.VIDEO)),
    st.sampled_from((None, "chess", "go", "tea")),
    st.sampled_from((None, "de", "en")),
    st.sampled_from(Trust),
)


def sealed(of: Signals) -> bytes:
    """Signals as decisions keep them."""
    readings = {
        name: {
            "value": one.value,
            "model": one.model,
            "version": one.version,
            "tier": one.tier.value,
            "coverage": one.coverage,
            "places": [],
        }
        for name, one in of.readings.items()
    }
    return orjson.dumps({"readings": readings, "missing": dict(of.missing)}, option=orjson.OPT_SORT_KEYS)
