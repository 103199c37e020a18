"""Filling the cache with what is asked for next: the lists of who was just here, and what trends."""

from pydantic import Field

from socialflow.jobs.work import Outcome, Run
from socialflow.pipelines.job_config import read_config
from socialflow.pipelines.precompute import KeptListsConfig, PrecomputeConfig, RecommendationPrecomputer
from socialflow.pipelines.trending_jobs import MAX_LENGTH, UpdateTrending
from socialflow.pipelines.watching import watched


class WarmConfig(KeptListsConfig):
    """Configuration of `cache_warm`."""

    users: int = Field(default=500, ge=0, le=100_000, description="Most recently active users whose lists are made.")
    days: float = Field(default=7.0, gt=0, le=3650)
    categories: int = Field(default=20, ge=0, le=500, description="Categories with a trending list of their own.")


class WarmCache:
    """Does `cache_warm`; it also reads the platform's present state and the active models into this worker."""

    def __init__(self, precomputer: RecommendationPrecomputer, trending: UpdateTrending) -> None:
        self._precomputer = precomputer
        self._trending = trending

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, ModelUnavailable, StoreUnavailable."""
        config = read_config(WarmConfig, run.job.config)
        lists = await self._trending.update(watched(run, 0, 20), categories=config.categories, limit=MAX_LENGTH)
        result: dict[str, object] = {"trending_lists": lists}
        if not config.users:
            return Outcome(result)
        wanted = PrecomputeConfig(**config.lists(), days=config.days, max_users=config.users)
        report = await self._precomputer.precompute(config=wanted, progress=watched(run, 20, 100))
        return Outcome({**result, "recommendations": report.as_json()}, partial=report.partial)
