"""Files from elsewhere, by URL or sent, kept for as long as somebody looks at them."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from socialflow.errors import InvalidInput, MediaUnavailable, TooLarge
from socialflow.kit.fetching import Fetcher


class Incoming:
    """Brings files here and takes them away again.

    Args:
        fetcher: fetches what a URL names; by default from the public internet alone.
        folder: where they lie meanwhile; None: the system's.
        max_bytes: of a file that is sent.
    """

    def __init__(
        self, fetcher: Fetcher | None = None, *, folder: Path | None = None, max_bytes: int = 512 << 20
    ) -> None:
        self._fetcher, self._folder, self._max_bytes = fetcher or Fetcher(), folder, max_bytes

    @asynccontextmanager
    async def fetched(self, url: str, field: str = "url") -> AsyncIterator[Path]:
        """What a URL names; `field` is what its caller calls it, for errors.

        Raises:
            RefusedAddress: it does not name something on the public internet.
            MediaUnavailable: it cannot be had there now.
            TooLarge: it has more bytes than are fetched.
        """
        await self._make_folder()
        try:
            media = await self._fetcher.fetch(url, into=self._folder)
        except (InvalidInput, MediaUnavailable) as problem:
            problem.field = field
            raise
        with media as fetched:
            yield fetched.path

    @asynccontextmanager
    async def sent(self, pieces: AsyncIterable[bytes]) -> AsyncIterator[Path]:
        """A file that comes in pieces. Raises TooLarge as soon as there are too many bytes."""
        await self._make_folder()
        with NamedTemporaryFile(dir=self._folder) as file:
            size = 0
            async for piece in pieces:
                size += len(piece)
                if size > self._max_bytes:
                    raise TooLarge(f"the file has more than {self._max_bytes} bytes", field="body")
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(file.flush)
            yield Path(file.name)

    async def _make_folder(self) -> None:
        if self._folder is not None:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
