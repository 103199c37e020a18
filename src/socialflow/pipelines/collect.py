"""Reading an outside API as batch work: orders in, pages stored, embeddings and refits queued behind them."""

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TypeAlias

from pydantic import Field

from socialflow.content.collection import Collection as Collected
from socialflow.errors import SourceNotConfigured
from socialflow.intake.external.collector import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Collector, Order
from socialflow.intake.external.endpoints import Endpoint
from socialflow.intake.external.ports import CollectionStore, Pages
from socialflow.intake.records import Moderation
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.records import JobState, NewJob, PipelineType
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.clock import Clock
from socialflow.pipelines.job_config import JobConfig, read_config

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Pages]]
"""Opens the outside API. Raises SourceNotConfigured."""

MAX_PAGE = 1_000_000_000
GATHERING = timedelta(minutes=1)
"""How long embeddings and refits wait for the collections that follow, so that several have one."""


class CollectConfig(JobConfig):
    """Configuration of `collect_data`."""

    endpoint: Endpoint | None = Field(default=None, description="What to collect; left out: everything.")
    page: int | None = Field(
        default=None, ge=1, le=MAX_PAGE, description="Left out: where a broken-off collection stopped, else 1."
    )
    page_size: int = Field(default=DEFAULT_PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE, description="Rows to ask for a page.")
    moderation: Moderation | None = Field(
        default=None, description="What new items arrive as: pending or trusted. Left out: COLLECT_MODERATION."
    )


def collection_job(
    endpoint: Endpoint,
    *,
    page: int | None = None,
    page_size: int = DEFAULT_PAGE_SIZE,
    moderation: Moderation = Moderation.PENDING,
) -> NewJob:
    """The job that collects one endpoint; while one is unfinished, a second is the same job.

    `page` None: where a collection that was broken off stopped, else 1. `moderation` is what new items arrive as.
    """
    config = {"endpoint": endpoint.value, "page": page, "page_size": page_size, "moderation": moderation.value}
    return NewJob(PipelineType.COLLECT_DATA, f"collect {endpoint}", config, dedup_key=f"collect:{endpoint}")


class Collect:
    """Does COLLECT_DATA.

    A job whose config (`CollectConfig`) names an `endpoint` collects it. One that names none queues a job for each
    endpoint: people first, then posts, then what people did.

    Args:
        active_models: names of the models that are refitted after something new was stored.
        moderation: what new items arrive as where a job does not say.
    """

    def __init__(
        self,
        store: CollectionStore,
        clock: Clock,
        connect: Connect,
        active_models: Callable[[], Collection[str]],
        moderation: Moderation = Moderation.PENDING,
    ) -> None:
        self._store = store
        self._clock = clock
        self._connect = connect
        self._active_models = active_models
        self._moderation = moderation

    async def __call__(self, run: Run) -> Outcome:
        """Collect. Raises InvalidInput, and what `Collector.collect` raises."""
        config = read_config(CollectConfig, run.job.config)
        moderation = config.moderation or self._moderation
        if config.endpoint is None:
            jobs = [
                collection_job(endpoint, page=config.page, page_size=config.page_size, moderation=moderation)
                for endpoint in Endpoint
            ]

            async def queue(unit: JobUnit) -> None:
                await unit.jobs.add(jobs, self._clock.now())

            return Outcome({"endpoints": [endpoint.value for endpoint in Endpoint]}, effect=queue)
        order = Order(config.endpoint, run.job.id, config.page, config.page_size, moderation)
        async with self._connect() as pages:
            collected = await Collector(self._store, pages, self._clock).collect(order)
        return Outcome(summary(collected), effect=self._follow_up if collected.counts.stored else None)

    async def _follow_up(self, unit: JobUnit) -> None:
        """Queue embeddings and refits, at most one of each that has not begun."""
        now = self._clock.now()
        wanted = [NewJob(PipelineType.GENERATE_EMBEDDINGS, "embeddings of what was collected")]
        wanted += [
            NewJob(PipelineType.TRAIN_MODEL, f"refit {name} on what was collected", {"model": name})
            for name in sorted(self._active_models())
        ]
        jobs = [replace(job, dedup_key=f"after collection: {job.name}", not_before=now + GATHERING) for job in wanted]
        stored = await unit.jobs.add(jobs, now)
        # One that runs has read the store before this collection ended.
        late = [job for job, known in zip(jobs, stored, strict=True) if known.state is JobState.RUNNING]
        await unit.jobs.add([replace(job, dedup_key=f"{job.dedup_key}, again") for job in late], now)


def summary(collected: Collected) -> dict[str, object]:
    """What a collection did, as JSON."""
    return {"source": collected.source, "endpoint": collected.endpoint, **asdict(collected.counts)}


def outside_api(base_url: str | None, token: str | None, clock: Clock) -> Connect:
    """Opens the API that the settings API_BASE_URL and FLIC_TOKEN name."""

    def connect() -> AbstractAsyncContextManager[Pages]:
        from socialflow.intake.external.client import OutsideApi  # only who reads needs an HTTP client

        if base_url is None or token is None:
            raise SourceNotConfigured("collection is not set up: set API_BASE_URL and FLIC_TOKEN")
        return OutsideApi(base_url, token, clock=clock)

    return connect
