"""What policies say of content: acts, caps, missing signals, risk, why."""

import pytest
from hypothesis import given
from tests.unit.moderation.policy_nouns import (
    COMMENT,
    ENSEMBLE,
    any_facts,
    any_signals,
    at_least,
    policies,
    policy,
    reading,
    rule,
    signals,
)

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.kit.answers import Tier
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.records import (
    SEVERE,
    UNCHECKED,
    UNMEASURED,
    Compare,
    Comparison,
    Group,
    Missing,
    Policy,
    Quantifier,
    Rule,
    Where,
)
from socialflow.moderation.records import Act, ContentKind, Facts, Hit, Signals, Trust, Verdict

THREAT = at_least("text.threat", 0.7)
REJECT, REVIEW, FLAG = (Act.REJECT,), (Act.REVIEW,), (Act.FLAG,)
CALM = {"text.toxicity": 0.1}


def told(*rules: Rule, of: Signals, facts: Facts = COMMENT, **fields: object) -> Verdict:
    return evaluate(Compiled(policy(*rules, **fields)), of, facts)


class TestActs:
    def test_nothing_against_it(self) -> None:
        verdict = told(rule("a", THREAT, REJECT), of=signals({"text.threat": 0.2}))
        assert verdict == Verdict(ModerationStatus.APPROVED, (Act.APPROVE,), (), None, 0.8)

    def test_why(self) -> None:
        verdict = told(rule("a", THREAT, REJECT), of=signals({"text.threat": 0.93}))
        assert verdict.hits == (Hit("a", "rude", REJECT, ("text.threat 0.93 >= 0.7",)),)
        assert (verdict.status, verdict.confidence, verdict.flags) == (ModerationStatus.REJECTED, 0.93, ("rude",))

    def test_the_strongest_decides_and_the_rest_adds_up(self) -> None:
        verdict = told(
            rule("a", THREAT, (Act.FLAG, Act.STRIKE)),
            rule("b", THREAT, (Act.REVIEW, Act.LABEL), labels=("x",)),
            rule("c", acts=(Act.APPROVE,)),
            of=signals({"text.threat": 0.8}),
        )
        assert verdict.status is ModerationStatus.REVIEW_REQUIRED
        assert verdict.acts == (Act.REVIEW, Act.LABEL, Act.STRIKE)

    def test_a_rule_that_stops(self) -> None:
        first = rule("a", acts=(Act.APPROVE,), on=Where(trust=(Trust.TRUSTED,)), stop=True)
        for trust, status in ((Trust.TRUSTED, "approved"), (Trust.NEW, "rejected")):
            facts = Facts(ContentKind.POST, trust=trust)
            verdict = told(first, rule("b", THREAT, REJECT), of=signals({"text.threat": 1.0}), facts=facts)
            assert verdict.status == status

    @pytest.mark.parametrize(
        ("on", "concerned"),
        [
            (Where(), True),
            (Where(kinds=(ContentKind.POST,)), False),
            (Where(communities=("chess",)), False),
            (Where(languages=("de", "en")), True),
            (Where(trust=(Trust.NEW,)), False),
        ],
    )
    def test_which_content_a_rule_is_about(self, on: Where, concerned: bool) -> None:
        assert bool(told(rule("a", on=on), of=signals(CALM)).hits) is concerned

    @pytest.mark.parametrize(
        ("condition", "holds"),
        [
            (Comparison("text.threat", Compare.ABOVE, 0.5), False),
            (at_least("text.threat", 0.5), True),
            (Comparison("text.threat", Compare.BELOW, 0.5), False),
            (Comparison("author.strikes", Compare.IS, 2.0), True),
            (Comparison("match.owners", Compare.ANY_OF, ("a", "z")), True),
            (Comparison("match.owners", Compare.ANY_OF, ("z",)), False),
            (Comparison("video.nsfw", Compare.BELOW, 0.5), False),
            (Group(Quantifier.NONE, (at_least("video.nsfw", 0.5), at_least("text.threat", 0.9))), True),
        ],
    )
    def test_comparisons(self, condition: Comparison | Group, holds: bool) -> None:
        of = signals({"text.threat": 0.5, "author.strikes": 2.0, "match.owners": ("a", "b")})
        assert bool(told(rule("a", condition), of=of).hits) is holds


class TestMissing:
    OF = signals(CALM, {"text.threat": "model:x"})

    def test_people_look(self) -> None:
        verdict = told(rule("a", THREAT, REJECT), of=self.OF)
        assert verdict.hits == (Hit("a", UNCHECKED, REVIEW, (), ("text.threat",)),)
        assert (verdict.status, verdict.confidence) == (ModerationStatus.REVIEW_REQUIRED, 0.0)

    @pytest.mark.parametrize(("missing", "status"), [(Missing.IGNORE, "approved"), (Missing.APPLY, "rejected")])
    def test_unless_the_rule_says_else(self, missing: Missing, status: str) -> None:
        assert told(rule("a", THREAT, REJECT, missing=missing), of=self.OF).status == status

    def test_does_not_matter_where_the_rest_decides(self) -> None:
        both = (THREAT, at_least("text.toxicity", 0.9))
        assert not told(rule("a", Group(Quantifier.ALL, both)), of=self.OF).hits
        anyway = (THREAT, at_least("text.toxicity", 0.1))
        (hit,) = told(rule("a", Group(Quantifier.ANY, anyway)), of=self.OF).hits
        assert (hit.missing, hit.because) == ((), ("text.toxicity 0.1 >= 0.1",))

    def test_what_was_read_of_a_part_does_not_speak_for_the_rest(self) -> None:
        of = signals({**CALM, "text.threat": 0.1}, {"text.threat": "media:unavailable"})
        assert told(rule("a", THREAT), of=of).status is ModerationStatus.REVIEW_REQUIRED

    @pytest.mark.parametrize("value", [float("nan"), ("a",)])
    def test_a_reading_that_says_nothing_is_missing(self, value: float | tuple[str, ...]) -> None:
        assert told(rule("a", THREAT), of=signals({**CALM, "text.threat": value})).hits[0].missing == ("text.threat",)
        unseen = signals({**CALM, "text.threat": reading(0.1, coverage=0.0)})
        assert told(rule("a", THREAT), of=unseen).status is ModerationStatus.REVIEW_REQUIRED

    @pytest.mark.parametrize("unmeasured", [Act.REVIEW, Act.REJECT])
    def test_content_of_which_nothing_was_measured(self, unmeasured: Act) -> None:
        of = signals({"author.strikes": 0.0, "text.links": 1.0, "match.harmful": 0.0}, {"text.threat": "?"})
        stop = rule("a", acts=(Act.APPROVE,), stop=True)
        verdict = told(stop, of=of, unmeasured=unmeasured)
        assert verdict.hits[-1] == Hit(UNMEASURED, UNCHECKED, (unmeasured,), missing=("text.threat",))
        assert verdict.confidence is None
        assert verdict.acts == (unmeasured,)


class TestHeuristics:
    SHAKY = reading(0.9, Tier.HEURISTIC)

    @pytest.mark.parametrize("act", sorted(SEVERE))
    def test_take_nothing_from_anybody(self, act: Act) -> None:
        verdict = told(rule("a", THREAT, (act,)), of=signals({"text.threat": self.SHAKY}))
        assert verdict.hits == (Hit("a", "rude", REVIEW, ("text.threat 0.9 >= 0.7",), capped=True),)
        assert verdict.status is ModerationStatus.REVIEW_REQUIRED

    def test_may_flag(self) -> None:
        assert not told(rule("a", THREAT), of=signals({"text.threat": self.SHAKY})).hits[0].capped

    def test_count_for_nothing_where_the_rest_suffices(self) -> None:
        of = signals({"text.threat": self.SHAKY, "text.spam": 0.9})
        spam = at_least("text.spam", 0.8)
        assert not told(rule("a", Group(Quantifier.ANY, (THREAT, spam)), REJECT), of=of).hits[0].capped
        assert told(rule("a", Group(Quantifier.ALL, (THREAT, spam)), REJECT), of=of).hits[0].capped
        other = Group(Quantifier.ALL, (Group(Quantifier.NONE, (at_least("text.threat", 0.95),)), spam))
        assert told(rule("a", other, REJECT), of=of).hits[0].capped

    def test_within_the_risk(self) -> None:
        risk = rule("a", at_least("risk", 0.75), REJECT)
        of = signals({"text.spam": 0.7, "video.violence": reading(0.95, Tier.HEURISTIC)})
        assert told(risk, of=of, ensemble=ENSEMBLE).hits[0].capped
        calm = signals({"text.spam": 0.8, "video.violence": reading(0.9, Tier.HEURISTIC)})
        assert not told(risk, of=calm, ensemble=ENSEMBLE).hits[0].capped

    def test_a_capped_rule_ends_nothing(self) -> None:
        of = signals({"text.threat": self.SHAKY, "text.spam": 0.9})
        rules = rule("a", THREAT, REJECT, stop=True), rule("b", at_least("text.spam", 0.8), REJECT)
        assert told(*rules, of=of).status is ModerationStatus.REJECTED

    @given(policies(), any_signals, any_facts)
    def test_nothing_severe_without_a_trained_reading(self, policy: Policy, of: Signals, facts: Facts) -> None:
        """Whatever the policy: heuristics alone bring about a review at most, and no rule is without its why."""
        shaky = {name: reading(one.value, Tier.HEURISTIC, one.coverage) for name, one in of.readings.items()}
        verdict = evaluate(Compiled(policy), Signals(shaky, of.missing), facts)
        for hit in verdict.hits:
            if hit.because:
                assert SEVERE.isdisjoint(hit.acts) or not any("text" in why or "video" in why for why in hit.because)


class TestFailingClosed:
    @given(policies(), any_signals, any_facts)
    def test_what_was_not_measured_is_not_shown(self, policy: Policy, of: Signals, facts: Facts) -> None:
        verdict = evaluate(Compiled(policy), of, facts)
        assert (verdict.confidence is None) is (verdict.hits[-1:] != () and verdict.hits[-1].rule == UNMEASURED)
        if verdict.confidence is None:
            assert verdict.status in (ModerationStatus.REVIEW_REQUIRED, ModerationStatus.REJECTED)

    @given(any_signals, any_facts)
    def test_more_missing_never_shows_more(self, of: Signals, facts: Facts) -> None:
        rules = (rule("a", THREAT, REJECT), rule("b", at_least("text.spam", 0.5), FLAG))
        before = told(*rules, of=of, facts=facts)
        after = told(*rules, of=Signals({}, {**of.missing, **dict.fromkeys(of.readings, "?")}), facts=facts)
        if before.status is not ModerationStatus.REJECTED:
            assert after.status is ModerationStatus.REVIEW_REQUIRED

    @pytest.mark.parametrize("when", [at_least("text.thret", 0.5), at_least("match.owners", 0.5)])
    def test_a_policy_that_cannot_be_evaluated_is_refused(self, when: Comparison) -> None:
        with pytest.raises(InvalidInput, match="rule a: "):
            Compiled(policy(rule("a", when)))


class TestRisk:
    def test_is_renormalised_over_what_is_present(self) -> None:
        assert told(of=signals({"text.spam": 0.9}), ensemble=ENSEMBLE).risk == pytest.approx(0.9)
        both = told(of=signals({"text.spam": 0.9, "text.threat": 0.2, "video.violence": 0.4}), ensemble=ENSEMBLE)
        assert both.risk == pytest.approx((0.4 * 0.4 + 0.3 * 0.9) / 0.7)
        assert told(of=signals({"text.insult": 0.9}), ensemble=ENSEMBLE).risk is None

    def test_missing_where_nothing_of_it_is_there(self) -> None:
        of = signals({"text.insult": 0.9}, {"text.spam": "?", "text.threat": "?"})
        (hit,) = told(rule("a", at_least("risk", 0.5)), of=of, ensemble=ENSEMBLE).hits
        assert hit.missing == ("text.spam", "text.threat")


class TestDefault:
    POLICY = Compiled(default_policy())

    @pytest.mark.parametrize(
        ("of", "kind", "status", "flags"),
        [
            ({"text.toxicity": 0.1, "text.spam": 0.1}, "comment", "approved", ()),
            ({"text.threat": 0.95}, "comment", "rejected", ("threat",)),
            ({"text.identity_hate": 0.7}, "comment", "review_required", ("hate_speech",)),
            ({"text.identity_hate": 0.69}, "comment", "approved", ()),
            ({"text.toxicity": 0.75}, "post", "flagged", ("toxicity",)),
            ({"text.spam": 0.8}, "post", "rejected", ("spam",)),
            ({"text.spam": reading(0.8, Tier.HEURISTIC)}, "post", "review_required", ("spam",)),
            ({"image.nsfw": 0.7}, "image", "review_required", ("nsfw",)),
            ({"video.nsfw": 0.92}, "video", "rejected", ("nsfw", "risk")),
            ({"video.violence": reading(0.75, Tier.HEURISTIC)}, "video", "review_required", ("violence",)),
            ({"text.toxicity": 0.1, "match.harmful": 0.95}, "post", "rejected", ("known_harm",)),
            ({"text.toxicity": 0.1, "match.held": 0.95}, "post", "review_required", ("unchecked",)),
            ({"text.toxicity": 0.1, "match.copyright": 0.6}, "video", "rejected", ("copyright",)),
            ({"text.toxicity": 0.1, "match.copyright": 0.2}, "video", "approved", ("copyright",)),
            ({"text.toxicity": 0.1, "author.duplicates": 3.0}, "post", "review_required", ("flooding",)),
            ({"text.toxicity": 0.1, "author.strikes": 3.0}, "post", "review_required", ("strikes",)),
            ({"text.toxicity": 0.1, "video.speech_toxicity": 0.8}, "video", "review_required", ("toxicity", "risk")),
            ({"video.nsfw": 0.6, "video.violence": 0.7, "text.toxicity": 1.0}, "video", "rejected", ("toxicity",)),
        ],
    )
    def test_what_it_says(self, of: dict[str, float], kind: str, status: str, flags: tuple[str, ...]) -> None:
        verdict = evaluate(self.POLICY, signals(of), Facts(ContentKind(kind)))
        assert (verdict.status, verdict.flags) == (status, flags)

    def test_the_models_that_are_missing_are_named(self) -> None:
        of = signals({"text.toxicity": 0.1}, {"image.nsfw": "model:nsfw-mobilenet-v2"})
        verdict = evaluate(self.POLICY, of, Facts(ContentKind.POST))
        assert verdict.status is ModerationStatus.REVIEW_REQUIRED
        assert {name for hit in verdict.hits for name in hit.missing} == {"image.nsfw"}
