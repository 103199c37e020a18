"""How an author feels about each thing: given, or found in the text."""

import pytest
from tests.text_bundle import clear_analyser

from socialflow.kit.answers import Status, Tier
from socialflow.text import AspectSentimentAnalyzer
from socialflow.text.aspects import MOST_FOUND, MOST_MENTIONS
from socialflow.text.phrases import FoundBy, places_of


@pytest.fixture
def analyzer() -> AspectSentimentAnalyzer:
    return AspectSentimentAnalyzer(clear_analyser())


class TestGiven:
    def test_they_are_found_as_whole_words_in_any_case(self, analyzer: AspectSentimentAnalyzer) -> None:
        text = "The CITY and the cities, the city."
        told = analyzer.predict(text, ["City"])
        (aspect,) = told["aspects"]
        assert [text[one["start"] : one["end"]] for one in aspect["mentions"]] == ["CITY", "city"]
        assert (aspect["aspect"], aspect["found_by"]) == ("City", FoundBy.GIVEN)
        assert "aspect:City" not in told["missing"]

    def test_what_stands_nowhere_is_missing(self, analyzer: AspectSentimentAnalyzer) -> None:
        told = analyzer.predict("the city", ["city", "cafe", " "])
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["aspect:cafe", "aspect: "])
        told = analyzer.predict("the city", ["cafe"])
        assert (told["status"], told["aspects"]) == (Status.ABSTAINED, [])

    def test_it_is_the_mean_of_its_mentions(self, analyzer: AspectSentimentAnalyzer) -> None:
        one = analyzer.predict("good", ["good"])["aspects"][0]
        many = analyzer.predict("good " * 3 * MOST_MENTIONS, ["good"])["aspects"][0]
        assert one["sentiment"] == many["sentiment"] == "positive"
        assert len(many["mentions"]) == MOST_MENTIONS
        assert sum(many[f"{label}_score"] for label in ("positive", "neutral", "negative")) == pytest.approx(1.0)  # type: ignore[literal-required]

    def test_what_lies_beyond_the_last_window_is_missing(self, analyzer: AspectSentimentAnalyzer) -> None:
        told = analyzer.predict("good " * 20_000 + "city", ["good", "city"])
        assert [aspect["aspect"] for aspect in told["aspects"]] == ["good"]
        assert {"aspect:city", "text:windows"} <= set(told["missing"])

    async def test_awaited_it_is_the_same(self, analyzer: AspectSentimentAnalyzer) -> None:
        assert await analyzer.analyze("the city", ["city"]) == analyzer.predict("the city", ["city"])


class TestFound:
    def test_each_says_what_found_it(self, analyzer: AspectSentimentAnalyzer) -> None:
        told = analyzer.predict("I see paris and the city, #york @ann")
        assert {aspect["aspect"]: aspect["found_by"] for aspect in told["aspects"]} == {
            "paris": FoundBy.ENTITIES,
            "city": FoundBy.NOUN_PHRASES,
            "york": FoundBy.HASHTAGS,
        }
        assert [by.tier for by in told["provenance"]] == [Tier.BUNDLED, Tier.HEURISTIC]

    def test_mentions_of_one_thing_are_one_aspect(self, analyzer: AspectSentimentAnalyzer) -> None:
        (aspect,) = analyzer.predict("The City is new. I see the city.")["aspects"]
        assert len(aspect["mentions"]) == 2

    def test_nothing_to_speak_of_is_a_complete_answer(self, analyzer: AspectSentimentAnalyzer) -> None:
        told = analyzer.predict("you and I")
        assert (told["status"], told["missing"], told["aspects"]) == (Status.COMPLETE, [], [])

    def test_in_another_language_noun_phrases_are_missing(self, analyzer: AspectSentimentAnalyzer) -> None:
        told = analyzer.predict("Die Kamera ist gut und der Akku ist nicht gut #york")
        assert [aspect["aspect"] for aspect in told["aspects"]] == ["york"]
        assert "aspects:noun_phrases" in told["missing"]
        assert told["status"] is Status.PARTIAL

    def test_they_are_bounded(self, analyzer: AspectSentimentAnalyzer) -> None:
        text = " ".join(f"#good{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(500))
        assert len(analyzer.predict(text)["aspects"]) <= MOST_FOUND


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("The battery life is awful but the camera works great.", ["battery life", "camera"]),
        ("great camera, awful battery, decent price", ["camera", "battery", "price"]),
        ("Love this phone's screen, hate the notifications", ["phone's screen", "notifications"]),
        ("Delivery was really slow and the staff rude", ["Delivery", "staff"]),
        ("The food, drinks and service", ["food", "drinks", "service"]),
        ("After a couple of years the battery died", ["battery"]),
        ("see https://example.org/the/city and @the_city", []),
        ("", []),
    ],
)
def test_noun_phrases_of_english(text: str, phrases: list[str]) -> None:
    found = [text[place.start : place.end] for place in places_of(text)[0] if place.by is FoundBy.NOUN_PHRASES]
    assert found == phrases
