"""What does the work of a job: handlers, and what they hold while they run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from socialflow.jobs.ports import JobUnit
from socialflow.jobs.records import Job, JsonObject, PipelineType

Effect: TypeAlias = Callable[[JobUnit], Awaitable[None]]
"""Writes something in the transaction that ends the run: follow-up jobs, above all."""


class Run(Protocol):
    """A handler's line to whoever watches its job."""

    @property
    def job(self) -> Job:
        """The job as it was claimed."""
        ...

    def progress(self, done: int, total: int) -> None:
        """Note how far the work is; costs nothing, the next heartbeat stores it."""
        ...

    def check(self) -> None:
        """Raise asyncio.CancelledError where the job was cancelled, timed out or lost; for loops that never await."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended that did not raise. `partial`: some parts failed, and `result` says which."""

    result: JsonObject = field(default_factory=dict)
    partial: bool = False
    effect: Effect | None = None


class Handler(Protocol):
    """Does the work of one pipeline type.

    It may run more than once for one job (a worker can die at any instant), so what it writes must be idempotent. It
    runs on the worker's event loop: arithmetic and blocking calls belong on a thread. It is cancelled (CancelledError)
    within 2 s of a request to cancel, at its time limit, and when its worker lost the lease. The errors of
    `runner.PERMANENT` fail the job for good; any other exception is retried.
    """

    async def __call__(self, run: Run) -> Outcome:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How one pipeline type is run."""

    task: str
    """Celery's name of it."""
    time_limit: float = 600.0
    """Seconds one run may take."""
    at_once: int = 64
    """Runs of this type at the same time, over all workers."""
    attempts: int = 4
    """Runs in all: the first and its retries."""


KINDS: Mapping[PipelineType, Kind] = {
    PipelineType.MODERATE_VIDEO: Kind("ml.moderate_video", time_limit=1800),
    PipelineType.MODERATE_POST: Kind("ml.moderate_post"),
    PipelineType.MODERATE_COMMENT: Kind("ml.moderate_comment"),
    PipelineType.ANALYZE_CONTENT: Kind("ml.analyze_content", time_limit=1800),
    PipelineType.UPDATE_RECOMMENDATIONS: Kind("ml.update_recommendations"),
    PipelineType.CALCULATE_TRENDING: Kind("ml.calculate_trending"),
    PipelineType.PREDICT_VIRALITY: Kind("ml.predict_virality"),
    PipelineType.GENERATE_CAPTIONS: Kind("ml.generate_captions", time_limit=3600),
    PipelineType.GENERATE_THUMBNAIL: Kind("ml.generate_thumbnail"),
    PipelineType.GENERATE_EMBEDDINGS: Kind("ml.generate_embeddings", time_limit=3600),
    PipelineType.BATCH_VIDEO_ANALYSIS: Kind("ml.batch_video_analysis", time_limit=6 * 3600, at_once=2),
    PipelineType.BATCH_RECOMMENDATIONS: Kind("ml.batch_recommendations", time_limit=3600, at_once=2),
    PipelineType.RECOMMENDATION_PRECOMPUTE: Kind("ml.batch_update_all_recommendations", time_limit=3600, at_once=2),
    PipelineType.TRENDING_UPDATE: Kind("ml.batch_calculate_trending", time_limit=900, at_once=1),
    PipelineType.CACHE_WARM: Kind("ml.cache_warm", time_limit=900, at_once=1),
    PipelineType.TRAIN_MODEL: Kind("ml.train_model", time_limit=24 * 3600, at_once=1),
    PipelineType.BATCH_INFERENCE: Kind("ml.batch_inference", time_limit=6 * 3600, at_once=2),
    PipelineType.COLLECT_DATA: Kind("ml.collect_data", time_limit=6 * 3600, at_once=1),
    PipelineType.BANDIT_UPDATE: Kind("ml.bandit_update", time_limit=900, at_once=1),
    PipelineType.GRAPH_UPDATE: Kind("ml.graph_update", time_limit=3600, at_once=1),
    PipelineType.TRAIN_TOPICS: Kind("ml.train_topics", time_limit=6 * 3600, at_once=1),
    PipelineType.PULL_MODEL: Kind("ml.pull_model", time_limit=6 * 3600, at_once=2),
    PipelineType.REPLAY_POLICY: Kind("ml.replay_policy", time_limit=3600, at_once=1),
    PipelineType.RECHECK_MATCHES: Kind("ml.recheck_matches", time_limit=3600, at_once=1),
}
"""Every pipeline type, once."""
