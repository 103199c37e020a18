"""The examples of the central service, with only their import lines changed.

Each question that has no model yet is asked alone: it must say so, and make nothing up.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.clips import film, noise
from tests.media_server import answer, serving
from tests.requirements.examples import in_requirements, run

import socialflow
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.errors import InvalidInput, ModelUnavailable, RefusedAddress, UserNotFound
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


class TestModeration:
    async def test_of_the_example_says_whether_it_may_be_shown(self, resident: Resident) -> None:
        told = (await run(question("moderate_content"), IMPORT, GIVEN))["moderation"]
        assert (told["is_safe"], told["decision"], told["action"]) == (True, "approved", "approve")

    @pytest.mark.parametrize(
        ("kind", "data", "field"),
        [
            ("song", {"text": "la"}, "content_type"),
            ("post", {"text": 7}, "text"),
            ("post", {"body": "unchecked"}, "body"),
            ("post", {"text": "a", "images": "http://example.org/a.jpg"}, "images"),
            ("post", {"text": "a", "images": [7]}, "images"),
            ("text", {}, "content"),
        ],
    )
    async def test_what_cannot_be_judged_is_refused(self, kind: str, data: dict[str, object], field: str) -> None:
        with pytest.raises(InvalidInput) as problem:
            await socialflow.ml_service.moderate_content(kind, data)
        assert problem.value.field == field

    async def test_what_cannot_be_fetched_is_not_called_safe(self, resident: Resident) -> None:
        data = {
            "text": "good bread",
            "image_url": "http://127.0.0.1:1/none.jpg",
            "video_url": "http://127.0.0.1:1/v.mp4",
        }
        told = await socialflow.ml_service.moderate_content("post", data)
        assert (told["is_safe"], told["decision"]) == (False, "review_required")
        assert told["missing_because"]["video.nsfw"] == "media:refused"


class TestVideo:
    async def test_of_the_example_is_watched_once(
        self, resident: Resident, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        body = film(tmp_path / "clip.mp4", [*[noise(1, 160, 96)] * 40, *[noise(2, 160, 96)] * 40]).read_bytes()
        async with serving(answer(body)) as server:
            monkeypatch.setenv("MEDIA_ALLOWED_HOSTS", f"127.0.0.1:{server.port}")
            given = {"video_url": f"http://127.0.0.1:{server.port}/v.mp4"}
            told = (await run(question("analyze_video"), IMPORT, given))["analysis"]
        assert (told["info"]["width"], told["read"]["frames"]) == (160, 80)
        assert {"scene", "quality", "thumbnails"} <= set(told["analyses"])
        assert len(told["analyses"]["scene"].answer["shots"]) == 2
        assert told["status"] == "partial"
        assert told["missing"]

    async def test_a_file_is_named_by_its_path_alone(self, resident: Resident, tmp_path: Path) -> None:
        path = film(tmp_path / "clip.mp4", [noise(1)] * 30)
        assert (await socialflow.ml_service.analyze_video(path))["read"]["frames"] == 30
        with pytest.raises(RefusedAddress):
            await socialflow.ml_service.analyze_video(str(path))


class TestWithoutAModel:
    async def test_it_says_what_is_missing(self) -> None:
        with pytest.raises(ModelUnavailable, match="cascade model"):
            await run(question("predict_viral_potential"), IMPORT, GIVEN)

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
