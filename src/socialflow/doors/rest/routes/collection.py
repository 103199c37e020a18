"""Reading the outside API: start, and how it stands. Open to whoever holds FLIC_TOKEN, and to nobody else."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from socialflow.access.keys import same_secret
from socialflow.content.collection import Collection, CollectionCounts, CollectionState
from socialflow.doors.rest.deps import OpenRoute, PlatformDep, platform_of
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.collection import CollectionStarted, CollectionStatusOut, Standing
from socialflow.errors import AuthenticationRequired, InvalidCredentials, SourceNotConfigured
from socialflow.intake.external.collector import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from socialflow.intake.external.endpoints import Endpoint, host_of
from socialflow.intake.records import Moderation
from socialflow.jobs.records import Job, PipelineType
from socialflow.jobs.states import UNFINISHED
from socialflow.pipelines.collect import MAX_PAGE, collection_job

HEADER = "Flic-Token"
_NOTHING = CollectionCounts()
_STANDING: Mapping[CollectionState, Standing] = {
    CollectionState.RUNNING: Standing.BROKEN_OFF,  # begun, and no job is at it
    CollectionState.SUCCEEDED: Standing.SUCCEEDED,
    CollectionState.FAILED: Standing.FAILED,
}


class CollectionRoute(OpenRoute):
    """A route for the holder of FLIC_TOKEN; settled before anything of the call is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler by the check of the header."""
        handle = super().get_route_handler()

        async def wrapped(request: Request) -> Response:
            expected = platform_of(request).settings.flic_token
            if expected is None:
                raise SourceNotConfigured("collection is not set up: set FLIC_TOKEN and API_BASE_URL")
            given = request.headers.get(HEADER)
            if not given:
                raise AuthenticationRequired(f"send {HEADER}: <the value of FLIC_TOKEN>")
            if not same_secret(given, expected.get_secret_value()):
                raise InvalidCredentials(f"this {HEADER} is not FLIC_TOKEN")
            return await handle(request)

        return wrapped


router = APIRouter(
    prefix="/api/v1", tags=["Collection"], route_class=CollectionRoute, responses=documented(401, 403, 422, 429, 503)
)

What: TypeAlias = Annotated[Endpoint, Path(description="What to collect.", examples=["all-posts"])]
PageNumber: TypeAlias = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAX_PAGE,
        description="Page to start at. Left out: where a broken-off collection stopped, else 1.",
        examples=[1],
    ),
]
PageSize: TypeAlias = Annotated[
    int, Query(ge=1, le=MAX_PAGE_SIZE, description="Rows to ask for a page.", examples=[1000])
]


@router.post(
    "/collect/{endpoint}", response_model=CollectionStarted, status_code=202, summary="Collect from the outside API"
)
async def collect(
    endpoint: What, platform: PlatformDep, page: PageNumber = None, page_size: PageSize = DEFAULT_PAGE_SIZE
) -> Reply:
    """Stores the job that reads every page from `page` on; while one is unfinished, a second call answers that one.

    The job survives restarts and goes on at the first page whose rows are not stored. What it brought is under
    `/collection-status`.
    """
    if platform.settings.api_base_url is None:
        raise SourceNotConfigured("collection is not set up: set API_BASE_URL")
    moderation = Moderation(platform.settings.collect_moderation)
    job = await platform.jobs.submit(collection_job(endpoint, page=page, page_size=page_size, moderation=moderation))
    started = {
        "task_id": job.id,
        "endpoint": endpoint,
        "state": job.state,
        "page": job.config["page"],
        "page_size": job.config["page_size"],
    }
    return Reply(started, status_code=202)


@router.get("/collection-status", response_model=CollectionStatusOut, summary="How collections stand")
async def collection_status(platform: PlatformDep) -> Reply:
    """The last collection of each endpoint: state, checkpoint, counts, drift, last error, and the job that does it."""
    address = platform.settings.api_base_url
    source = None if address is None else host_of(address)
    async with platform.store.read() as unit:
        stored = {} if source is None else {one.endpoint: one for one in await unit.collections.of_source(source)}
        jobs = await unit.jobs.page(states=UNFINISHED, pipeline_types=[PipelineType.COLLECT_DATA], limit=200)
    unfinished = {str(job.config.get("endpoint")): job for job in jobs}
    shown = [_shown(endpoint, stored.get(endpoint), unfinished.get(endpoint)) for endpoint in Endpoint]
    return Reply({"source": source, "endpoints": shown})


def _shown(endpoint: Endpoint, stored: Collection | None, job: Job | None) -> dict[str, object]:
    if job is not None:
        standing = Standing(job.state)
    else:
        standing = Standing.NEVER_RUN if stored is None else _STANDING[stored.state]
    error = stored.error if stored else None
    return {
        "endpoint": endpoint,
        "state": standing,
        "task_id": job.id if job else stored.job if stored else None,
        "next_page": stored.next_page if stored else None,
        "page_size": stored.page_size if stored else None,
        **asdict(stored.counts if stored else _NOTHING),
        "error": {"code": error[0], "detail": error[1]} if error else None,
        "started_at": stored.started_at if stored else None,
        "updated_at": stored.updated_at if stored else None,
        "finished_at": stored.finished_at if stored else None,
    }
