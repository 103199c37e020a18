"""Recommendations worked out before they are asked for: of named users, or of those who will ask first."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeAlias

from pydantic import Field, model_validator

from socialflow.content.ports import ContentStore
from socialflow.content.records import ItemKind
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.records import NewJob
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.clock import Clock
from socialflow.kit.defaults import resident
from socialflow.pipelines.batch import BatchProcessor, BatchReport
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.live import ActiveUsers, Lists
from socialflow.pipelines.watching import Listener, watched
from socialflow.recommendation.records import FeedQuery

CHUNK = 64
"""Users ranked by one call: what a request to cancel waits for."""
MAX_USERS = 10_000_000
MAX_SHARDS = 64

KEPT_SECONDS = 3500.0
"""A little less than the hour between two runs, so that each run finds the lists of the one before just gone."""

Prepare: TypeAlias = Callable[[Sequence[FeedQuery], float], Awaitable[object]]
"""Works out lists and keeps them for some seconds where requests find them; leaves those alone that are good still.

Raises UserNotFound, Erased, ModelUnavailable, StoreUnavailable.
"""
UserIds = Annotated[list[str], Field(min_length=1, max_length=10_000)]


class ListsConfig(JobConfig):
    """Which lists to work out."""

    algorithm: str = Field(default="hybrid", description="As in requests.")
    content_type: ItemKind = Field(default=ItemKind.VIDEO, description="What is recommended.")
    limit: int = Field(default=20, ge=1, le=500, description="Entries of a list.")

    def query(self, user_id: str) -> FeedQuery:
        """The question whose answer is worked out for one user."""
        return FeedQuery(
            user_id=user_id,
            algorithm=self.algorithm,
            kind=self.content_type,
            page_size=self.limit,
            surface="recommendations",
        )


class KeptListsConfig(ListsConfig):
    """Which lists to work out, and how long to keep them."""

    keep_seconds: float = Field(default=KEPT_SECONDS, gt=0, le=86_400)

    def lists(self) -> dict[str, Any]:
        """These settings alone, for a configuration that has them too."""
        return self.model_dump(include=set(KeptListsConfig.model_fields))


class UsersConfig(KeptListsConfig):
    """Configuration of `update_recommendations` and `batch_recommendations`: lists of named users."""

    user_id: str | None = None
    user_ids: UserIds | None = None

    @model_validator(mode="after")
    def _named(self) -> "UsersConfig":
        if (self.user_id is None) == (self.user_ids is None):
            raise ValueError("either user_id or user_ids must be given")
        return self

    @property
    def users(self) -> Sequence[str]:
        """Whom it is about, each once."""
        return list(dict.fromkeys(self.user_ids or [self.user_id or ""]))


class PrecomputeConfig(KeptListsConfig):
    """Configuration of `recommendation_precompute`: lists of active users, the most recently active first."""

    days: float = Field(default=30.0, gt=0, le=3650, description="Active is who did something within these days.")
    max_users: int = Field(default=100_000, ge=1, le=MAX_USERS)
    shards: int = Field(default=1, ge=1, le=MAX_SHARDS, description="Jobs to divide the users among.")
    shard: int | None = Field(default=None, ge=0, description="Which of them this is; left out: all are started.")

    @model_validator(mode="after")
    def _inside(self) -> "PrecomputeConfig":
        if self.shard is not None and self.shard >= self.shards:
            raise ValueError(f"shard must be below shards ({self.shards}), not {self.shard}")
        return self


@dataclass(frozen=True, slots=True)
class Precomputing:
    """What the work needs."""

    prepare: Prepare
    active: ActiveUsers


class _Home(Protocol):
    @property
    def precomputer(self) -> "RecommendationPrecomputer": ...


class RecommendationPrecomputer:
    """Works out recommendations and keeps them in the cache, so that the first request of a user finds them.

    What a user does afterwards makes a kept list a miss: it saves time and never serves what is stale.

    Args:
        parts: what to work with; without it, the platform which the environment's settings describe.
    """

    def __init__(self, parts: Precomputing | None = None) -> None:
        self._parts = parts

    async def precompute(
        self,
        user_ids: Sequence[str] | None = None,
        config: PrecomputeConfig | None = None,
        *,
        progress: Listener | None = None,
    ) -> BatchReport:
        """Work out the lists of these users, or of the active ones that `config` describes; returns how it went.

        Users who are unknown or erased are failures of the report. Raises InvalidInput, ModelUnavailable,
        StoreUnavailable.
        """
        if self._parts is None:
            return await resident().run(_elsewhere(user_ids, config, progress))
        config = config or PrecomputeConfig()
        if user_ids is None:
            user_ids = await self._parts.active.ids(
                days=config.days, limit=config.max_users, shard=config.shard or 0, shards=config.shards
            )
        prepare = self._parts.prepare

        async def lists_of(chunk: Sequence[str]) -> None:
            await prepare([config.query(user_id) for user_id in chunk], config.keep_seconds)

        return await BatchProcessor[str](chunk_size=CHUNK).run(user_ids, lists_of, progress=progress)


def build_precomputer(lists: Lists, store: ContentStore, clock: Clock) -> RecommendationPrecomputer:
    """The precomputer over a platform's lists."""
    return RecommendationPrecomputer(Precomputing(lists.prepare, ActiveUsers(lists.live, store, clock)))


class ComputeRecommendations:
    """Does `update_recommendations` and `batch_recommendations`."""

    def __init__(self, precomputer: RecommendationPrecomputer) -> None:
        self._precomputer = precomputer

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, UserNotFound where it is about one user, StoreUnavailable."""
        config = read_config(UsersConfig, run.job.config)
        lists = PrecomputeConfig(**config.lists())
        report = await self._precomputer.precompute(config.users, lists, progress=watched(run))
        report.raise_if_all_failed()
        return Outcome(report.as_json(), partial=report.partial)


class PrecomputeRecommendations:
    """Does `recommendation_precompute`: the users of one shard, or a job for each shard."""

    def __init__(self, precomputer: RecommendationPrecomputer, clock: Clock) -> None:
        self._precomputer = precomputer
        self._clock = clock

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, StoreUnavailable."""
        config = read_config(PrecomputeConfig, run.job.config)
        if config.shards > 1 and config.shard is None:
            return self._divided(run, config)
        report = await self._precomputer.precompute(config=config, progress=watched(run))
        report.raise_if_all_failed()
        return Outcome(report.as_json(), partial=report.partial)

    def _divided(self, run: Run, config: PrecomputeConfig) -> Outcome:
        """A job for every shard, stored as this one ends."""
        parent = run.job
        jobs = [
            NewJob(
                parent.pipeline_type,
                f"{parent.name} ({shard + 1} of {config.shards})"[-200:],
                config.model_copy(update={"shard": shard}).model_dump(mode="json"),
                parent.priority,
                dedup_key=f"shard:{parent.id}:{shard}",
            )
            for shard in range(config.shards)
        ]

        async def start(unit: JobUnit) -> None:
            await unit.jobs.add(jobs, self._clock.now())

        return Outcome({"shards": config.shards}, effect=start)


def _elsewhere(
    user_ids: Sequence[str] | None,
    config: PrecomputeConfig | None,
    progress: Listener | None,
) -> Callable[[_Home], Awaitable[BatchReport]]:
    """The same work by the precomputer of the resident platform."""

    def work(home: _Home) -> Awaitable[BatchReport]:
        return home.precomputer.precompute(user_ids, config, progress=progress)

    return work
