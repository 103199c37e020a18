"""The toxicity detector tells kinds, words and irony, judges in context, and says what it could not judge."""

from collections.abc import Collection, Sequence

import pytest

from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.moderation import TextModerator, ToxicityDetector
from socialflow.text.records import Analysis, Answer, Detection, Labels, Span, Spans

PROVENANCE = Provenance("text", "small", Tier.BUNDLED)
LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate")


class Scored:
    """A text model that knows the score of some texts; 0.01 for all others."""

    questions = ("toxicity", "toxic_spans", "irony")

    def __init__(self, **scores: float) -> None:
        self.scores = scores

    def analyse(self, texts: Sequence[str], questions: Collection[str], targets: object = None) -> list[Analysis]:
        return [self._told(text) for text in texts]

    def _told(self, text: str) -> Analysis:
        if not text.strip():
            return Analysis({}, Status.ABSTAINED, (*self.questions, "text:empty"), 1.0, 0)
        score = self.scores.get(text.replace("\n", "_"), 0.01)
        found = ("toxicity",) if score >= 0.6 else ()
        spans = Spans((Span(0, 2, "toxic", 0.8),)) if found else Spans(())
        records = {
            "toxicity": Labels(dict.fromkeys(LABELS, 0.0) | {"toxicity": score}, found),
            "toxic_spans": spans,
            "irony": Detection.of(0.3),
        }
        answers = {name: Answer(record, PROVENANCE, None) for name, record in records.items()}
        return Analysis(answers, Status.COMPLETE, (), 1.0, 1)


class Absent(Scored):
    """No text model."""

    def analyse(self, texts: Sequence[str], questions: Collection[str], targets: object = None) -> list[Analysis]:
        raise ModelUnavailable("none")


class TestVerdicts:
    async def test_harmless_talk_is_approved(self) -> None:
        told = await ToxicityDetector(Scored(hello=0.2)).detect("hello")
        assert (told["is_toxic"], told["recommended_action"]) == (False, "approve")
        assert told["confidence"] == pytest.approx(0.8)
        assert (told["status"], told["missing"], told["provenance"]) == ("complete", [], [PROVENANCE])
        assert tuple(told["scores"]) == LABELS

    def test_what_surely_offends_is_to_be_rejected_with_its_words(self) -> None:
        told = ToxicityDetector(Scored(idiot=0.95)).predict("idiot")
        assert (told["is_toxic"], told["recommended_action"], told["found"]) == (True, "reject", ["toxicity"])
        assert told["spans"] == [{"start": 0, "end": 2, "text": "id", "score": 0.8}]
        assert (told["is_sarcastic"], told["sarcasm_score"]) == (False, 0.3)

    def test_what_less_surely_does_is_for_people(self) -> None:
        assert ToxicityDetector(Scored(fool=0.7)).predict("fool")["recommended_action"] == "flag_for_review"

    def test_a_threshold_of_ones_own_counts(self) -> None:
        assert ToxicityDetector(Scored(fool=0.7), threshold=0.8).predict("fool")["is_toxic"] is False
        assert ToxicityDetector(Scored(fool=0.4), threshold=0.3).predict("fool")["is_toxic"] is True


class TestContext:
    def test_what_harms_only_as_an_answer_is_for_people(self) -> None:
        model = Scored(them_all=0.02, all_of_them=0.02, **{"who should go?_all": 0.9})
        told = ToxicityDetector(model).predict("all", ["never mind", "who should go?"])
        assert told["is_toxic"] is False
        assert told["context_score"] == 0.9
        assert told["recommended_action"] == "flag_for_review"

    def test_somebody_who_answers_harm_is_not_blamed_for_it(self) -> None:
        model = Scored(idiot=0.95, **{"idiot_please stop": 0.9})
        told = ToxicityDetector(model).predict("please stop", ["idiot"])
        assert (told["is_toxic"], told["recommended_action"]) == (False, "approve")

    def test_without_it_there_is_no_score_of_it(self) -> None:
        assert ToxicityDetector(Scored()).predict("hi", [" "])["context_score"] is None


class TestWhatCannotBeJudged:
    def test_no_model_is_told_and_people_look(self) -> None:
        told = ToxicityDetector(Absent()).predict("hello")
        assert (told["is_toxic"], told["confidence"], told["status"]) == (None, None, "abstained")
        assert "text:model" in told["missing"]
        assert told["recommended_action"] == "flag_for_review"

    def test_nothing_said_is_no_matter(self) -> None:
        assert ToxicityDetector(Scored()).predict("  ")["recommended_action"] == "approve"

    @pytest.mark.parametrize("field", ["text", "context"])
    def test_too_long_a_text_is_refused_by_name(self, field: str) -> None:
        long = "a" * 100_001
        text, context = (long, ()) if field == "text" else ("hi", (long,))
        with pytest.raises(InvalidInput) as raised:
            ToxicityDetector(Scored()).predict(text, context)
        assert raised.value.field == field

    def test_a_threshold_must_be_one(self) -> None:
        with pytest.raises(InvalidInput):
            ToxicityDetector(threshold=0.0)


class TestTextModerator:
    def test_has_the_names_of_the_challenge(self) -> None:
        scores = TextModerator(Scored(fool=0.7)).predict("fool")
        assert set(TextModerator.categories) < set(scores)
        assert (scores["toxic"], scores["overall_toxic"], scores["threat"]) == (0.7, 0.7, 0.0)

    def test_safe_is_below_the_threshold(self) -> None:
        moderator = TextModerator(Scored(fool=0.7))
        assert [moderator.is_safe("fool"), moderator.is_safe("fool", threshold=0.8), moderator.is_safe("hi")] == [
            False,
            True,
            True,
        ]

    def test_what_could_not_be_judged_is_not_safe_and_nothing_is(self) -> None:
        assert not TextModerator(Absent()).is_safe("hello")
        assert TextModerator(Scored()).is_safe("")
