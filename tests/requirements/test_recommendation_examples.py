"""The examples that ask for recommendations, with only their import lines changed."""

from types import SimpleNamespace

import pytest
from tests.requirements.examples import in_requirements, run

import socialflow.recommendation
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.errors import InvalidInput, ModelUnavailable, UserNotFound
from socialflow.kit.defaults import Resident

SMART_LISTS = """
from app.services.recommendation_service import RecommendationService

service = RecommendationService(db)

# Get smart recommendations (auto-selects best algorithm)
recommendations = await service.get_video_recommendations(
    user_id=current_user.id,
    limit=20,
    algorithm="smart"
)
"""
BY_NAME = """
# Get transformer-based recommendations
semantic_recs = await service.get_video_recommendations(
    user_id=current_user.id,
    limit=10,
    algorithm="transformer"
)
"""
IMPORT = {
    "from app.services.recommendation_service import RecommendationService": (
        "from socialflow.recommendation import RecommendationService"
    )
}


@pytest.fixture
async def videos(resident: Resident) -> set[str]:
    """Four approved videos, one post, and a user who has done nothing."""

    async def fill(platform) -> None:
        now = platform.clock.now()
        async with platform.store.write() as unit:
            await unit.users.upsert([User("u1", "ada", now)])
            kinds = [ItemKind.VIDEO] * 4 + [ItemKind.POST]
            rows = [
                Item(f"v{n}", kind, now, title=f"clip {n}", moderation_status=ModerationStatus.APPROVED)
                for n, kind in enumerate(kinds)
            ]
            await unit.items.upsert(rows)

    await resident.run(fill)
    return {"v0", "v1", "v2", "v3"}


class TestExamples:
    async def test_smart_chooses_and_answers_with_videos(self, videos: set[str]) -> None:
        assert in_requirements(SMART_LISTS, "1")
        names = {"db": None, "current_user": SimpleNamespace(id="u1")}
        made = await run(SMART_LISTS, IMPORT, names)
        assert {row["id"] for row in made["recommendations"]} == videos
        assert [row["position"] for row in made["recommendations"]] == [1, 2, 3, 4]

    async def test_an_algorithm_without_its_model_says_how_to_train_it(self, videos: set[str]) -> None:
        assert in_requirements(BY_NAME, "1")
        service = socialflow.recommendation.RecommendationService()
        with pytest.raises(ModelUnavailable, match="socialflow train transformer"):
            await run(BY_NAME, {}, {"service": service, "current_user": SimpleNamespace(id="u1")})


class TestGivenPosts:
    async def test_the_feed_holds_the_given_posts_alone(self, videos: set[str]) -> None:
        service = socialflow.recommendation.RecommendationService()
        rows = await service.get_personalized_feed("u1", ["v3", "v4", "v3", "unheard"], limit=5)
        assert {row["post_id"] for row in rows} == {"v3", "v4"}

    def test_predict_ranks_without_an_event_loop(self, resident: Resident, videos: set[str]) -> None:
        rows = socialflow.recommendation.HybridRecommender("models/recommendation").predict("u1", ["v1", "v2"])
        assert {row["post_id"] for row in rows} == {"v1", "v2"}
        assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)

    async def test_nothing_to_rank_is_refused(self, videos: set[str]) -> None:
        service = socialflow.recommendation.RecommendationService()
        with pytest.raises(InvalidInput) as problem:
            await service.get_personalized_feed("u1", [])
        assert problem.value.field == "post_ids"
        with pytest.raises(UserNotFound):
            await service.get_personalized_feed("nobody", ["v1"])


class TestNames:
    def test_every_name_of_the_interface_loads(self) -> None:
        for name in socialflow.recommendation.__all__:
            assert isinstance(getattr(socialflow.recommendation, name), type)

    def test_a_name_that_is_not_there_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="Recomender"):
            _ = socialflow.recommendation.Recomender
