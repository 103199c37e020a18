"""The spam detector puts words, forms, links and behaviour together, and says what each of them said."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path

import pytest

from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.moderation import Author, SpamDetector
from socialflow.text.records import Analysis, Answer, Detection

PROVENANCE = Provenance("text", "small", Tier.BUNDLED)


class Words:
    """A text model that finds every text as likely spam as told."""

    def __init__(self, score: float, model: str = "text") -> None:
        self.score = score
        self.provenance = replace(PROVENANCE, model=model)

    def analyse(self, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
        assert questions == ["spam"]
        answers = {"spam": Answer(Detection.of(self.score), self.provenance, None)}
        return [Analysis(answers, Status.COMPLETE, (), 1.0, 1) for _ in texts]


class Unspoken:
    """A text model that does not know the language."""

    def analyse(self, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
        return [Analysis({}, Status.ABSTAINED, ("spam", "language:ja"), 0.0, 0) for _ in texts]


class Absent:
    """No text model."""

    def analyse(self, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
        raise ModelUnavailable("none")


SCAM = "WIN $500 NOW, LOG IN TO CLAIM http://paypa1.com/x or write to http://t.me/fast +15550001234567"
KNOWN = Author(365, 50, 60, 1, ("A quiet evening",))


class TestVerdicts:
    async def test_plain_talk_is_approved(self) -> None:
        told = await SpamDetector(Words(0.02)).detect("We had a lovely walk by the lake", KNOWN)
        assert (told["is_spam"], told["recommended_action"]) == (False, "approve")
        assert told["confidence"] == pytest.approx(0.98)
        assert (told["status"], told["missing"]) == ("complete", [])
        assert told["provenance"] == {"model": "text", "version": "small", "tier": "bundled", "updated_at": None}

    async def test_words_alone_are_enough_to_reject(self) -> None:
        told = await SpamDetector(Words(0.97)).detect("Anything", KNOWN)
        assert (told["is_spam"], told["recommended_action"]) == (True, "reject")

    async def test_heuristics_alone_never_reject(self) -> None:
        told = await SpamDetector(Words(0.1)).detect(SCAM, Author(0, 0, 900, 60, (SCAM,) * 4))
        assert told["score"] > 0.95
        assert (told["is_spam"], told["recommended_action"]) == (True, "flag_for_review")

    async def test_what_learnt_from_little_flags_and_never_rejects(self) -> None:
        told = await SpamDetector(Words(0.99, "text-languages")).detect("Gana dinero", KNOWN)
        assert (told["is_spam"], told["recommended_action"]) == (True, "flag_for_review")

    async def test_the_threshold_decides(self) -> None:
        assert not (await SpamDetector(Words(0.7)).detect("Anything", KNOWN))["is_spam"]
        assert (await SpamDetector(Words(0.7), threshold=0.6).detect("Anything", KNOWN))["is_spam"]

    def test_predict_says_the_same_without_an_event_loop(self) -> None:
        assert SpamDetector(Words(0.97)).predict("Anything")["recommended_action"] == "reject"


class TestSignals:
    async def test_every_signal_has_name_value_weight_and_tier(self) -> None:
        told = await SpamDetector(Words(0.4)).detect(SCAM, KNOWN)
        assert {key for signal in told["signals"] for key in signal} == {
            "name",
            "group",
            "value",
            "weight",
            "detail",
            "tier",
        }
        tiers = {signal["name"]: signal["tier"] for signal in told["signals"]}
        assert tiers.pop("words") == "bundled"
        assert set(tiers.values()) == {"heuristic"}
        names = {signal["name"] for signal in told["signals"] if signal["value"] == 1.0}
        assert {"link_lookalike", "link_messenger", "money", "telephone"} <= names

    async def test_the_score_is_what_the_signals_say_together(self) -> None:
        told = await SpamDetector(Words(0.4)).detect(SCAM, KNOWN)
        assert told["score"] == pytest.approx(1 - prod(1 - one["weight"] * one["value"] for one in told["signals"]))
        assert set(told["categories"]) == {"text", "links", "behaviour"}
        assert told["score"] == pytest.approx(1 - prod(1 - value for value in told["categories"].values()))

    async def test_forms_count_in_any_language(self) -> None:
        told = await SpamDetector(Words(0.0)).detect("купи " * 30 + "@a @b @c @d @e @f @g @h @i @j", KNOWN)
        values = {signal["name"]: signal["value"] for signal in told["signals"]}
        assert values["names_many"] == 1.0
        assert values["words_repeated"] > 0.4

    async def test_the_documentation_lists_every_signal_with_its_weight(self) -> None:
        page = Path(__file__).parents[3] / "docs" / "discussions" / "spam.md"
        listed = {
            name: float(weight)
            for name, weight in re.findall(r"^\| `(\w+)` \| (\S+) \|", page.read_text(), re.MULTILINE)
        }
        told = await SpamDetector(Words(0.4)).detect(SCAM, KNOWN)
        assert listed == {signal["name"]: signal["weight"] for signal in told["signals"]}


class TestWhatIsMissing:
    async def test_words_of_an_unknown_language_are_for_people_to_judge(self) -> None:
        told = await SpamDetector(Unspoken()).detect("今日はいい天気ですね", KNOWN)
        assert (told["is_spam"], told["recommended_action"]) == (False, "flag_for_review")
        assert (told["status"], told["missing"]) == ("partial", ["text", "language:ja"])
        assert told["provenance"] is None

    async def test_without_a_model_the_heuristics_still_answer(self) -> None:
        told = await SpamDetector(Absent()).detect(SCAM)
        assert told["missing"] == ["text", "text:model", "behaviour"]
        assert told["categories"]["links"] > 0.8
        assert "behaviour" not in told["categories"]

    async def test_what_is_not_known_of_an_author_is_named(self) -> None:
        told = await SpamDetector(Words(0.1)).detect("Hello", Author(followers=1, following=1, posts_last_hour=0))
        assert told["missing"] == ["behaviour:account_age_days", "behaviour:recent_texts"]


class TestBadInput:
    @pytest.mark.parametrize("threshold", [0.0, 1.5, float("nan")])
    def test_a_threshold_outside_its_range_is_refused(self, threshold: float) -> None:
        with pytest.raises(InvalidInput):
            SpamDetector(Words(0.5), threshold=threshold)

    async def test_a_text_without_end_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="at most"):
            await SpamDetector(Words(0.5)).detect("a" * 100_001)


class TestEmptyTexts:
    async def test_a_text_that_says_nothing_needs_no_review(self) -> None:
        class Silent:
            def analyse(self, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
                return [Analysis({}, Status.ABSTAINED, ("spam", "text:empty"), 1.0, 0) for _ in texts]

        told = await SpamDetector(Silent()).detect("", KNOWN)
        assert (told["recommended_action"], told["missing"]) == ("approve", ["text", "text:empty"])
