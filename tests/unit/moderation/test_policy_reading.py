"""Policies as text: what is read, what is refused and how, and one digest for all ways of writing one."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.moderation.policy_nouns import conditions, policies

from socialflow.errors import InvalidInput, SocialflowError, TooLarge
from socialflow.moderation.policy.canonical import canonical, digest, normal, to_data
from socialflow.moderation.policy.default import default_policy, default_text
from socialflow.moderation.policy.reading import read, read_stored
from socialflow.moderation.policy.records import (
    Compare,
    Comparison,
    FollowUp,
    Group,
    Missing,
    Policy,
    Quantifier,
    ReviewRules,
    StrikeRules,
    StrikeTerms,
)
from socialflow.moderation.records import Act, ContentKind, Trust

HEAD = """
policy: 1
thresholds: {hate: 0.7}
reasons:
  rude: {text: It is rude., severity: 0.5, ground: terms, clause: rules, category: other_violation_tc}
rules:
"""
RULE = "  - {name: a, reason: rude, acts: [flag], when: {text.threat: {at_least: hate}}}\n"


def refusal(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return caught.value


class TestReading:
    def test_a_rule_with_everything(self) -> None:
        text = HEAD + (
            "  - name: a\n    reason: rude\n    acts: [label, reject]\n    labels: [x]\n"
            "    missing: apply\n    stop: true\n"
            "    on: {kind: post, community: [go, chess], language: [no], trust: [new]}\n"
            "    when: {any: [{text.threat: {at_least: hate}}, {match.owners: {contains: ACME}}]}\n"
        )
        (rule,) = read(text).rules
        assert rule.acts == (Act.REJECT, Act.LABEL)
        assert rule.on.kinds == (ContentKind.POST,)
        assert rule.on.communities == ("chess", "go")
        assert rule.on.languages == ("no",)
        assert rule.on.trust == (Trust.NEW,)
        assert (rule.missing, rule.stop, rule.labels) == (Missing.APPLY, True, ("x",))
        owners = Comparison("match.owners", Compare.ANY_OF, ("ACME",))
        assert rule.when == Group(Quantifier.ANY, (owners, Comparison("text.threat", Compare.AT_LEAST, "hate")))

    def test_two_comparisons_and_two_signals_hold_together(self) -> None:
        both = "{text.spam: {at_least: 0.1, below: 1}, risk: {above: 0}}"
        text = HEAD + RULE.replace("{text.threat: {at_least: hate}}", both)
        when = read(text).rules[0].when
        assert isinstance(when, Group)
        assert when.quantifier is Quantifier.ALL
        assert len(when.conditions) == 3

    def test_the_default_carries_the_thresholds_it_is_known_for(self) -> None:
        policy = default_policy()
        known = {"nsfw": 0.7, "spam": 0.8, "violence": 0.75, "hate_speech": 0.7, "risk": 0.75}
        assert known.items() <= policy.thresholds.items()
        assert {name: part.weight for name, part in policy.ensemble.items()} == {
            "nsfw": 0.4,
            "violence": 0.4,
            "toxicity": 0.2,
        }
        assert default_policy({"nsfw": 0.5}).thresholds["nsfw"] == 0.5
        with pytest.raises(InvalidInput):
            default_policy({"nfsw": 0.5})


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "empty"),
            ("a: [", "line 1: this is not YAML"),
            ("- 1", "a mapping"),
            (HEAD + RULE + "--- {}\n", "one document"),
            (HEAD + RULE + "policy: 1\n", "line 8: 'policy' stands twice, first on line 2"),
            (HEAD + RULE.replace("reason: rude", "reason: &a rude"), "anchors"),
            (HEAD + RULE.replace("[flag]", "*a"), "aliases"),
            (HEAD + RULE.replace("name: a", "name: !!python/name:os.system a"), "tags"),
            (HEAD + RULE.replace("at_least", "at_leats"), "unknown key 'at_leats' (did you mean at_least?)"),
            (HEAD + RULE.replace("acts", "act"), "line 7: rules.0.act: unknown key 'act' (did you mean acts?)"),
            (HEAD + RULE.replace("flag", "flagg"), "did you mean flag?"),
            (HEAD + RULE.replace("at_least: hate", "at_least: hat"), "no threshold 'hat' (did you mean hate?)"),
            (HEAD + RULE.replace("text.threat", "anny"), "(did you mean any?)"),
            (HEAD + RULE.replace("at_least: hate", ""), "compare text.threat with"),
            (HEAD + RULE.replace("name: a,", ""), "name is missing"),
            (HEAD + RULE.replace("name: a", "name: unmeasured"), "every policy ends with"),
            (HEAD + RULE.replace("name: a", "name: 7"), "stand in quotes"),
            (HEAD + RULE.replace("hate}", ".nan}"), "no threshold '.nan'"),
            (HEAD + RULE.replace("hate}", "1e999}"), "a number is wanted"),
            (HEAD + RULE.replace("hate}", "}"), "it is empty"),
            (HEAD + RULE + RULE, "rules.0 has the name 'a' too"),
            (HEAD + RULE.replace("acts: [flag]", "acts: []"), "the list is empty"),
            (HEAD + RULE.replace("{text.threat: {at_least: hate}}", "{all: []}"), "the list is empty"),
            (HEAD + RULE.replace("{text.threat: {at_least: hate}}", "{match.owners: {contains: [a]}}"), "one word"),
            (HEAD.replace("0.5", "5") + RULE, "a severity is 0 to 1"),
            (HEAD.replace("policy: 1", "policy: 2") + RULE, "version of the language"),
            (HEAD + RULE + "unmeasured: approve\n", "never shown unchecked"),
            (HEAD + RULE + "ensemble: {x: {weight: 0, signals: [text.spam]}}\n", "a weight is above 0"),
            (HEAD + RULE + "ensemble: {x: {weight: 1, signals: [text.links]}}\n", "no signal of harm"),
            (HEAD.replace("It is rude.", '"\\u2028"') + RULE, "U+2028"),
            ("[" * 40 + "]" * 40, "deeper than 16"),
            (HEAD + RULE + "review: {second_rate: 1.5}\n", "line 8: review.second_rate: a rate is 0 to 1, not 1.5"),
            (HEAD + RULE + "review: {golden_rate: -0.1}\n", "a rate is 0 to 1"),
            (HEAD + RULE + "review: {appeal_days: 0}\n", "whole days from 1 to 3,650"),
            (HEAD + RULE + "review: {appeal_days: 1.5}\n", "whole days from 1 to 3,650 are wanted here, not 1.5"),
            (HEAD + RULE + "review: {appeal_within: 14}\n", "known are second_rate, golden_rate, appeal_days"),
            (HEAD + RULE + "review: 5\n", "a mapping of names"),
            (HEAD + RULE + "strikes: {weight: 0}\n", "above 0 and at most 100, not 0"),
            (HEAD + RULE + "strikes: {weight: 101}\n", "above 0 and at most 100"),
            (HEAD + RULE + "strikes: {half_life: 90}\n", "(did you mean half_life_days?)"),
            (HEAD + RULE + "strikes: {expires_days: 3651}\n", "whole days"),
            (HEAD + RULE + "strikes: {half_life_days: 1e999}\n", "a number is wanted"),
            (HEAD + RULE + "strikes: {reasons: {rud: {weight: 2}}}\n", "no reason 'rud' (did you mean rude?)"),
            (HEAD + RULE + "strikes: {reasons: {rude: {reasons: {}}}}\n", "unknown key 'reasons'"),
        ],
    )
    def test_say_where_and_what_would_be_right(self, text: str, said: str) -> None:
        assert said in refusal(text).message

    def test_name_the_field(self) -> None:
        assert refusal(HEAD + RULE.replace("flag", "flagg")).field == "rules.0.acts.0"

    def test_too_large(self) -> None:
        with pytest.raises(TooLarge):
            read("#" * 300_000)

    @given(st.one_of(st.text(max_size=60), st.text("{}[]:,-&*!|>'\"%@`?\n a1", max_size=60)))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        for whole in (text, HEAD + RULE + text):
            try:
                read(whole)
            except SocialflowError:
                continue


class TestFollowUp:
    def test_what_is_said_of_reviews_and_strikes(self) -> None:
        text = (
            HEAD
            + RULE
            + (
                "review: {second_rate: 0.5, golden_rate: 0, appeal_days: 183}\n"
                "strikes: {weight: 2, expires_days: 100, reasons: {rude: {half_life_days: 10}}}\n"
            )
        )
        days = timedelta(days=1)
        usual = StrikeTerms(2.0, 90 * days, 100 * days)
        told = FollowUp(
            ReviewRules(0.5, 0.0, 183 * days), StrikeRules(usual, {"rude": StrikeTerms(2.0, 10 * days, 100 * days)})
        )
        assert read(text).follow_up == told
        assert read_stored(canonical(read(text))).follow_up == told

    def test_what_is_left_out_is_as_ever(self) -> None:
        assert read(HEAD + RULE).follow_up == FollowUp()
        assert FollowUp().review == ReviewRules(0.05, 0.02, timedelta(days=14))
        assert FollowUp().strikes.of("rude") == StrikeTerms(1.0, timedelta(days=90), timedelta(days=365))

    def test_policies_stored_before_there_were_such_blocks_keep_their_digest(self) -> None:
        body = to_data(read(HEAD + RULE))
        assert {"review", "strikes"}.isdisjoint(body)
        written = (
            HEAD
            + RULE
            + (
                "review: {second_rate: 0.05, golden_rate: 0.02, appeal_days: 14}\n"
                "strikes: {weight: 1, half_life_days: 90, expires_days: 365, reasons: {rude: {weight: 1}}}\n"
            )
        )
        assert read(written) == read(HEAD + RULE) == read_stored(json.dumps(body))
        assert digest(read(written)) == digest(read(HEAD + RULE))

    def test_the_default_says_what_is_usual(self) -> None:
        start, end = default_text().index("\nreview:"), default_text().index("\nreasons:")
        for said in ("second_rate: 0.05", "golden_rate: 0.02", "appeal_days: 14", "half_life_days: 90"):
            assert said in default_text()[start:end]
        assert read(default_text()[:start] + default_text()[end:]) == default_policy()

    @pytest.mark.parametrize(
        "said", ["review: {appeal_days: 1}", "review: {second_rate: 1}", "strikes: {reasons: {rude: {weight: 9}}}"]
    )
    def test_what_is_said_otherwise_has_another_digest(self, said: str) -> None:
        assert digest(read(HEAD + RULE + said + "\n")) != digest(read(HEAD + RULE))

    def test_terms_of_a_reason_are_beside_those_of_the_block(self) -> None:
        """Of a reason, `weight: 1` says something where the block says 2, and nothing where it says 1."""
        text = HEAD + RULE + "strikes: {weight: W, reasons: {rude: {weight: 1}}}\n"
        assert read(text.replace("W", "2")).follow_up.strikes.of("rude").weight == 1.0
        assert to_data(read(text.replace("W", "2")))["strikes"] == {"weight": 2.0, "reasons": {"rude": {"weight": 1.0}}}
        assert read(text.replace("W", "1")) == read(HEAD + RULE)


class TestCanonicalForm:
    def test_the_same_policy_written_differently_has_one_digest(self) -> None:
        one = HEAD + (
            "  - name: a\n    reason: rude\n    acts: [flag]\n    on: {kind: [post, comment]}\n"
            "    when:\n      all:\n        - text.threat: {at_least: hate}\n        - text.spam: {below: 0.5}\n"
        )
        other = """# the same, shorter
rules:
- {when: {text.spam: {below: 5.0e-1}, text.threat: {at_least: "hate"}}, acts: flag, on: {kind: [comment, post, post]},
   reason: rude, name: a, missing: review, stop: false}
unmeasured: review
reasons: {rude: {severity: .5, clause: rules, ground: terms, category: other_violation_tc, text: 'It is rude.'}}
thresholds: {hate: 0.70}
policy: 1.0
"""
        assert canonical(read(one)) == canonical(read(other))
        assert digest(read(one)) == digest(read(other))
        assert digest(read(one.replace("0.5}", "0.6}"))) != digest(read(one))

    def test_the_default(self) -> None:
        assert read_stored(canonical(default_policy())) == default_policy() == read(default_text())

    @given(policies())
    def test_what_is_stored_is_read_again(self, policy: Policy) -> None:
        body = canonical(policy)
        assert read_stored(body) == policy
        assert read(body) == policy
        assert canonical(read(json.dumps(to_data(policy), indent=1))) == body

    @given(conditions)
    def test_one_form_is_its_own(self, condition: Comparison | Group) -> None:
        assert normal(condition) == condition
        assert normal(Group(Quantifier.ALL, (condition, condition))) == condition
