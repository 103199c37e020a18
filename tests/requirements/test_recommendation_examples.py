"""The examples that ask for recommendations, with only their import lines changed."""

from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from tests.requirements.examples import in_requirements, run, run_blocking

import socialflow.recommendation
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.errors import InvalidInput, ModelUnavailable, UserNotFound
from socialflow.kit.defaults import Resident
from socialflow.recommendation.algorithms.content_based import ContentBased
from socialflow.recommendation.feeds import FEEDS
from socialflow.recommendation.interactions import Interactions, ItemTable

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
WITH_ALGORITHM = """
from app.services.recommendation_service import RecommendationService

service = RecommendationService(db)

# Get recommendations with specific algorithm
videos = await service.get_video_recommendations(
    user_id=user_id,
    limit=20,
    algorithm="transformer"  # or "neural_cf", "graph", "smart"
)
"""
MIXED = """
# 20% Transformer + 20% Neural CF + 20% Graph + 40% Traditional
hybrid_recs = []
hybrid_recs.extend(await get_transformer_recs(user_id, 4))
hybrid_recs.extend(await get_neural_cf_recs(user_id, 4))
hybrid_recs.extend(await get_graph_recs(user_id, 4))
hybrid_recs.extend(await get_collaborative_recs(user_id, 8))

# Deduplicate and rank
final_recs = rank_and_diversify(hybrid_recs, limit=20)
"""
ROUTES = """
# api/v1/routes/recommendation.py
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from typing import List
from services.recommendation_service import RecommendationService

router = APIRouter()
recommendation_service = RecommendationService()

class RecommendationRequest(BaseModel):
    user_id: str
    candidate_post_ids: List[str]
    limit: int = 20

class RecommendationResponse(BaseModel):
    post_id: str
    score: float

@router.post("/feed", response_model=List[RecommendationResponse])
async def get_personalized_feed(request: RecommendationRequest):
    \"\"\"
    Get personalized post recommendations for user
    \"\"\"
    try:
        recommendations = await recommendation_service.get_personalized_feed(
            user_id=request.user_id,
            candidate_posts=request.candidate_post_ids,
            limit=request.limit
        )
        return recommendations
    except Exception as e:
        raise HTTPException(status_code=500, detail=str(e))
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

    async def test_an_algorithm_is_named_at_the_call(self, videos: set[str]) -> None:
        assert in_requirements(WITH_ALGORITHM, "1")
        with pytest.raises(ModelUnavailable, match="socialflow train transformer"):
            await run(WITH_ALGORITHM, IMPORT, {"db": None, "user_id": "u1"})
        asked = WITH_ALGORITHM.replace('"transformer"', '"smart"')
        assert {row["id"] for row in (await run(asked, IMPORT, {"db": None, "user_id": "u1"}))["videos"]} == videos

    async def test_lists_can_be_mixed_by_hand_and_are_by_deep_mix(self, videos: set[str]) -> None:
        assert in_requirements(MIXED, "1")
        service = socialflow.recommendation.RecommendationService()
        kinds = ("transformer", "neural_cf", "graph", "collaborative")
        names = {f"get_{kind}_recs": service.get_video_recommendations for kind in kinds}
        made = await run(
            MIXED,
            {},
            {**names, "user_id": "u1", "rank_and_diversify": lambda rows, limit: {row["id"] for row in rows[:limit]}},
        )
        assert made["final_recs"] == videos
        shares = {one.scorer.name: one.weight for one in FEEDS["deep_mix"].scorers}
        assert [shares.pop(name) for name in ("transformer", "neural_cf", "graph")] == [0.2, 0.2, 0.2]
        assert sum(shares.values()) == pytest.approx(0.4)

    async def test_its_route_answers_on_top_of_the_service(self, videos: set[str]) -> None:
        assert in_requirements(ROUTES.replace('\\"', '"'), "3")
        line = "from services.recommendation_service import RecommendationService"
        made = run_blocking(ROUTES, {line: IMPORT[next(iter(IMPORT))]}, {"__name__": "routes"})
        app = FastAPI()
        app.include_router(made["router"])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            body = {"user_id": "u1", "candidate_post_ids": ["v2", "v0", "unheard"]}
            answer = await client.post("/feed", json=body)
        assert {row["post_id"] for row in answer.json()} == {"v0", "v2"}


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


class TestVectors:
    async def test_items_and_users_of_the_resident_platform(self, resident: Resident, videos: set[str]) -> None:
        model = socialflow.recommendation.ContentEmbeddingModel()
        with pytest.raises(ModelUnavailable, match="socialflow train content_based"):
            await model.embed_items(["v1"])
        table = ItemTable(np.arange(2), ["clip", "talk"], [""] * 2, [()] * 2, [None] * 2, np.full(2, -1), np.zeros(2))
        fitted = ContentBased().fit(Interactions.from_pairs([], []), table)

        async def train(platform) -> None:
            platform.catalogue.add("content_based", "content_based", fitted.save, {})
            platform.catalogue.activate("content_based", "0001")
            async with platform.store.write() as unit:
                await unit.users.upsert([User("u2", "bob", platform.clock.now(), interests=("clip",))])
            await platform.recommendation.present()
            await platform.recommendation.models_settled()

        await resident.run(train)
        items, users = await model.embed_items(["v1", "v9"]), await model.embed_users(["u2", "u1"])
        assert items.vectors.shape == users.vectors.shape == (1, 512)
        assert (items.missing, users.missing) == (("v9",), ("u1",))
        assert items.vectors[0] @ users.vectors[0] > 0.7  # "clip" is all of the interest, and a part of the title


class TestNames:
    def test_every_name_of_the_interface_loads(self) -> None:
        for name in socialflow.recommendation.__all__:
            assert isinstance(getattr(socialflow.recommendation, name), type)

    def test_a_name_that_is_not_there_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="Recomender"):
            _ = socialflow.recommendation.Recomender
