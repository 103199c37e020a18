"""The examples of the central service, with only their import lines changed.

Each question that has no model yet is asked alone: it must say so, and make nothing up.
"""

from types import SimpleNamespace

import pytest
from tests.requirements.examples import in_requirements, run

import socialflow
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.errors import InvalidInput, ModelUnavailable, UserNotFound
from socialflow.kit.defaults import Resident

IMPORT_LINE = "from app.ml.services.ml_service import ml_service"
IMPORT = {IMPORT_LINE: "from socialflow import ml_service"}
CENTRAL = f"""
{IMPORT_LINE}

# Video Analysis
analysis = await ml_service.analyze_video(video_url)

# Content Moderation
moderation = await ml_service.moderate_content("text", content_data)

# Recommendations
recommendations = await ml_service.generate_recommendations(user_id, "video", 10)

# Sentiment Analysis
sentiment = await ml_service.analyze_sentiment(text)

# Trend Prediction
viral_score = await ml_service.predict_viral_potential(content_data)
"""
VIRAL = """
viral_prediction = await ml_service.predict_viral_potential({
    "video_id": video.id,
    "title": video.title,
    "description": video.description,
    "tags": video.tags,
    "creator_followers": creator.follower_count,
    "initial_engagement": {
        "views": video.view_count,
        "likes": video.like_count,
        "comments": video.comment_count
    }
})
"""
GIVEN = {
    "video_url": "https://example.org/v.mp4",
    "content_data": {"text": "hello"},
    "user_id": "u1",
    "text": "hello",
}


def question(of: str) -> str:
    """The import and the one line of the example that asks this."""
    return "\n".join(line for line in CENTRAL.splitlines() if line == IMPORT_LINE or f".{of}(" in line)


@pytest.fixture
async def platform(resident: Resident) -> None:
    """Three approved videos, a post, and a person."""

    async def fill(platform) -> None:
        now = platform.clock.now()
        async with platform.store.write() as unit:
            await unit.users.upsert([User("u1", "ada", now)])
            kinds = {"v1": ItemKind.VIDEO, "v2": ItemKind.VIDEO, "v3": ItemKind.VIDEO, "p1": ItemKind.POST}
            await unit.items.upsert(
                [Item(name, kind, now, moderation_status=ModerationStatus.APPROVED) for name, kind in kinds.items()]
            )

    await resident.run(fill)


class TestRecommendations:
    async def test_are_the_best_videos_for_the_user(self, platform: None) -> None:
        assert in_requirements(CENTRAL, "1")
        made = await run(question("generate_recommendations"), IMPORT, GIVEN)
        assert {row["id"] for row in made["recommendations"]} == {"v1", "v2", "v3"}
        assert [row["position"] for row in made["recommendations"]] == [1, 2, 3]

    async def test_posts_too(self, platform: None) -> None:
        rows = await socialflow.MLService().generate_recommendations("u1", "post")
        assert [row["id"] for row in rows] == ["p1"]

    async def test_what_cannot_be_answered_is_refused(self, platform: None) -> None:
        with pytest.raises(InvalidInput) as problem:
            await socialflow.ml_service.generate_recommendations("u1", "song")
        assert problem.value.field == "content_type"
        with pytest.raises(UserNotFound):
            await socialflow.ml_service.generate_recommendations("nobody")


class TestContent:
    async def test_is_analysed_by_its_words(self) -> None:
        data = {"text": "Amazing AI tutorial", "video_url": "https://example.com/video.mp4"}
        found = await socialflow.ml_service.analyze_content("video", data)
        assert "tutorial" in " ".join(found.tags)
        assert found.language == "en" or "language" in found.missing
        assert "visual_tags" in found.missing
        assert found.sentiment or "sentiment" in found.missing

    @pytest.mark.parametrize(("kind", "text", "field"), [("song", "la", "content_type"), ("post", 7, "text")])
    async def test_what_is_no_text_is_refused(self, kind: str, text: object, field: str) -> None:
        with pytest.raises(InvalidInput) as problem:
            await socialflow.ml_service.analyze_content(kind, {"text": text})
        assert problem.value.field == field


class TestWithoutAModel:
    @pytest.mark.parametrize(
        ("of", "missing"),
        [
            ("analyze_video", "shot, object, action"),
            ("moderate_content", "toxicity"),
            ("predict_viral_potential", "cascade model"),
        ],
    )
    async def test_it_says_what_is_missing(self, of: str, missing: str) -> None:
        with pytest.raises(ModelUnavailable, match=missing):
            await run(question(of), IMPORT, GIVEN)

    async def test_viral_prediction_of_a_video_too(self) -> None:
        assert in_requirements(VIRAL, "1")
        video = SimpleNamespace(
            id="v1", title="t", description="", tags=[], view_count=1, like_count=0, comment_count=0
        )
        names = {"ml_service": socialflow.ml_service, "video": video, "creator": SimpleNamespace(follower_count=3)}
        with pytest.raises(ModelUnavailable, match="cascade model"):
            await run(VIRAL, {}, names)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="mlservice"):
        _ = socialflow.mlservice
