"""The example of real-time adaptation, with only its import line changed."""

from types import SimpleNamespace

from tests.requirements.examples import in_requirements, run

from socialflow.content.records import User
from socialflow.kit.defaults import Resident
from socialflow.recommendation.feeds import FEEDS

REAL_TIME_ADAPTATION = """
from app.ai_models.recommendation import MultiArmedBandit

bandit = MultiArmedBandit()

# Auto-select best algorithm per user
algorithm = await bandit.select_algorithm(user_id)
recommendations = await service.get_video_recommendations(
    user_id=user_id,
    algorithm=algorithm
)

# Update performance
await bandit.update_reward(user_id, algorithm, engagement_score)
"""
IMPORT = {
    "from app.ai_models.recommendation import MultiArmedBandit": (
        "from socialflow.recommendation import MultiArmedBandit"
    )
}


async def test_a_bandit_without_parts_learns_on_the_platform(resident: Resident) -> None:
    assert in_requirements(REAL_TIME_ADAPTATION, "1")

    async def join(platform) -> None:
        async with platform.store.write() as unit:
            await unit.users.upsert([User("u1", "ada", platform.clock.now())])

    async def recommended(user_id: str, algorithm: str) -> list[str]:
        assert algorithm in FEEDS
        return []

    await resident.run(join)
    names = {
        "user_id": "u1",
        "engagement_score": 0.8,
        "service": SimpleNamespace(get_video_recommendations=recommended),
    }
    made = await run(REAL_TIME_ADAPTATION, IMPORT, names)
    assert made["algorithm"] in {"hybrid", "trending"}

    async def learnt(platform) -> dict:
        return await platform.recommendation.bandit.beliefs()

    assert set(await resident.run(learnt)) == {made["algorithm"]}
