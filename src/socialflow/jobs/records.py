"""Jobs, schedules and workers as they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from socialflow.ids import UserKey

JsonObject: TypeAlias = Mapping[str, object]
"""What JSON can carry: text, numbers, booleans, None, lists and objects of these."""

MAX_PRIORITY = 10
DEFAULT_PRIORITY = 5


class PipelineType(StrEnum):
    """Every kind of batch work."""

    MODERATE_VIDEO = "moderate_video"
    MODERATE_POST = "moderate_post"
    MODERATE_COMMENT = "moderate_comment"
    ANALYZE_CONTENT = "analyze_content"
    UPDATE_RECOMMENDATIONS = "update_recommendations"
    CALCULATE_TRENDING = "calculate_trending"
    PREDICT_VIRALITY = "predict_virality"
    GENERATE_CAPTIONS = "generate_captions"
    GENERATE_THUMBNAIL = "generate_thumbnail"
    GENERATE_EMBEDDINGS = "generate_embeddings"
    BATCH_VIDEO_ANALYSIS = "batch_video_analysis"
    BATCH_RECOMMENDATIONS = "batch_recommendations"
    RECOMMENDATION_PRECOMPUTE = "recommendation_precompute"
    TRENDING_UPDATE = "trending_update"
    CACHE_WARM = "cache_warm"
    TRAIN_MODEL = "train_model"
    BATCH_INFERENCE = "batch_inference"
    COLLECT_DATA = "collect_data"
    BANDIT_UPDATE = "bandit_update"
    GRAPH_UPDATE = "graph_update"
    TRAIN_TOPICS = "train_topics"
    PULL_MODEL = "pull_model"
    REPLAY_POLICY = "replay_policy"
    RECHECK_MATCHES = "recheck_matches"


class JobState(StrEnum):
    """Where a job stands. `states.MOVES` says which move may follow which."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    """Finished, but some of its parts failed; the result says which."""
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed: a stable code and a sentence that is safe to show."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be stored. `priority` 0 to 10, 10 first.

    A `dedup_key` that an unfinished job has already makes this one the same job. `not_before` None: at once.
    """

    pipeline_type: PipelineType
    name: str
    config: JsonObject = field(default_factory=dict)
    priority: int = DEFAULT_PRIORITY
    dedup_key: str | None = None
    not_before: datetime | None = None
    user: UserKey | None = None
    """The person the job speaks of, so that erasing them takes the job along."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's hold on a running job. `token` is new with every claim: who holds an old one can change nothing."""

    token: str
    worker: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of durable work.

    `progress` is 0 to 100. `attempts` counts runs that ended by the work itself; `losses` counts runs whose worker
    died, which cost no attempt. `run_at` is when it may run next. `sent_at` and `sends` say when, and how often since
    it was queued, the transport was told of it.
    """

    id: str
    pipeline_type: PipelineType
    name: str
    config: JsonObject
    priority: int
    state: JobState
    progress: int
    attempts: int
    losses: int
    created_at: datetime
    run_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: JsonObject | None = None
    error: JobError | None = None
    cancel_requested: bool = False
    dedup_key: str | None = None
    lease: Lease | None = None
    sent_at: datetime | None = None
    sends: int = 0

    @property
    def task_id(self) -> str:
        """The id under the name that task queues use."""
        return self.id


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a schedule is due: every `interval_seconds`, or by a five-field `cron` line in UTC. Exactly one is set."""

    interval_seconds: int | None = None
    cron: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that recurs. `next_run_at` None: never again. `last_job` is the id of the job it started last."""

    id: str
    name: str
    pipeline_type: PipelineType
    config: JsonObject
    trigger: Trigger
    priority: int
    paused: bool
    created_at: datetime
    next_run_at: datetime | None
    last_run_at: datetime | None = None
    last_job: str | None = None
    fired: int = 0
    """How often it started a job; also what a change is compared against, so that two schedulers fire once."""
    built_in: bool = False
    """Made by the service itself; a deleted one does not come back."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that told of itself within the last half minute."""

    id: str
    host: str
    pid: int
    concurrency: int
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class RecentRuns:
    """Jobs of one type that ended in one state in the last five minutes.

    `wait_seconds` is the mean from due to begun, `run_seconds` the mean from begun to ended.
    """

    pipeline_type: PipelineType
    state: JobState
    jobs: int
    wait_seconds: float
    run_seconds: float


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The whole queue in figures. `throughput_per_minute` counts jobs that ended in the last five minutes, per minute.

    `oldest_seconds` is the age of the oldest job that is due and not running; 0.0 where none waits. `finished` counts
    jobs by final state since the store began (or was last cleared of old jobs).
    """

    queued: int
    running: int
    workers: tuple[Worker, ...]
    throughput_per_minute: float
    oldest_seconds: float
    finished: Mapping[JobState, int] = field(default_factory=dict)
    held_since: datetime | None = None
    """Since when no job is started, by order of an operator; None: jobs run."""
