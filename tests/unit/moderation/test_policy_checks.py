"""What the checks find in policies before anything is decided by them."""

import pytest
from hypothesis import given
from tests.unit.moderation.policy_nouns import (
    REASON,
    any_facts,
    any_signals,
    at_least,
    conditions,
    policies,
    policy,
    rule,
)

from socialflow.moderation.policy.boxes import boxes
from socialflow.moderation.policy.checks import Severity, check
from socialflow.moderation.policy.conditions import HOLDS, UNKNOWN, compiled, resolved
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled, evaluate, values_of
from socialflow.moderation.policy.records import (
    Compare,
    Comparison,
    Condition,
    FollowUp,
    Group,
    Missing,
    Policy,
    Quantifier,
    ReviewRules,
    Rule,
    StrikeRules,
    StrikeTerms,
    Where,
)
from socialflow.moderation.records import Act, ContentKind, Facts, Signals, Trust

REJECT, APPROVE, FLAG = (Act.REJECT,), (Act.APPROVE,), (Act.FLAG,)


def found(*rules: Rule, **fields: object) -> list[tuple[str, str]]:
    return [(finding.code, finding.rule) for finding in check(policy(*rules, **fields))]


def below(signal: str, value: float) -> Comparison:
    return Comparison(signal, Compare.BELOW, value)


def every(*parts: Condition) -> Group:
    return Group(Quantifier.ALL, parts)


def none(*parts: Condition) -> Group:
    return Group(Quantifier.NONE, parts)


def test_the_default_is_clean() -> None:
    assert check(default_policy()) == ()


class TestOneRule:
    @pytest.mark.parametrize(
        ("when", "code"),
        [
            (at_least("text.thret", 0.5), "unknown_signal"),
            (Comparison("text.threat", Compare.IS, 0.5), "wrong_comparison"),
            (at_least("match.owners", 0.5), "wrong_comparison"),
            (Comparison("text.threat", Compare.ANY_OF, ("a",)), "wrong_comparison"),
            (at_least("text.threat", 1.5), "threshold_out_of_range"),
            (below("author.strikes", -1), "threshold_out_of_range"),
            (at_least("text.threat", "far"), "threshold_out_of_range"),
            (at_least("risk", 0.5), "no_ensemble"),
            (every(at_least("text.spam", 0.8), below("text.spam", 0.8)), "unreachable"),
            (every(at_least("text.spam", 0.8), none(at_least("text.spam", 0.5))), "unreachable"),
            (every(Comparison("text.links", Compare.IS, 2), Comparison("text.links", Compare.IS, 3)), "unreachable"),
            (Comparison("text.spam", Compare.ABOVE, 1.0), "unreachable"),
            (
                every(
                    Comparison("match.owners", Compare.ANY_OF, ("a",)),
                    none(Comparison("match.owners", Compare.ANY_OF, ("a", "b"))),
                ),
                "unreachable",
            ),
        ],
    )
    def test_conditions(self, when: Condition, code: str) -> None:
        assert (code, "a") in found(rule("a", when), thresholds={"far": 3.0} if code.startswith("thr") else {})

    def test_what_can_hold_is_left_alone(self) -> None:
        owners = every(
            Comparison("match.owners", Compare.ANY_OF, ("a", "b")),
            none(Comparison("match.owners", Compare.ANY_OF, ("a",))),
        )
        assert found(rule("a", owners), rule("b", at_least("text.spam", 1.0)), rule("c", below("text.links", 9))) == []

    @pytest.mark.parametrize(
        ("one", "code"),
        [
            (rule("a", reason="rood"), "unknown_reason"),
            (rule("a", acts=(Act.APPROVE, Act.REJECT)), "contradictory_acts"),
            (rule("a", acts=(Act.COPYRIGHT_BLOCK, Act.COPYRIGHT_TRACK)), "contradictory_acts"),
            (rule("a", acts=(Act.LABEL,)), "no_labels"),
            (rule("a", labels=("x",)), "labels_unused"),
            (rule("a", at_least("text.threat", 0.5), REJECT, missing=Missing.APPLY), "severe_unseen"),
            (rule("a", at_least("video.violence", 0.5), REJECT), "heuristic_only"),
            (rule("a", every(at_least("video.blood", 0.5), at_least("video.nsfw", 0.5)), REJECT), "heuristic_only"),
            (rule("a", acts=APPROVE, stop=True), "approves_unchecked"),
        ],
    )
    def test_acts_and_reasons(self, one: Rule, code: str) -> None:
        assert (code, "a") in found(one)

    def test_a_reject_that_a_model_may_carry(self) -> None:
        either = Group(Quantifier.ANY, (at_least("video.violence", 0.5), at_least("video.nsfw", 0.5)))
        assert found(rule("a", either, REJECT)) == []

    def test_tables(self) -> None:
        codes = found(rule("a"), thresholds={"x": 0.5}, reasons={"rude": REASON, "other": REASON})
        assert codes == [("threshold_unused", ""), ("reason_unused", "")]

    def test_terms_of_strikes_that_no_rule_gives(self) -> None:
        said = FollowUp(ReviewRules(golden_rate=1.0), StrikeRules(by_reason={"rude": StrikeTerms(2.0)}))
        (finding,) = check(policy(rule("a"), follow_up=said))
        assert (finding.code, finding.severity) == ("strike_terms_unused", Severity.WARNING)
        assert "no rule strikes for rude" in finding.message
        assert found(rule("a", at_least("text.threat", 0.9), acts=(Act.REJECT, Act.STRIKE)), follow_up=said) == []


class TestRulesTogether:
    SPAM = at_least("text.spam", 0.5)

    def test_shadowed(self) -> None:
        narrow = rule("b", at_least("text.spam", 0.9), on=Where(kinds=(ContentKind.POST,)))
        assert found(rule("a", self.SPAM, stop=True), narrow) == [("shadowed", "b")]
        assert found(rule("a", self.SPAM), narrow) == []
        only_posts = rule("a", self.SPAM, stop=True, on=Where(kinds=(ContentKind.POST,)))
        assert found(only_posts, narrow) == [("shadowed", "b")]
        assert found(only_posts, rule("b", self.SPAM)) == []

    def test_shadowed_by_two_together(self) -> None:
        low, high = rule("low", below("text.spam", 0.6), stop=True), rule("high", self.SPAM, stop=True)
        assert found(low, high, rule("c", at_least("text.spam", 0.0))) == [("shadowed", "c")]
        assert found(low, high, rule("c")) == []  # content without the signal

    def test_contradictions(self) -> None:
        approve = rule("a", below("text.spam", 0.5), APPROVE)
        reject = rule("b", at_least("text.spam", 0.4), REJECT)
        assert found(approve, reject) == [("contradiction", "b")]
        assert found(reject, approve) == [("contradiction", "a")]
        assert found(approve, rule("b", self.SPAM, REJECT)) == []
        stops = rule("a", below("text.spam", 0.5), APPROVE, stop=True)
        assert found(stops, reject) == []
        new, trusted = Where(trust=(Trust.NEW,)), Where(trust=(Trust.TRUSTED,))
        apart = rule("a", self.SPAM, APPROVE, on=new), rule("b", self.SPAM, REJECT, on=trusted)
        assert found(*apart) == []

    def test_what_is_too_complex_says_so(self) -> None:
        either = [
            Group(Quantifier.ANY, tuple(Comparison("match.owners", Compare.ANY_OF, (f"{a}{b}",)) for b in range(9)))
            for a in range(6)
        ]
        assert found(rule("a", every(*either))) == [("too_complex", "a")]

    def test_errors_and_warnings(self) -> None:
        severities = {
            finding.code: finding.severity for finding in check(policy(rule("a", reason="x"), thresholds={"x": 1.0}))
        }
        assert severities["unknown_reason"] is Severity.ERROR
        assert severities["threshold_unused"] is Severity.WARNING


class TestAgainstEvaluation:
    """The checks speak of all content; evaluation of any must not contradict them."""

    @given(conditions, any_signals)
    def test_boxes_are_where_a_condition_holds(self, condition: Condition, of: Signals) -> None:
        condition = resolved(condition, {"named": 0.5})
        values, _ = values_of(Signals(of.readings))
        values = {name: value for name, value in values.items() if value is not None}
        held = compiled(condition)(values)
        assert held != UNKNOWN
        assert any(_inside(box, values) for box in boxes(condition)) is (held == HOLDS)
        assert any(_inside(box, values) for box in boxes(condition, holds=False)) is (held != HOLDS)

    @given(policies(), any_signals, any_facts)
    def test_what_is_unreachable_never_applies(self, made: Policy, of: Signals, facts: Facts) -> None:
        dead = {finding.rule for finding in check(made) if finding.code in ("unreachable", "shadowed")}
        verdict = evaluate(Compiled(made), Signals(of.readings), facts)
        whole = all(reading.coverage for reading in of.readings.values())
        if whole:
            assert dead.isdisjoint(
                hit.rule for hit in verdict.hits if not hit.missing and not _any_capped(verdict.hits)
            )


def _any_capped(hits: tuple[object, ...]) -> bool:
    return any(getattr(hit, "capped", False) for hit in hits)


def _inside(box: object, values: dict[str, object]) -> bool:
    for name, left in box.items():  # type: ignore[attr-defined]
        value = values.get(name)
        if value is None:
            if not left.absent:
                return False
        elif isinstance(value, tuple):
            if any(words.isdisjoint(value) for words in left.needs) or left.without & set(value):
                return False
        elif not (left.low <= (value, 0) < left.high):
            return False
    return True
