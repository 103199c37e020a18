"""The platform as commands use it: assembled from settings, its embedded store up to date, closed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from socialflow.settings import Settings
    from socialflow.wiring import Platform

T = TypeVar("T")


def settings() -> Settings:
    """The settings of this run. Raises ConfigurationError."""
    from socialflow.settings import load_settings

    return load_settings()


def prepare_store(chosen: Settings) -> None:
    """Create or migrate the embedded store; a database server is migrated by `socialflow db upgrade` alone."""
    if chosen.store_url.startswith("sqlite"):
        from socialflow.storage.maintenance import upgrade

        chosen.home.mkdir(parents=True, exist_ok=True)
        upgrade(chosen.store_url)


@asynccontextmanager
async def opened(chosen: Settings) -> AsyncIterator[Platform]:
    """The assembled platform; the recommendation service is not started."""
    from socialflow.wiring import assemble

    platform = assemble(chosen)
    try:
        yield platform
    finally:
        await platform.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous part."""
    return asyncio.run(work)
