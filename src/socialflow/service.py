"""Everything the service can do, under one name, for platforms that call it as a library."""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, Protocol

from socialflow.analysis.library import FeatureExtractor, Reading
from socialflow.content.records import Findings, ItemKind
from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.moderation.library import Home as ModerationHome
from socialflow.moderation.library import ModerationService
from socialflow.moderation.told import Moderated
from socialflow.recommendation.library import Home as RecommendationHome
from socialflow.recommendation.library import Recommendations, Recommended
from socialflow.text.feelings import SentimentTold
from socialflow.text.library import Home as TextHome
from socialflow.text.library import SentimentService
from socialflow.video.library import Home as VideoHome
from socialflow.video.library import VideoAnalysed, Videos


class Home(RecommendationHome, TextHome, VideoHome, ModerationHome, Reading, Protocol):
    """A platform, as `socialflow.wiring` assembles it."""


class MLService:
    """Forwards each question to the domain that answers it.

    Args:
        db: a started platform; without it, the one which the environment's settings describe, on a loop of its own.

    What this version has no model for raises ModelUnavailable, naming what is missing: nothing is made up instead.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._recommendations = Recommendations(db)
        self._sentiment = SentimentService(db)
        self._features = FeatureExtractor(db)
        self._videos = Videos(db)
        self._moderation = ModerationService(db)

    async def generate_recommendations(
        self, user_id: str, content_type: str = "video", limit: int = 20, algorithm: str = "hybrid"
    ) -> list[Recommended]:
        """The best `limit` videos, posts or comments for a user now, best first.

        Raises:
            InvalidInput, UserNotFound, ModelUnavailable, Overloaded, StoreUnavailable.
        """
        if content_type not in set(ItemKind):
            kinds = ", ".join(ItemKind)
            raise InvalidInput(f"content_type must be one of {kinds}, not {content_type!r}", field="content_type")
        return await self._recommendations.recommend(user_id, ItemKind(content_type), limit, algorithm)

    async def analyze_video(self, video_url: str | Path) -> VideoAnalysed:
        """Everything that one pass over a video tells: scenes, quality, thumbnails and whatever else there is.

        `video_url` is a URL, or the Path of a file of this machine. What could not be had is named in `missing`.
        Raises what `Videos.analyze` does.
        """
        return await self._videos.analyze(video_url)

    async def moderate_content(self, content_type: str, content_data: Mapping[str, object]) -> Moderated:
        """Whether content may be shown, by the policy that stands: `text`, `title`, `images`, `video_url` and so on.

        What could not be had is named in `missing`, and unchecked content is never called safe. Raises InvalidInput,
        Overloaded, StoreUnavailable.
        """
        return await self._moderation.moderate_content(content_type, content_data)

    async def analyze_sentiment(self, text: str) -> SentimentTold:
        """Sentiment of a text, whether it is ironic, and its language. Raises ModelUnavailable, Overloaded."""
        return await self._sentiment.analyze(text)

    async def analyze_content(self, content_type: str, content_data: Mapping[str, object]) -> Findings:
        """Tags, categories, sentiment, language, topics, names and key phrases of content, by its `text`.

        What could not be had is named in `missing`. Raises InvalidInput, Overloaded.
        """
        return await self._features.analyze_content(content_type, content_data)

    async def predict_viral_potential(self, content_data: Mapping[str, object]) -> NoReturn:  # noqa: ARG002
        """How far content will spread. Raises ModelUnavailable."""
        raise _missing("virality", "a cascade model")


def _missing(what: str, models: str) -> ModelUnavailable:
    return ModelUnavailable(f"{what}: this version of socialflow has no {models}")


ml_service = MLService()
