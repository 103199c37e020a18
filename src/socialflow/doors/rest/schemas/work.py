"""Jobs, the queue and schedules on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, Field, model_validator

from socialflow.content.records import ItemKind
from socialflow.doors.rest.schemas.common import Body, JsonObject, Name
from socialflow.ids import ExternalId
from socialflow.jobs.records import DEFAULT_PRIORITY, MAX_PRIORITY, Job, JobState, PipelineType, QueueStatus, Schedule
from socialflow.pipelines.orchestrator import described, figures

_AT = "2026-01-31T12:00:00Z"
_ID = "0194b3c1e0a57c3f8a1b2c3d4e5f6a7b"
MAX_IDS = 10_000

Priority: TypeAlias = Annotated[
    int, Field(ge=0, le=MAX_PRIORITY, description="0 to 10; 10 is done first.", examples=[DEFAULT_PRIORITY])
]
JobName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$", description="For people.", examples=["new uploads"])
]
Ids: TypeAlias = Annotated[tuple[ExternalId, ...], Field(min_length=1, max_length=MAX_IDS)]


class JobErrorOut(BaseModel):
    """Why a job failed, or why its last attempt did."""

    code: Annotated[str, Field(description="Stable name of the failure.", examples=["model_unavailable"])]
    detail: Annotated[str, Field(description="In words.", examples=["no version of als is active"])]


class JobOut(BaseModel):
    """One piece of work."""

    task_id: Annotated[str, Field(description="Its id.", examples=[_ID])]
    pipeline_type: Annotated[PipelineType, Field(description="What it does.", examples=["recommendation_precompute"])]
    name: Annotated[str, Field(description="For people.", examples=["new uploads"])]
    state: Annotated[JobState, Field(description="Where it stands.", examples=["running"])]
    priority: Priority
    progress: Annotated[int, Field(ge=0, le=100, description="Per cent done.", examples=[40])]
    attempts: Annotated[int, Field(description="Runs that ended by the work itself.", examples=[0])]
    created_at: Annotated[datetime, Field(description="When it was submitted.", examples=[_AT])]
    started_at: Annotated[datetime | None, Field(description="When its latest run began.", examples=[_AT])]
    finished_at: Annotated[datetime | None, Field(description="When it ended.", examples=[None])]
    result: Annotated[dict[str, Any] | None, Field(description="What came out.", examples=[{"done": 3, "failed": 0}])]
    error: Annotated[JobErrorOut | None, Field(description="Of a failure, or of the last failed attempt.")]


class JobsOut(BaseModel):
    """Jobs, newest first."""

    tasks: Annotated[list[JobOut], Field(description="Newest first.")]
    next_before: Annotated[
        str | None, Field(description="Give it as `before` for the next page; null: there is none.", examples=[_ID])
    ]


class WorkerOut(BaseModel):
    """A worker process that told of itself within half a minute."""

    id: Annotated[str, Field(description="Host and process.", examples=["worker-1:4711"])]
    concurrency: Annotated[int, Field(description="Jobs it runs at once.", examples=[1])]
    started_at: Annotated[datetime, Field(description="Since when it runs.", examples=[_AT])]
    seen_at: Annotated[datetime, Field(description="Its last sign of life.", examples=[_AT])]


class QueueOut(BaseModel):
    """The whole queue in figures."""

    queued: Annotated[int, Field(description="Jobs that wait.", examples=[12])]
    running: Annotated[int, Field(description="Jobs that run.", examples=[2])]
    workers: Annotated[int, Field(description="Worker processes alive.", examples=[2])]
    throughput_per_minute: Annotated[float, Field(description="Jobs ended, over five minutes.", examples=[118.4])]
    oldest_seconds: Annotated[float, Field(description="Age of the oldest job that is due and waits.", examples=[0.4])]
    finished: Annotated[
        dict[JobState, int],
        Field(
            description="Jobs kept, by final state.",
            examples=[{"succeeded": 940, "partial": 3, "failed": 2, "cancelled": 1}],
        ),
    ]
    held_since: Annotated[
        datetime | None,
        Field(description="Since when nothing is started, by order; null: work goes on.", examples=[None]),
    ]
    worker_processes: Annotated[list[WorkerOut], Field(description="Each worker process.")]


class BatchVideoAnalysisIn(Body):
    """Which videos to analyse, and how."""

    video_ids: Annotated[Ids, Field(description="Videos.", examples=[["v-1", "v-2"]])]
    analyses: Annotated[
        tuple[Name, ...],
        Field(max_length=20, description="Kinds of analysis; none: all.", examples=[["scene", "quality"]]),
    ] = ()
    name: JobName = "video analysis"
    priority: Priority = DEFAULT_PRIORITY


class PrecomputeIn(Body):
    """Whose recommendations to work out beforehand; without `user_ids` those of active users."""

    user_ids: Annotated[Ids | None, Field(description="Users; left out: the active ones.", examples=[["u-7"]])] = None
    algorithm: Annotated[Name, Field(description="As in requests.", examples=["hybrid"])] = "hybrid"
    content_type: Annotated[ItemKind, Field(description="What is recommended.", examples=["video"])] = ItemKind.VIDEO
    limit: Annotated[int, Field(ge=1, le=500, description="Entries of a list.", examples=[20])] = 20
    days: Annotated[
        float, Field(gt=0, le=3650, description="Active is who did something within these days.", examples=[30])
    ] = 30.0
    max_users: Annotated[int, Field(ge=1, le=10_000_000, description="Users at most.", examples=[100_000])] = 100_000
    shards: Annotated[int, Field(ge=1, le=64, description="Jobs to divide the users among.", examples=[2])] = 1
    name: JobName = "precompute recommendations"
    priority: Priority = DEFAULT_PRIORITY


class CacheWarmIn(Body):
    """What to have in the cache; keys are those of the pipeline type `cache_warm`."""

    config: Annotated[
        JsonObject, Field(default_factory=dict, description="Left out keys have their defaults.", examples=[{}])
    ]
    name: JobName = "warm caches"
    priority: Priority = DEFAULT_PRIORITY


class TriggerIO(Body):
    """When a schedule is due: exactly one of the two."""

    interval: Annotated[
        int | None, Field(ge=1, le=366 * 86_400, description="Every so many seconds.", examples=[1800])
    ] = None
    cron: Annotated[
        str | None, Field(max_length=200, description="Five fields, in UTC.", examples=["*/15 * * * *"])
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.interval is None) == (self.cron is None):
            raise ValueError("give either interval (seconds) or cron (five fields)")
        return self


class ScheduleIn(Body):
    """Work that recurs."""

    name: JobName
    pipeline_type: Annotated[PipelineType, Field(description="What it does.", examples=["trending_update"])]
    config: Annotated[
        JsonObject, Field(default_factory=dict, description="As the pipeline type takes it.", examples=[{}])
    ]
    trigger: Annotated[TriggerIO, Field(description="When.", examples=[{"interval": 1800}])]
    priority: Priority = DEFAULT_PRIORITY
    id: Annotated[Name | None, Field(description="Its id; left out: one is made.", examples=["nightly"])] = None


class ScheduleOut(BaseModel):
    """A schedule."""

    id: Annotated[str, Field(description="Its id.", examples=["trending_updater"])]
    name: Annotated[str, Field(description="For people.", examples=["Trending lists"])]
    pipeline_type: Annotated[PipelineType, Field(description="What it does.", examples=["trending_update"])]
    config: Annotated[dict[str, Any], Field(description="Of each of its jobs.", examples=[{}])]
    trigger: Annotated[TriggerIO, Field(description="When.", examples=[{"interval": 900}])]
    priority: Priority
    paused: Annotated[bool, Field(description="Whether it is kept from firing.", examples=[False])]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=[_AT])]
    next_run_at: Annotated[datetime | None, Field(description="When it is due next.", examples=[_AT])]
    last_run_at: Annotated[datetime | None, Field(description="When it fired last.", examples=[_AT])]
    last_task_id: Annotated[str | None, Field(description="The job it started last.", examples=[_ID])]
    fired: Annotated[int, Field(description="How often it fired.", examples=[3])]
    built_in: Annotated[bool, Field(description="Made by the service itself.", examples=[True])]


class SchedulesOut(BaseModel):
    """All schedules."""

    jobs: Annotated[list[ScheduleOut], Field(description="By id.")]


def queue_out(status: QueueStatus) -> Mapping[str, object]:
    """The body of a `QueueOut`."""
    processes = [
        {"id": one.id, "concurrency": one.concurrency, "started_at": one.started_at, "seen_at": one.seen_at}
        for one in status.workers
    ]
    return {**figures(status), "worker_processes": processes}


def jobs_out(page: Sequence[Job], limit: int) -> Mapping[str, object]:
    """The body of a `JobsOut`."""
    return {"tasks": [described(job) for job in page], "next_before": page[-1].id if len(page) == limit else None}


def schedule_out(schedule: Schedule) -> Mapping[str, object]:
    """The body of a `ScheduleOut`."""
    return {
        "id": schedule.id,
        "name": schedule.name,
        "pipeline_type": schedule.pipeline_type.value,
        "config": dict(schedule.config),
        "trigger": {"interval": schedule.trigger.interval_seconds, "cron": schedule.trigger.cron},
        "priority": schedule.priority,
        "paused": schedule.paused,
        "created_at": schedule.created_at,
        "next_run_at": schedule.next_run_at,
        "last_run_at": schedule.last_run_at,
        "last_task_id": schedule.last_job,
        "fired": schedule.fired,
        "built_in": schedule.built_in,
    }
