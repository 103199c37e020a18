"""Whether the service lives, is ready, and how it does."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from socialflow.access.keys import same_secret
from socialflow.doors.rest.deps import OpenRoute, PlatformDep
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.ports import DoorStore, Platform
from socialflow.doors.rest.replies import Reply
from socialflow.errors import AuthenticationRequired, Overloaded, PermissionDenied, StoreUnavailable
from socialflow.observability.metrics import CONTENT_TYPE, ModelMetrics, WorkMetrics
from socialflow.observability.moderation import ModerationMetrics

router = APIRouter(tags=["Operation"], route_class=OpenRoute)

_PATIENCE_SECONDS = 2.0
"""How long metrics wait for the store."""
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


class HealthOut(BaseModel):
    """The process answers."""

    status: Annotated[Literal["ok"], Field(description="Always `ok`.", examples=["ok"])]
    version: Annotated[str, Field(description="Version of the service.", examples=["0.1.0"])]


class PartOut(BaseModel):
    """One thing the service depends on."""

    ready: Annotated[bool, Field(description="Whether it can be used.", examples=[True])]
    reason: Annotated[str, Field(description="What it is doing, or why it cannot.", examples=["reachable"])]


class ReadyOut(BaseModel):
    """Whether calls should be sent here."""

    ready: Annotated[bool, Field(description="Whether all required parts are ready.", examples=[True])]
    parts: Annotated[dict[str, PartOut], Field(description="Each part that is needed.")]
    models: Annotated[
        dict[str, str],
        Field(description="Version in use of each model, or why there is none.", examples=[{"als": "20260101-1a2b"}]),
    ]


@router.get("/health", response_model=HealthOut, summary="Does the process answer")
async def health(request: Request) -> Reply:
    """Needs nothing but the process itself."""
    return Reply({"status": "ok", "version": request.app.version})


@router.get(
    "/ready",
    response_model=ReadyOut,
    responses={503: {"model": ReadyOut, "description": "Send calls elsewhere; `parts` says why."}},
    summary="Should calls be sent here",
)
async def ready(request: Request, platform: PlatformDep) -> Reply:
    """Each dependency and model with its reason; 503 while one that is needed is missing, and while draining."""
    recommendation = platform.recommendation.readiness()
    parts = {
        "store": await _store(platform.store),
        "recommendation": {"ready": recommendation.ready, "reason": recommendation.reason},
    }
    if request.app.state.draining:
        parts["server"] = {"ready": False, "reason": "draining: finishing requests in flight before it stops"}
    good = all(part["ready"] for part in parts.values())
    body = {"ready": good, "parts": parts, "models": {**recommendation.models, "text": platform.text.state}}
    return Reply(body, status_code=200 if good else 503)


async def _store(store: DoorStore) -> dict[str, object]:
    try:
        await store.ping()
    except StoreUnavailable as error:
        return {"ready": False, "reason": error.message}
    return {"ready": True, "reason": "reachable"}


@router.get(
    "/metrics",
    response_class=Response,
    responses=documented(401, 403)
    | {200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    summary="Prometheus metrics",
)
async def metrics(request: Request, platform: PlatformDep) -> Response:
    """Open to this machine, and to who sends `Authorization: Bearer METRICS_TOKEN`."""
    if not _is_local(request):
        expected = platform.settings.metrics_token
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise AuthenticationRequired("send Authorization: Bearer METRICS_TOKEN")
        if not same_secret(given, expected.get_secret_value() if expected else None):
            raise PermissionDenied("this is not METRICS_TOKEN")
    await _look_at_work(request.app.state.metrics.work, platform)
    await _look_at_moderation(request.app.state.metrics.moderation, platform)
    request.app.state.metrics.live.sessions.set(platform.moderation.live.sessions)
    _look_at_models(request.app.state.metrics.models, platform)
    return Response(request.app.state.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


async def _look_at_work(work: WorkMetrics, platform: Platform) -> None:
    """Bring the gauges of the queue up to date; a store that does not answer soon is told as away."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            status, recent = await platform.jobs.status(), await platform.jobs.recent_runs()
    except (StoreUnavailable, Overloaded, TimeoutError):
        work.away()
        return
    work.store_up.set(1)
    work.jobs.labels("queued").set(status.queued)
    work.jobs.labels("running").set(status.running)
    work.oldest.set(status.oldest_seconds)
    work.workers.set(len(status.workers))
    work.held.set(status.held_since is not None)
    for labelled in (work.ended, work.wait, work.run):
        labelled.clear()
    for runs in recent:
        work.ended.labels(runs.pipeline_type.value, runs.state.value).set(runs.jobs)
    for kind in {runs.pipeline_type for runs in recent}:
        of_kind = [runs for runs in recent if runs.pipeline_type is kind]
        total = sum(runs.jobs for runs in of_kind)
        work.wait.labels(kind.value).set(sum(runs.jobs * runs.wait_seconds for runs in of_kind) / total)
        work.run.labels(kind.value).set(sum(runs.jobs * runs.run_seconds for runs in of_kind) / total)


async def _look_at_moderation(moderation: ModerationMetrics, platform: Platform) -> None:
    """Bring the gauges of moderation up to date; of a store that does not answer soon nothing is told."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            figures = await platform.moderation.figures.read()
    except (StoreUnavailable, Overloaded, TimeoutError):
        moderation.away()
        return
    now = platform.clock.now()
    moderation.clear()
    for decided in figures.decided:
        moderation.decided.labels(decided.by, decided.status).set(decided.decisions)
    for took in figures.took:
        moderation.seconds.labels(took.by, "0.5").set(took.median)
        moderation.seconds.labels(took.by, "0.95").set(took.most)
    moderation.pending.set(figures.pending)
    for queue in figures.queues:
        labels = queue.queue, str(queue.level)
        moderation.waiting.labels(*labels).set(queue.waiting)
        moderation.claimed.labels(*labels).set(queue.held)
        moderation.oldest.labels(*labels).set(_age(queue.oldest, now))
    moderation.appeals.set(figures.appeals.number)
    moderation.oldest_appeal.set(_age(figures.appeals.oldest, now))
    for agreed in figures.agreed:
        moderation.judged_twice.labels(agreed.scope).set(agreed.items)
        if agreed.alpha is not None:
            moderation.alpha.labels(agreed.scope).set(agreed.alpha)


def _age(at: datetime | None, now: datetime) -> float:
    """Seconds since then; 0 where there is nothing."""
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())


def _look_at_models(models: ModelMetrics, platform: Platform) -> None:
    """Bring the gauges of the models in use up to date."""
    now = platform.clock.now()

    def age(at: datetime | None) -> float | None:
        return None if at is None else (now - at).total_seconds()

    ages = platform.recommendation.model_ages().items()
    models.tell({name: (age(one.fitted_at), age(one.updated_at), one.unknown_items) for name, one in ages})


def _is_local(request: Request) -> bool:
    """Whether the call comes from this machine itself, not through a proxy on it."""
    forwarded = {"forwarded", "x-forwarded-for"} & set(request.headers.keys())
    return request.client is not None and request.client.host in _LOOPBACK and not forwarded
