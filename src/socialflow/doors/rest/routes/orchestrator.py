"""The queue as a whole."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.work import JobsOut, QueueOut, jobs_out, queue_out
from socialflow.jobs.records import JobState, PipelineType
from socialflow.jobs.service import MAX_PAGE

router = APIRouter(
    prefix="/api/v1/ai-pipelines/orchestrator",
    tags=["Batch work"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


class TaskParams(BaseModel):
    """Which jobs."""

    state: Annotated[JobState | None, Field(description="Only in this state.", examples=["running"])] = None
    pipeline_type: Annotated[PipelineType | None, Field(description="Only of this type.", examples=["cache_warm"])] = (
        None
    )
    before: Annotated[
        str | None,
        Field(
            max_length=64,
            pattern=r"^[^\x00]*$",
            description="`next_before` of the page before.",
            examples=["0194b3c1e0a57c3f8a1b2c3d4e5f6a7b"],
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="Jobs a page.", examples=[50])] = 50


@router.get("/status", response_model=QueueOut, summary="The queue in figures")
async def status(call: CallDep) -> Reply:
    """Jobs that wait and run, live workers, throughput, the age of the oldest job that is due."""
    authorise(call.principal, Action.ORCHESTRATOR_READ)
    return Reply(queue_out(await call.platform.jobs.status()))


@router.get("/tasks", response_model=JobsOut, responses=documented(404), summary="List jobs")
async def tasks(params: Annotated[TaskParams, Query()], call: CallDep) -> Reply:
    """Jobs, newest first."""
    authorise(call.principal, Action.ORCHESTRATOR_READ)
    page = await call.platform.jobs.page(
        states=[params.state] if params.state else (),
        pipeline_types=[params.pipeline_type] if params.pipeline_type else (),
        before=params.before,
        limit=params.limit,
    )
    return Reply(jobs_out(page, params.limit))


@router.post("/shutdown", response_model=QueueOut, status_code=202, summary="Start no more jobs")
async def shutdown(call: CallDep) -> Reply:
    """Holds the work of the whole installation: what runs goes on to its end, what comes waits. Survives restarts."""
    authorise(call.principal, Action.ORCHESTRATOR_WRITE)
    return Reply(queue_out(await call.platform.jobs.hold()), status_code=202)


@router.post("/resume", response_model=QueueOut, status_code=202, summary="Start jobs again")
async def resume(call: CallDep) -> Reply:
    """Ends what `shutdown` began."""
    authorise(call.principal, Action.ORCHESTRATOR_WRITE)
    return Reply(queue_out(await call.platform.jobs.resume()), status_code=202)
