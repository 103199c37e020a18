"""Texts become signals in one pass: scores with their tier and place, and names of what could not be had."""

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.looks import CALM, LINEAR, told

from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.moderation.behaviour import Author
from socialflow.moderation.checks import LONGEST
from socialflow.moderation.gather.text import LABELS, QUESTIONS, measured, text_signals, worst
from socialflow.moderation.records import Reading, Signals
from socialflow.moderation.signal_names import SIGNALS, Medium
from socialflow.moderation.spam import judged
from socialflow.text.multilingual import multilingual
from socialflow.text.records import Analysis, Answer, Choice, Span

WORDS = frozenset(f"text.{name}" for name in (*LABELS, "offensive", "hate", "spam"))


def values(signals: Signals) -> dict[str, object]:
    return {name: reading.value for name, reading in signals.readings.items()}


class Fixed:
    """Says the same of every text; keeps what it was asked."""

    digest, questions = "0", QUESTIONS

    def __init__(self, says: Analysis | None) -> None:
        self.says, self.asked = says, list[tuple[list[str], Collection[str]]]()

    def analyse(self, texts: Sequence[str], questions: Collection[str], targets: object = None) -> list[Analysis]:
        self.asked.append((list(texts), questions))
        if self.says is None:
            raise ModelUnavailable("no text model is installed")
        return [self.says] * len(texts)


class TestWords:
    def test_each_label_is_a_signal_with_what_made_it(self) -> None:
        found = measured("Hello you", told({**CALM, "threat": 0.75}, language="en"))
        assert found.readings["text.threat"] == Reading(0.75, "text", "1", Tier.BUNDLED)
        assert {name: found.readings[f"text.{name}"].value for name in LABELS} == {**CALM, "threat": 0.75}
        assert found.readings["text.language"].value == ("en",)
        assert found.missing == {}

    def test_where_the_offence_stands_is_told_and_never_what_it_says(self) -> None:
        found = measured("you idiot", told(CALM, spans=[Span(4, 9, "toxic", 0.5)]))
        assert [(place.start, place.end) for place in found.readings["text.toxicity"].places] == [(4, 9)]
        assert "idiot" not in repr(found)

    def test_what_the_encoder_did_not_read_lowers_the_coverage(self) -> None:
        found = measured("Hello", told(CALM, coverage=0.5))
        assert (found.readings["text.toxicity"].coverage, found.readings["text.links"].coverage) == (0.5, 1.0)

    def test_only_the_first_hundred_thousand_characters_are_looked_at(self) -> None:
        fixed = Fixed(told(CALM))
        (found,) = text_signals(fixed, ["so " * (LONGEST * 2 // 3)])
        assert len(fixed.asked[0][0][0]) == LONGEST
        assert (found.readings["text.toxicity"].coverage, found.readings["text.links"].coverage) == (0.5, 0.5)

    def test_all_texts_and_questions_are_asked_at_once(self) -> None:
        fixed = Fixed(told(CALM))
        assert len(text_signals(fixed, ["one", "two", ""])) == 3
        assert fixed.asked == [(["one", "two", ""], QUESTIONS)]

    def test_words_heard_or_shown_are_one_figure_the_greatest_of_all_labels(self) -> None:
        greatest = worst(told({**CALM, "insult": 0.5}))
        assert greatest is not None
        assert greatest.value == 0.5
        assert worst(told(None)) is None


class TestMissing:
    @pytest.mark.parametrize(
        ("missing", "reason"),
        [
            (("toxicity", "spam", "language:th"), "text:language:th"),
            (("toxicity", "spam", "text:vocabulary"), "text:vocabulary"),
            (("toxicity", "spam"), "text:head"),
        ],
    )
    def test_every_signal_of_the_words_says_why(self, missing: Sequence[str], reason: str) -> None:
        found = measured("สวัสดี", told(None, None, missing=missing))
        assert found.missing == dict.fromkeys(WORDS, reason)
        assert set(found.readings) == {"text.spam_signs", "text.obfuscation", "text.links"}

    def test_without_a_model_forms_are_still_looked_at(self) -> None:
        (found,) = text_signals(Fixed(None), ["CALL NOW http://bit.ly/x"])
        assert found.missing == dict.fromkeys(WORDS, "model:text")
        assert found.readings["text.links"].value == 1.0

    def test_labels_that_a_language_lacks_are_named(self) -> None:
        scores = {"toxicity": 0.5, "insult": 0.5}
        lacking = ("toxicity:threat", "language:es")
        found = measured("hola tú", told(scores, by=LINEAR, also=(), missing=lacking, language="es"))
        assert found.missing == dict.fromkeys(WORDS - {"text.toxicity", "text.insult", "text.spam"}, "text:language:es")

    def test_where_only_hate_speech_is_known_it_stands_for_both(self) -> None:
        shares = {"normal": 0.25, "offensive": 0.25, "hatespeech": 0.5}
        answer = Answer(Choice.of(shares), LINEAR, None)
        found = measured("x y", Analysis({"hate_speech": answer}, Status.PARTIAL, ("toxicity", "language:ko"), 1.0, 1))
        assert (found.readings["text.offensive"].value, found.readings["text.hate"].value) == (0.75, 0.5)

    @pytest.mark.parametrize("text", ["", "  \n", "\u200b"])
    def test_a_text_that_says_nothing_has_no_signals_and_misses_none(self, text: str) -> None:
        assert measured(text, told(None, None, missing=("toxicity", "spam", "text:empty"))) == Signals({})


class TestSpam:
    TEXT = "Win $500 now: http://paypa1.com/win http://bit.ly/2 http://bit.ly/3 WhatsApp +44 7700 900123"

    def test_the_probability_of_the_model_stands_by_itself(self) -> None:
        found = measured(self.TEXT, told(CALM, 0.25)).readings
        assert (found["text.spam"].value, found["text.spam"].tier) == (0.25, Tier.BUNDLED)
        assert float(found["text.spam_signs"].value) > 0.9  # type: ignore[arg-type]
        assert found["text.spam_signs"].tier is Tier.HEURISTIC

    def test_what_the_package_learnt_of_other_languages_never_rejects(self) -> None:
        assert measured("hola", told(CALM, 0.9, by=LINEAR)).readings["text.spam"].tier is Tier.HEURISTIC
        own = Provenance("text-languages", "7", Tier.TRAINED)
        assert measured("hola", told(CALM, 0.9, by=own)).readings["text.spam"].tier is Tier.TRAINED

    @given(st.text(max_size=200), st.floats(0, 1))
    def test_all_signs_together_are_what_the_detector_says(self, text: str, spam: float) -> None:
        analysis, author = told(CALM, spam), Author(account_age_days=1, posts_last_hour=30)
        found = measured(text, analysis, author).readings
        if found:
            score = judged(text, author, analysis, 0.8)["score"]
            assert found["text.spam_signs"].value == pytest.approx(score, abs=1e-6)
            assert float(found["text.spam_signs"].value) >= float(found["text.spam"].value) - 1e-6  # type: ignore[arg-type]

    def test_behaviour_counts_where_it_is_known(self) -> None:
        fast = measured("Hello", told(CALM), Author(posts_last_hour=100)).readings["text.spam_signs"].value
        assert fast > measured("Hello", told(CALM)).readings["text.spam_signs"].value  # type: ignore[operator]

    def test_links_are_counted_with_their_hosts_and_places(self) -> None:
        found = measured(
            "see http://b.example/x and [here](http://A.example) or [this](only words)", told(CALM)
        ).readings
        assert found["text.links"].value == 2.0
        assert found["text.link_hosts"].value == ("a.example", "b.example")
        assert [(place.start, place.end) for place in found["text.links"].places] == [(4, 22), (27, 51)]

    def test_what_only_stands_where_a_host_would_is_no_host(self) -> None:
        found = measured("[see](my-secret-words) <a href='also secret'>x</a>", told(CALM))
        assert "text.link_hosts" not in found.readings


class TestNames:
    @given(st.text(max_size=120))
    def test_every_reading_is_a_known_signal_of_texts(self, text: str) -> None:
        found = measured(text, told(CALM, language="en"))
        assert all(SIGNALS[name].medium is Medium.TEXT for name in (*found.readings, *found.missing))

    def test_a_text_has_every_signal_or_misses_it(self) -> None:
        found = measured("see http://a.example/x", told(CALM, language="en"))
        assert {*found.readings, *found.missing} == {name for name, of in SIGNALS.items() if of.medium is Medium.TEXT}


TEXTS = (
    "What a wonderful evening with all of you, thank you for coming",
    "You are a stupid worthless idiot and I will find you and hurt you",
    "Claim your free prize now!!! http://bit.ly/free-prize and win $$$ 1000",
    "Du bist so ein dummer Idiot, verschwinde endlich von hier",
    "ประเทศไทยสวยมาก ฉันชอบอาหารไทย",
    "",
    "y0u 4re 4n 1d10t",
    "a long story about a garden and its flowers. " * 40,
)


class TestWithTheModelOfThePackage:
    @pytest.fixture(scope="class")
    @staticmethod
    def found() -> list[Signals]:
        return text_signals(multilingual(), TEXTS)

    def test_what_offends_is_told_from_what_does_not(self, found: list[Signals]) -> None:
        kind, threat = (float(one.readings["text.toxicity"].value) for one in found[:2])  # type: ignore[arg-type]
        assert kind < 0.3 < 0.7 < threat
        assert any(TEXTS[1][int(place.start) : int(place.end)].find("idiot") >= 0
                   for place in found[1].readings["text.toxicity"].places)  # fmt: skip
        assert values(found[2])["text.spam"] > 0.7  # type: ignore[operator]

    def test_each_language_is_judged_by_its_model_or_by_none(self, found: list[Signals]) -> None:
        german, thai = found[3], found[4]
        assert german.readings["text.language"].value == ("de",)
        assert german.readings["text.offensive"].model != found[0].readings["text.offensive"].model
        assert german.missing["text.toxicity"] == "text:language:de"
        assert thai.missing == dict.fromkeys(WORDS, "text:language:th")
        assert thai.readings["text.language"].value == ("th",)

    def test_disguised_words_are_seen(self, found: list[Signals]) -> None:
        assert [values(found[place])["text.obfuscation"] for place in (0, 6)] == [0.0, 0.75]

    def test_one_by_one_says_what_all_together_say(self, found: list[Signals]) -> None:
        for text, together in zip(TEXTS, found, strict=True):
            (alone,) = text_signals(multilingual(), [text])
            assert alone.missing == together.missing
            assert set(alone.readings) == set(together.readings)
            for name, reading in alone.readings.items():
                if isinstance(reading.value, float):
                    assert reading.value == pytest.approx(together.readings[name].value, abs=1e-4)
                else:
                    assert reading == together.readings[name]

    def test_no_word_of_a_text_is_in_its_signals(self, found: list[Signals]) -> None:
        for text, signals in zip(TEXTS, found, strict=True):
            said = repr(signals).casefold()
            names = " ".join(SIGNALS).casefold()
            for word in text.casefold().split():
                if len(word) > 4 and "/" not in word and word not in names:
                    assert word not in said
