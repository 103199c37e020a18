"""How authors feel: one text, and over a conversation."""

import asyncio
from dataclasses import replace

import pytest
from tests.text_bundle import clear_analyser, clear_bundle

from socialflow import text as library
from socialflow.errors import InvalidInput
from socialflow.kit.answers import Status
from socialflow.text import EmotionDetector, SentimentAnalyzer, Turn
from socialflow.text.analyser import Analyser
from socialflow.text.feelings import sentiments
from socialflow.text.told import distinct


@pytest.fixture
def analyzer() -> SentimentAnalyzer:
    return SentimentAnalyzer(clear_analyser())


@pytest.fixture
def detector() -> EmotionDetector:
    return EmotionDetector(clear_analyser())


def test_the_interface_is_what_its_names_say() -> None:
    for name in library.__all__:
        assert getattr(library, name).__name__ == name


class TestSentiment:
    @pytest.mark.parametrize(("text", "label"), [("good", "positive"), ("awful", "negative"), ("the city", "neutral")])
    def test_scores_go_together(self, analyzer: SentimentAnalyzer, text: str, label: str) -> None:
        told = analyzer.predict(text)
        shares = {name: told[f"{name}_score"] for name in ("positive", "neutral", "negative")}  # type: ignore[literal-required]
        assert told["sentiment"] == label == max(shares, key=shares.__getitem__)
        assert told["confidence"] == shares[label]
        assert sum(shares.values()) == pytest.approx(1.0)
        assert told["sentiment_score"] == pytest.approx(shares["positive"] - shares["negative"])
        assert told["status"] is Status.COMPLETE
        assert [by.model for by in told["provenance"]] == ["text"]

    def test_sarcasm_is_told_beside_it_and_turns_nothing_round(self, analyzer: SentimentAnalyzer) -> None:
        plain, meant = analyzer.predict("good city"), analyzer.predict("really good city")
        assert (plain["is_sarcastic"], meant["is_sarcastic"]) == (False, True)
        assert plain["sentiment"] == meant["sentiment"] == "positive"

    def test_the_language_is_told(self, analyzer: SentimentAnalyzer) -> None:
        assert analyzer.predict("Was für ein schöner Morgen, wir gehen heute wandern")["language"].code == "de"

    def test_a_language_that_the_model_was_not_trained_on_is_missing(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        english = Analyser(replace(clear_bundle(tmp_path_factory.mktemp("models")), languages=("en",)))
        german, plain, short = sentiments(
            english, ["Das Wetter ist heute good und wir gehen wandern", "You see the good city", "good"]
        )
        assert (german["status"], german["sentiment"]) == (Status.PARTIAL, "positive")
        assert "language:de" in german["missing"]
        assert not [name for told in (plain, short) for name in told["missing"] if name.startswith("language")]

    async def test_awaited_it_is_the_same(self, analyzer: SentimentAnalyzer) -> None:
        assert await analyzer.analyze("good") == analyzer.predict("good")

    def test_a_model_without_a_head_says_so(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        bundle = clear_bundle(tmp_path_factory.mktemp("models"), heads=("sentiment",))
        told = SentimentAnalyzer(Analyser(bundle)).predict("good")
        assert (told["status"], told["missing"], told["is_sarcastic"]) == (Status.PARTIAL, ["irony"], None)


HOSTILE = {
    "nothing": "",
    "blank": " \n\t",
    "nul": "good\x00 awful",
    "lone surrogate": "\ud83d good \udc00",
    "zero width": "g\u200bo\u200bo\u200bd",
    "only zero width": "\u200b\u200d\ufeff" * 100,
    "right to left": "\u202eمرحبا بالعالم\u202c",
    "emoji": "😍🔥👨‍👩‍👧‍👦🏳️‍🌈" * 200,
    "marks": "a" + "\u0301" * 10_000,
    "one word": "a" * 100_000,
    "long": "good city " * 10_000,
    "hashes": "#" * 10_000,
    "apostrophes": "a'" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_is_answered_or_abstained_from(name: str) -> None:
    analyser, text = clear_analyser(), HOSTILE[name]
    answers = (
        library.SentimentAnalyzer(analyser).predict(text),
        library.AspectSentimentAnalyzer(analyser).predict(text),
        library.AspectSentimentAnalyzer(analyser).predict(text, ["good"]),
        library.EmotionDetector(analyser).predict(text),
        library.IntentRecognizer(analyser).predict(text),
    )
    for told in answers:
        assert told["status"] is Status.COMPLETE or told["missing"]
        assert 0.0 <= told["coverage"] <= 1.0


def test_what_is_no_text_is_refused(detector: EmotionDetector) -> None:
    with pytest.raises(InvalidInput) as problem:
        asyncio.run(detector.detect(None))  # type: ignore[arg-type]
    assert problem.value.field == "text"
    with pytest.raises(InvalidInput) as problem:
        detector.predict_thread([])
    assert problem.value.field == "turns"


class TestEmotions:
    def test_there_are_seven_any_number_at_once(self, detector: EmotionDetector) -> None:
        told = detector.predict("good surprise")
        assert set(told["emotions"]) == {"joy", "sadness", "anger", "fear", "surprise", "disgust", "neutral"}
        assert told["present"] == ["joy", "surprise"]
        assert told["dominant_emotion"] in told["present"]
        assert told["intensity"] == told["confidence"] == max(told["emotions"].values())

    def test_conventions_are_told_beside_them(self, detector: EmotionDetector) -> None:
        told = detector.predict("good city kkkkk")
        assert [(one.text, one.emotion) for one in told["conventions"]] == [("kkkkk", "joy")]
        assert told["emotions"] == detector.predict("good city kkkkk")["emotions"]

    def test_a_language_that_the_model_was_not_trained_on_is_missing(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        english = Analyser(replace(clear_bundle(tmp_path_factory.mktemp("models")), languages=("en",)))
        told = EmotionDetector(english).predict("Das Wetter ist heute good und wir gehen wandern")
        assert told["language"].code == "de"
        assert "language:de" in told["missing"]
        assert told["status"] is Status.PARTIAL

    def test_abstaining_leaves_them_empty(self, detector: EmotionDetector) -> None:
        told = detector.predict(" ")
        assert (told["status"], told["emotions"], told["dominant_emotion"]) == (Status.ABSTAINED, {}, None)


class TestTransitions:
    def test_are_between_messages_of_one_author(self, detector: EmotionDetector) -> None:
        thread = detector.predict_thread(
            [
                Turn("good", "ann"),
                Turn("awful", "bob"),
                Turn("good good", "ann"),
                Turn("awful", "ann"),
                Turn("x", "bob"),
            ]
        )
        (turned,) = [one for one in thread["transitions"] if one["author"] == "ann"]
        assert (turned["from_message"], turned["to_message"]) == (2, 3)
        assert (turned["from_emotion"], turned["to_emotion"]) == ("joy", "sadness")
        assert len(thread["messages"]) == 5

    def test_change_is_the_half_sum_of_differences_of_shares(self, detector: EmotionDetector) -> None:
        thread = detector.predict_thread(["good", "awful"])
        before, after = (message["emotions"] for message in thread["messages"])
        was, now = sum(before.values()), sum(after.values())
        (turned,) = thread["transitions"]
        assert turned["change"] == pytest.approx(sum(abs(before[k] / was - after[k] / now) for k in before) / 2)
        assert 0.0 < turned["change"] < 1.0

    def test_the_whole_says_the_last_message_and_how_much_was_had(self, detector: EmotionDetector) -> None:
        thread = detector.predict_thread(["good", " ", "awful"])
        assert thread["dominant_emotion"] == "sadness"
        assert thread["status"] is Status.PARTIAL
        assert "text:empty" in thread["missing"]
        assert [(one["from_message"], one["to_message"]) for one in thread["transitions"]] == [(0, 2)]


def test_distinct_keeps_the_order() -> None:
    assert distinct([3, 1, 3, 2]) == [3, 1, 2]
