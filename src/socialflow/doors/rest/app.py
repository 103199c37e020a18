"""The application: routes, what surrounds them, and a platform that lives as long as the server."""

import gc
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
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
    channels,
    collection,
    edges,
    feed,
    fingerprints,
    generation,
    image,
    interactions,
    items,
    ml,
    models,
    operation,
    orchestrator,
    perspective,
    pipelines,
    recommendations,
    rules,
    scheduler,
    sentiment,
    users,
    value_models,
    video,
    video_search,
)
from socialflow.observability.metrics import Metrics

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
    perspective.router,
    perspective.discovered,
    pipelines.router,
    orchestrator.router,
    scheduler.router,
    collection.router,
    operation.router,
)


def create_app(platform_factory: Callable[[], Platform]) -> FastAPI:
    """Return the REST application.

    `platform_factory` is called when the server starts, not here: importing the application reads no settings and
    opens nothing.
    """
    metrics = Metrics()
    app: FastAPI = FastAPIOffline(
        title="Social Flow AI",
        version=__version__,
        lifespan=_lifespan(platform_factory),
        middleware=[
            Middleware(RequestContext, metrics=metrics),
            Middleware(Cors, origins=lambda: app.state.platform.settings.allowed_origins),
            Middleware(ErrorBoundary),
        ],
    )
    app.state.metrics = metrics
    app.state.draining = False
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
    openapi.install(app)
    return app


def _lifespan(platform_factory: Callable[[], Platform]) -> Callable[[FastAPI], object]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        platform = platform_factory()
        try:
            await platform.start()
            app.state.platform = platform
            platform.recommendations.observer = app.state.metrics
            platform.loaded.observer = app.state.metrics.models
            app.state.content = ContentService(platform.store, platform.clock)
            gc.freeze()  # what was loaded lives as long as the process: full collections need not walk it
            with _draining_on_sigterm(app):
                yield
        finally:
            await platform.close()

    return lifespan


@contextmanager
def _draining_on_sigterm(app: FastAPI) -> Iterator[None]:
    """Let `/ready` say 503 from the signal on, before the server's own handler lets requests in flight finish."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    server_handler = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        app.state.draining = True
        if callable(server_handler):
            server_handler(number, frame)
        else:
            signal.signal(number, server_handler or signal.SIG_DFL)
            signal.raise_signal(number)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, server_handler or signal.SIG_DFL)
