"""The application: routes, what surrounds them, and a platform that lives as long as the server."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import FrameType

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware

from socialflow import __version__
from socialflow.content.service import ContentService
from socialflow.doors.rest import errors, openapi
from socialflow.doors.rest.middleware import Cors, ErrorBoundary, RequestContext
from socialflow.doors.rest.ports import Platform
from socialflow.doors.rest.routes import (
    analysis,
    appeals,
    channels,
    collection,
    decisions,
    edges,
    feed,
    fingerprints,
    generation,
    hash_banks,
    image,
    interactions,
    items,
    live,
    ml,
    models,
    moderation,
    operation,
    orchestrator,
    perspective,
    pipelines,
    policies,
    recommendations,
    review,
    review_bulk,
    review_quality,
    rules,
    scheduler,
    sentiment,
    suggestions,
    transparency,
    users,
    value_models,
    video,
    video_search,
)
from socialflow.observability.metrics import Metrics

LONGEST_DRAIN = 10.0
"""Seconds that sessions of live chats have to answer what they have read, once the server is told to end."""
ROUTERS = (
    feed.router,
    interactions.router,
    users.router,
    edges.router,
    items.router,
    channels.router,
    value_models.router,
    rules.router,
    recommendations.router,
    ml.router,
    models.router,
    analysis.router,
    sentiment.router,
    generation.router,
    video.router,
    video_search.router,
    fingerprints.router,
    image.router,
    policies.router,
    transparency.router,
    perspective.router,
    perspective.discovered,
    hash_banks.router,
    moderation.router,
    decisions.router,
    review.router,
    review_bulk.router,
    appeals.router,
    review_quality.router,
    suggestions.router,
    live.router,
    pipelines.router,
    orchestrator.router,
    scheduler.router,
    collection.router,
    operation.router,
)


def create_app(platform_factory: Callable[[], Platform], started: Callable[[], object] = lambda: None) -> FastAPI:
    """Return the REST application.

    `platform_factory` is called when the server starts, not here: importing the application reads no settings and
    opens nothing. `started` is called once everything is loaded.
    """
    app: FastAPI = FastAPIOffline(
        title="Social Flow AI",
        version=__version__,
        lifespan=_lifespan(platform_factory, started),
        middleware=[
            Middleware(RequestContext, metrics=lambda: app.state.metrics),
            Middleware(Cors, origins=lambda: app.state.platform.settings.allowed_origins),
            Middleware(ErrorBoundary),
        ],
    )
    app.state.metrics = Metrics()
    app.state.draining = False
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
    openapi.install(app)
    return app


def _lifespan(platform_factory: Callable[[], Platform], started: Callable[[], object]) -> Callable[[FastAPI], object]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        platform = platform_factory()
        try:
            await platform.start()
            app.state.platform = platform
            platform.recommendations.observer = app.state.metrics
            platform.loaded.observer = app.state.metrics.models
            app.state.content = ContentService(platform.store, platform.clock)
            _work_out_routes(app)
            started()
            with _draining_on_sigterm(app):
                yield
        finally:
            await platform.close()

    return lifespan


def _work_out_routes(app: FastAPI) -> None:
    """FastAPI works out the calls of a router when one is first looked for: the first caller would wait for that."""
    nowhere = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": []}
    for route in app.router.routes:
        route.matches(nowhere)


@contextmanager
def _draining_on_sigterm(app: FastAPI) -> Iterator[None]:
    """Let `/ready` say 503 from the signal on, before the server's own handler lets requests in flight finish."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    server_handler = signal.getsignal(signal.SIGTERM)
    loop, ends = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    def end(number: int, frame: FrameType | None) -> None:
        if callable(server_handler):
            server_handler(number, frame)
        else:
            signal.signal(number, server_handler or signal.SIG_DFL)
            signal.raise_signal(number)

    async def end_drained(number: int) -> None:
        """The server closes open WebSockets at once, so what was read there is answered before it hears of the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_DRAIN):
                await app.state.platform.moderation.live.drain()
        end(number, None)

    def drain(number: int, frame: FrameType | None) -> None:
        app.state.draining = True
        if app.state.platform.moderation.live.sessions:
            loop.call_soon_threadsafe(lambda: ends.add(loop.create_task(end_drained(number))))
        else:
            end(number, frame)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, server_handler or signal.SIG_DFL)
