"""The examples of sentiment analysis, with only their import lines changed, and the keys that they show.

They run with a small model that knows a few words; where the package holds the trained one, with that too.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests import text_bundle
from tests.requirements.examples import in_requirements, run

import socialflow
from socialflow.catalogue.registry import Catalogue
from socialflow.content.records import Item, ItemKind, ModerationStatus
from socialflow.errors import ModelUnavailable
from socialflow.kit.defaults import Resident
from socialflow.text import IntentRecognizer, SentimentAnalyzer, SentimentService, library
from socialflow.text.analyser import bundled

IMPORT_LINE = "from app.ai_models.sentiment_analysis import SentimentAnalyzer, EmotionDetector"
IMPORT = {IMPORT_LINE: "from socialflow.text import SentimentAnalyzer, EmotionDetector"}
COMMENTS = f"""
{IMPORT_LINE}

sentiment_analyzer = SentimentAnalyzer()
emotion_detector = EmotionDetector()

# Analyze comment sentiment
sentiment = await sentiment_analyzer.analyze(comment.text)
comment.sentiment = sentiment["sentiment"]  # positive/negative/neutral
comment.sentiment_score = sentiment["confidence"]

# Detect emotions
emotions = await emotion_detector.detect(comment.text)
dominant_emotion = max(emotions["emotions"].items(), key=lambda x: x[1])
comment.emotion = dominant_emotion[0]
"""
CENTRAL_LINE = "from app.ml.services.ml_service import ml_service"
CENTRAL = """
# Sentiment Analysis
sentiment = await ml_service.analyze_sentiment(text)
"""


@pytest.fixture(params=["small", "packaged"])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "small":
        monkeypatch.setattr(library, "multilingual", text_bundle.clear_analyser)
    else:
        try:
            bundled()
        except ModelUnavailable as problem:
            pytest.skip(problem.message)
    return request.param


@pytest.fixture
def platform(resident: Resident, tmp_path: Path) -> Resident:
    """A fresh installation that uses the small model."""
    models = tmp_path / "var" / "models"
    text_bundle.write(models, table=text_bundle.clear_table(), arrays=text_bundle.clear)
    catalogue = Catalogue(models)
    catalogue.activate("text", catalogue.versions("text")[0].version)
    return resident


@pytest.mark.parametrize(
    ("text", "sentiment", "emotion"),
    [
        ("So happy, this is really good, I love it!", "positive", "joy"),
        ("This is awful, I hate it", "negative", None),
    ],
)
async def test_comments_are_judged(model: str, text: str, sentiment: str, emotion: str | None) -> None:
    assert in_requirements(COMMENTS.replace(IMPORT_LINE, ""), "1")
    comment = SimpleNamespace(text=text)
    await run(COMMENTS, IMPORT, {"comment": comment})
    assert comment.sentiment == sentiment
    assert 0.0 < comment.sentiment_score <= 1.0
    assert emotion is None or comment.emotion == emotion


async def test_the_central_service_tells_sentiment(platform: Resident) -> None:
    assert in_requirements(CENTRAL, "1")
    made = await run(CENTRAL, {}, {"ml_service": socialflow.ml_service, "text": "good"})
    assert made["sentiment"]["sentiment"] == "positive"


def test_the_analyzer_gives_the_keys_shown(model: str) -> None:
    told = SentimentAnalyzer().predict("good")
    assert {"sentiment", "positive_score", "negative_score", "confidence"} <= set(told)


async def test_sentiment_is_kept_and_told_by_topic(platform: Resident) -> None:
    async def fill(home) -> None:
        shown = ModerationStatus.APPROVED
        posts = [
            Item(name, ItemKind.POST, home.clock.now(), text=text, tags=("city",), moderation_status=shown)
            for name, text in {"p1": "good", "p2": "good", "p3": "awful"}.items()
        ]
        async with home.store.write() as unit:
            await unit.items.upsert(posts)

    async def kept(home) -> Item:
        async with home.store.read() as unit:
            return await unit.items.get("p1")

    await platform.run(fill)
    service = SentimentService()
    result = await service.analyze_post("p1", "good")
    assert (result["sentiment"], result["stored"]) == ("positive", True)
    item = await platform.run(kept)
    assert (item.sentiment, item.sentiment_score) == ("positive", result["sentiment_score"])
    told = await service.get_trending_sentiment("city")
    assert {"topic", "overall_sentiment", "positive_percentage", "negative_percentage"} <= set(told)
    assert (told["topic"], told["overall_sentiment"], told["positive_percentage"]) == ("city", "positive", 66.7)
    assert await platform.run(lambda home: SentimentService(home).get_trending_sentiment("city")) == told
    unknown = await service.analyze_post("nowhere", "good")
    assert (unknown["sentiment"], unknown["stored"], unknown["missing"]) == ("positive", False, ["item:unknown"])


FELT = {
    "positive": (
        "This is the best concert I have ever been to!",
        "Not bad at all, I really enjoyed it.",
        "Thank you so much, you made my day \U0001f60d",
        "What a lovely view, I could stay here forever.",
    ),
    "negative": (
        "I hate how slow this app has become.",
        "Not good at all, I want my money back.",
        "The worst service I have ever seen, never again.",
        "So disappointed \U0001f621 the sound keeps breaking.",
    ),
    "neutral": (
        "The library opens at nine on weekdays.",
        "The next episode comes out on Friday.",
        "The bus to the station leaves from platform two.",
        "The meeting was moved to Tuesday.",
    ),
}
WANTED = {
    "question": ("What time does the show start?", "Where did you film this?"),
    "request": ("Could you please send me the link?", "Can you please make a video about bread?"),
    "complaint": ("My order arrived broken and nobody answers my mails.", "The app crashes every time I open it."),
    "praise": ("Your videos are wonderful, thank you so much!", "Great job, this is fantastic work."),
    "statement": ("The next episode comes out on Friday.", "I live in a small town by the sea."),
    "command": ("Turn the volume down.", "Delete this video now."),
}


class TestThePackagedModel:
    """Sentences of our own, plain to a reader: most of each kind must be understood."""

    @pytest.fixture(autouse=True)
    def _needs_it(self) -> None:
        try:
            bundled()
        except ModelUnavailable as problem:
            pytest.skip(problem.message)

    def test_sentiment(self) -> None:
        analyzer = SentimentAnalyzer()
        wrong = [
            text for label, texts in FELT.items() for text in texts if analyzer.predict(text)["sentiment"] != label
        ]
        assert len(wrong) <= 2, wrong

    def test_intents(self) -> None:
        recognizer = IntentRecognizer()
        wrong = [
            text for label, texts in WANTED.items() for text in texts if recognizer.predict(text)["intent"] != label
        ]
        assert len(wrong) <= 3, wrong

    def test_aspects_of_one_sentence_are_told_apart(self) -> None:
        found = library.AspectSentimentAnalyzer().predict("The camera is amazing but the battery is terrible.")
        scores = {one["aspect"]: one["sentiment_score"] for one in found["aspects"]}
        assert scores["camera"] > 0 > scores["battery"]

    def test_emotions_turn(self) -> None:
        thread = library.EmotionDetector().predict_thread(
            ["I am so happy, we won the final!", "Now I am furious, they took the title away from us."]
        )
        assert [one["from_emotion"] for one in thread["transitions"]] == ["joy"]
