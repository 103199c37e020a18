"""Learning from what chosen answers earned, as batch work."""

from typing import Annotated

from pydantic import Field

from socialflow.jobs.work import Outcome, Run
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.watching import watched
from socialflow.recommendation.bandit import MultiArmedBandit

Mean = Annotated[float, Field(ge=-1000, le=1000)]


class BanditConfig(JobConfig):
    """Configuration of `bandit_update`."""

    batch: int = Field(default=500, ge=1, le=5000, description="Choices learnt from in one transaction.")
    batches: int = Field(default=200, ge=1, le=10_000, description="At most; the next run goes on.")
    warm_start: dict[str, Mean] = Field(
        default_factory=dict, description="Algorithm: mean reward to begin with where nothing is known of it."
    )
    warm_weight: float = Field(default=20.0, gt=0, le=1e6, description="Rewards that these means count for.")


class UpdateBandit:
    """Does `bandit_update`: learns from the choices whose rewards have closed, each once."""

    def __init__(self, bandit: MultiArmedBandit) -> None:
        self._bandit = bandit

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, Conflict, StoreUnavailable."""
        config = read_config(BanditConfig, run.job.config)
        if config.warm_start:
            await self._bandit.warm_start(config.warm_start, weight=config.warm_weight)
        progress, learnt = watched(run), 0
        for number in range(config.batches):
            told = await self._bandit.settle(config.batch)
            learnt += told
            progress(number + 1, config.batches)
            if told < config.batch:
                break
        means = {arm: round(mean, 4) for arm, (mean, _) in (await self._bandit.beliefs()).items()}
        return Outcome({"rewards": learnt, "expected": means})
