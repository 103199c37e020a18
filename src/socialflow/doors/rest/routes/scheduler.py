"""Work that recurs."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.work import ScheduleIn, ScheduleOut, SchedulesOut, schedule_out
from socialflow.ids import ExternalId
from socialflow.jobs.records import Trigger

router = APIRouter(
    prefix="/api/v1/ai-pipelines/scheduler",
    tags=["Batch work"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

ScheduleId = Annotated[ExternalId, Path(description="Id of the schedule.", examples=["trending_updater"])]


@router.post(
    "/schedule", response_model=ScheduleOut, status_code=201, responses=documented(409), summary="Schedule work"
)
async def schedule(body: ScheduleIn, call: CallDep) -> Reply:
    """Stores a schedule; it first runs when its trigger is next due. A run that is due while the last one is not
    finished is left out, and runs missed while nothing was up are made up for by one."""
    authorise(call.principal, Action.SCHEDULE_WRITE)
    stored = await call.platform.scheduler.add(
        name=body.name,
        pipeline_type=body.pipeline_type,
        trigger=Trigger(body.trigger.interval, body.trigger.cron),
        config=body.config,
        priority=body.priority,
        schedule_id=body.id,
    )
    return Reply(schedule_out(stored), status_code=201)


@router.get("/jobs", response_model=SchedulesOut, summary="List schedules")
async def schedules(call: CallDep) -> Reply:
    """Every schedule, when it fired and when it is due."""
    authorise(call.principal, Action.SCHEDULE_READ)
    return Reply({"jobs": [schedule_out(one) for one in await call.platform.scheduler.all()]})


@router.post("/jobs/{job_id}/pause", response_model=ScheduleOut, responses=documented(404), summary="Pause a schedule")
async def pause(job_id: ScheduleId, call: CallDep) -> Reply:
    """Keeps it from firing, through restarts, until it is resumed; a job that runs goes on."""
    authorise(call.principal, Action.SCHEDULE_WRITE)
    return Reply(schedule_out(await call.platform.scheduler.pause(job_id)))


@router.post(
    "/jobs/{job_id}/resume", response_model=ScheduleOut, responses=documented(404), summary="Resume a schedule"
)
async def resume(job_id: ScheduleId, call: CallDep) -> Reply:
    """Lets it fire again, when its trigger is next due."""
    authorise(call.principal, Action.SCHEDULE_WRITE)
    return Reply(schedule_out(await call.platform.scheduler.resume(job_id)))


@router.delete("/jobs/{job_id}", status_code=204, responses=documented(404), summary="Delete a schedule")
async def delete(job_id: ScheduleId, call: CallDep) -> Response:
    """Deletes it for good; a built-in one does not come back either."""
    authorise(call.principal, Action.SCHEDULE_WRITE)
    await call.platform.scheduler.delete(job_id)
    return Response(status_code=204)
