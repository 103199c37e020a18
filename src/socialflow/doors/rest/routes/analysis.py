"""What content is about."""

from typing import Annotated

from fastapi import APIRouter, Query

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.work import JobOut
from socialflow.pipelines.orchestrator import described
from socialflow.pipelines.topics_job import topics_job

router = APIRouter(
    prefix="/api/v1/ml",
    tags=["Analysis"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.post("/train/topics", response_model=JobOut, status_code=202, summary="Find the topics of the platform")
async def train_topics(
    call: CallDep,
    topics: Annotated[
        int | None, Query(ge=2, le=100, description="How many; by the number of texts if not given.", examples=[20])
    ] = None,
) -> Reply:
    """Stores the job that fits LDA and NMF on the words of public items; while it waits or runs, asking again gives the
    same job. Texts by people who bar training are left out."""
    authorise(call.principal, Action.TOPICS_TRAIN)
    return Reply(described(await call.platform.jobs.submit(topics_job(topics))), status_code=202)
