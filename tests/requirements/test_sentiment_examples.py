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
        monkeypatch.setattr(library, "bundled", text_bundle.clear_analyser)
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


@pytest.mark.parametrize(("text", "sentiment", "emotion"), [("good", "positive", "joy"), ("awful", "negative", None)])
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


class TestThePackagedModel:
    """Sentences of our own; each is plain to a reader."""

    @pytest.fixture(autouse=True)
    def _needs_it(self) -> None:
        try:
            bundled()
        except ModelUnavailable as problem:
            pytest.skip(problem.message)

    @pytest.mark.parametrize(
        ("text", "sentiment"),
        [
            ("This is the best concert I have ever been to!", "positive"),
            ("I hate how slow this app has become.", "negative"),
            ("Not good at all, I want my money back.", "negative"),
            ("😍😍🔥", "positive"),
            ("The library opens at nine on weekdays.", "neutral"),
            ("Not bad at all, I really enjoyed it", "positive"),
        ],
    )
    def test_sentiment(self, text: str, sentiment: str) -> None:
        assert SentimentAnalyzer().predict(text)["sentiment"] == sentiment

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("What time does the show start?", "question"),
            ("Could you please send me the link?", "request"),
            ("My order arrived broken and nobody answers my mails.", "complaint"),
            ("Your videos are wonderful, thank you so much!", "praise"),
        ],
    )
    def test_intent(self, text: str, intent: str) -> None:
        assert IntentRecognizer().predict(text)["intent"] == intent

    def test_aspects(self) -> None:
        found = library.AspectSentimentAnalyzer().predict("The camera is amazing but the battery is terrible.")
        assert {one["aspect"]: one["sentiment"] for one in found["aspects"]} == {
            "camera": "positive",
            "battery": "negative",
        }

    def test_emotions_turn(self) -> None:
        thread = library.EmotionDetector().predict_thread(
            ["I am so happy, we won the final!", "Now I am furious, they took the title away from us."]
        )
        assert [(one["from_emotion"], one["to_emotion"]) for one in thread["transitions"]] == [("joy", "anger")]
