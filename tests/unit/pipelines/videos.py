"""Videos of a platform, for jobs that fetch and watch them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from socialflow.content.records import Item, ItemKind
from socialflow.errors import ItemNotFound
from socialflow.kit.incoming import Incoming


class Items:
    """Two videos, one without an address; satisfies what the job needs of a store."""

    async def get(self, item_id: str) -> Item:
        if item_id == "none":
            raise ItemNotFound("none is not known")
        url = "https://media.example/clip.mp4" if item_id == "v-1" else None
        return Item(item_id, ItemKind.VIDEO, datetime(2026, 1, 1, tzinfo=UTC), media_url=url)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        yield SimpleNamespace(items=self)


class Lying(Incoming):
    """Whatever is fetched, it is this file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    @asynccontextmanager
    async def fetched(self, url: str, field: str = "url") -> AsyncIterator[Path]:
        assert url.startswith("https://media.example/")
        yield self._path
