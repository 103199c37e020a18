"""Batch work: submit, watch, cancel, run again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request
from starlette.responses import StreamingResponse

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.work import BatchVideoAnalysisIn, CacheWarmIn, JobOut, PrecomputeIn
from socialflow.errors import InvalidInput, Overloaded
from socialflow.jobs.records import JsonObject, NewJob, PipelineType
from socialflow.jobs.states import FINISHED
from socialflow.pipelines.orchestrator import described
from socialflow.recommendation.feeds import SMART, compose
from socialflow.recommendation.records import FeedQuery

router = APIRouter(
    prefix="/api/v1/ai-pipelines/pipelines",
    tags=["Batch work"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

MAX_STREAMS = 100
"""Progress streams that one process keeps open."""
_LOOK_SECONDS, _QUIET_SECONDS = 0.5, 15.0

TaskId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00]*$",
        description="`task_id` of the job.",
        examples=["0194b3c1e0a57c3f8a1b2c3d4e5f6a7b"],
    ),
]
_STREAM = {
    "description": "`event: progress` with the job whenever it changes, `event: end` with its final state.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@router.post("/batch-video-analysis", response_model=JobOut, status_code=202, summary="Analyse many videos")
async def batch_video_analysis(body: BatchVideoAnalysisIn, call: CallDep) -> Reply:
    """Stores the job; videos that fail are named in its result.

    This version has no video models yet: the job then ends as `failed` with `model_unavailable`.
    """
    config = {"video_ids": list(body.video_ids), "analyses": list(body.analyses)}
    return await _submit(call, PipelineType.BATCH_VIDEO_ANALYSIS, body.name, config, body.priority)


@router.post(
    "/recommendation-precompute", response_model=JobOut, status_code=202, summary="Work recommendations out beforehand"
)
async def recommendation_precompute(body: PrecomputeIn, call: CallDep) -> Reply:
    """Stores the job: lists of the named users, or of the active ones, the most recently active first.

    With `shards` the job starts one job a shard, for several workers.
    """
    _check_lists(body.algorithm, body.limit, call)
    lists: dict[str, object] = {
        "algorithm": body.algorithm,
        "content_type": body.content_type.value,
        "limit": body.limit,
    }
    if body.user_ids is not None:
        config = {**lists, "user_ids": list(body.user_ids)}
        return await _submit(call, PipelineType.BATCH_RECOMMENDATIONS, body.name, config, body.priority)
    config = {**lists, "days": body.days, "max_users": body.max_users, "shards": body.shards}
    return await _submit(call, PipelineType.RECOMMENDATION_PRECOMPUTE, body.name, config, body.priority)


@router.post("/cache-warm", response_model=JobOut, status_code=202, summary="Warm the caches")
async def cache_warm(body: CacheWarmIn, call: CallDep) -> Reply:
    """Stores the job that fills the caches with what will be asked for first."""
    return await _submit(call, PipelineType.CACHE_WARM, body.name, body.config, body.priority)


@router.get("/{task_id}", response_model=JobOut, responses=documented(404), summary="How a job stands")
async def get_task(task_id: TaskId, call: CallDep) -> Reply:
    """State, progress, and in the end the result or the reason of the failure."""
    authorise(call.principal, Action.PIPELINE_READ)
    return Reply(described(await call.platform.jobs.get(task_id)))


@router.get(
    "/{task_id}/events",
    response_class=StreamingResponse,
    responses={200: _STREAM, **documented(404)},
    summary="Follow a job",
)
async def follow_task(task_id: TaskId, request: Request, call: CallDep) -> StreamingResponse:
    """Server-sent events: the job whenever it changes, until it has ended."""
    authorise(call.principal, Action.PIPELINE_READ)
    await call.platform.jobs.get(task_id)
    state = request.app.state
    if getattr(state, "streams", 0) >= MAX_STREAMS:
        raise Overloaded(f"{MAX_STREAMS} progress streams are open; ask for the job itself now and then")
    return StreamingResponse(_events(task_id, request, call), media_type="text/event-stream", headers=_UNBUFFERED)


@router.post(
    "/{task_id}/cancel", response_model=JobOut, status_code=202, responses=documented(404, 409), summary="Cancel a job"
)
async def cancel_task(task_id: TaskId, call: CallDep) -> Reply:
    """A waiting job is cancelled at once; a running one is asked to stop, and does within two seconds."""
    authorise(call.principal, Action.PIPELINE_WRITE)
    return Reply(described(await call.platform.jobs.cancel(task_id)), status_code=202)


@router.post(
    "/{task_id}/retry",
    response_model=JobOut,
    status_code=202,
    responses=documented(404, 409),
    summary="Run a job again",
)
async def retry_task(task_id: TaskId, call: CallDep) -> Reply:
    """For jobs that failed, partly or wholly, or were cancelled."""
    authorise(call.principal, Action.PIPELINE_WRITE)
    return Reply(described(await call.platform.jobs.retry(task_id)), status_code=202)


_UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _check_lists(algorithm: str, limit: int, call: Call) -> None:
    """Refuse now what every user's list would fail with later. Raises InvalidInput."""
    if algorithm != SMART:
        compose(FeedQuery(algorithm=algorithm))
    most = call.platform.settings.max_recommendations
    if limit > most:
        raise InvalidInput(f"limit must be at most MAX_RECOMMENDATIONS ({most}), not {limit}", field="limit")


async def _submit(call: Call, kind: PipelineType, name: str, config: JsonObject, priority: int) -> Reply:
    authorise(call.principal, Action.PIPELINE_WRITE)
    job = await call.platform.jobs.submit(NewJob(kind, name, config, priority))
    return Reply(described(job), status_code=202)


async def _events(task_id: str, request: Request, call: Call) -> AsyncIterator[bytes]:
    """The job whenever it changed; ends with the job, or when the server drains."""
    state = request.app.state
    state.streams = getattr(state, "streams", 0) + 1
    shown, silent = b"", 0.0
    try:
        while not state.draining:
            job = await call.platform.jobs.get(task_id)
            body = orjson.dumps(described(job))
            if body != shown:
                yield b"event: progress\ndata: " + body + b"\n\n"
                shown, silent = body, 0.0
            elif silent >= _QUIET_SECONDS:
                yield b": still there\n\n"
                silent = 0.0
            if job.state in FINISHED:
                yield b"event: end\ndata: " + orjson.dumps({"state": job.state.value}) + b"\n\n"
                return
            await asyncio.sleep(_LOOK_SECONDS)
            silent += _LOOK_SECONDS
    finally:
        state.streams -= 1
