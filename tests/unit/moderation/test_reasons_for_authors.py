"""What authors are told: why, by whom, what follows, and how to appeal."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.moderation.decided import ADA, APPROVED, REJECTED, WHEN, decision

from socialflow.content.records import ModerationStatus
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.records import FollowUp, ReviewRules
from socialflow.moderation.records import Act, Decision, Hit, Verdict
from socialflow.moderation.transparency.author import reasons_for_author

POLICY = default_policy()
FLAGGED, REVIEW = ModerationStatus.FLAGGED, ModerationStatus.REVIEW_REQUIRED


def decided(status: ModerationStatus, *acts: Act, reason: str = "threat") -> Decision:
    hit = Hit("rule", reason, acts, ("text.threat 0.93 >= 0.7",))
    return decision(verdict=Verdict(status, acts, (hit,), 0.9, 0.9))


class TestReasons:
    def test_are_words_without_scores(self) -> None:
        told = reasons_for_author(decided(REJECTED, Act.REJECT), POLICY)
        reason = POLICY.reasons["threat"]
        assert told.reasons == (f"{reason.text} This rests on the rules of the platform: {reason.clause}.",)
        assert told.automated
        assert "0.9" not in " ".join((*told.reasons, *told.follows, told.appeal))

    def test_say_what_is_the_law(self) -> None:
        (line,) = reasons_for_author(decided(REJECTED, Act.REJECT, reason="known_harm"), POLICY).reasons
        assert "This rests on the law: " in line

    def test_of_a_code_that_the_policy_does_not_have(self) -> None:
        told = reasons_for_author(replace(decided(REJECTED, Act.REJECT, reason="house"), actor=ADA), POLICY)
        assert told.reasons == ("It goes against the rules: house.",)
        assert not told.automated


class TestWhatFollows:
    @pytest.mark.parametrize(
        ("status", "acts", "words"),
        [
            (REJECTED, [Act.REJECT], ["Nobody but you can see it."]),
            (REJECTED, [Act.REJECT, Act.LABEL, Act.HIDE], ["Nobody but you can see it."]),
            (FLAGGED, [Act.FLAG, Act.HIDE], ["Nobody but you can see it."]),
            (APPROVED, [Act.AGE_GATE], ["Everybody can see it.", "It is shown to adults only."]),
            (REVIEW, [Act.REVIEW], ["Nobody but you can see it until people have looked at it."]),
        ],
    )
    def test_table(self, status: ModerationStatus, acts: list[Act], words: list[str]) -> None:
        assert list(reasons_for_author(decided(status, *acts), POLICY).follows) == words

    def test_a_strike_is_told(self) -> None:
        follows = reasons_for_author(decided(REJECTED, Act.REJECT, Act.STRIKE), POLICY).follows
        assert any("strike" in line for line in follows)


class TestAppeals:
    def test_until_when_and_how(self) -> None:
        weekly = replace(POLICY, follow_up=FollowUp(ReviewRules(appeal_within=timedelta(days=7))))
        told = reasons_for_author(decided(REJECTED, Act.REJECT), weekly)
        assert told.appeal_until == WHEN + timedelta(days=7)
        assert "until 2026-03-21 12:00 UTC" in told.appeal
        assert "out-of-court" in told.appeal

    def test_of_a_policy_that_is_not_known_as_usual(self) -> None:
        told = reasons_for_author(decided(REJECTED, Act.REJECT), None)
        assert told.appeal_until == WHEN + timedelta(days=14)

    def test_nothing_to_appeal_or_not_yet(self) -> None:
        assert reasons_for_author(decision(status=APPROVED), POLICY).appeal == "There is nothing to appeal."
        told = reasons_for_author(decided(REVIEW, Act.REVIEW), POLICY)
        assert (told.appeal_until, told.appeal[:6]) == (None, "People")
