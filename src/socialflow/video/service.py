"""What a running platform asks about videos: by URL or as a file, each opened once."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.ports import Models
from socialflow.errors import InvalidInput, TooLarge
from socialflow.kit.fetching import Fetcher
from socialflow.video.analysis import Analysis, Report, report, watched_by
from socialflow.video.builders import ANALYSES
from socialflow.video.reader import VideoReader, Watching


class VideoService:
    """Answers from one pass over a video, in a bounded child; the event loop never waits for it.

    Args:
        reader: watches files; by default one at a time.
        fetcher: fetches what a URL names; by default from the public internet alone.
        folder: where files from elsewhere lie meanwhile; None: the system's.
        max_bytes: of a file that is sent.
        models: those that others trained; None: none is at hand.
    """

    def __init__(
        self,
        reader: VideoReader | None = None,
        fetcher: Fetcher | None = None,
        *,
        folder: Path | None = None,
        max_bytes: int = 512 << 20,
        models: Models | None = None,
        analyses: Mapping[str, Callable[[Models], Analysis]] = ANALYSES,
    ) -> None:
        self._reader, self._fetcher = reader or VideoReader(), fetcher or Fetcher()
        self._folder, self._max_bytes = folder, max_bytes
        self._models, self._analyses = models or NoModels(), analyses

    @property
    def names(self) -> tuple[str, ...]:
        """Analyses that can be asked for."""
        return tuple(self._analyses)

    async def analyse_url(self, url: str, names: Sequence[str], watching: Watching | None = None) -> Report:
        """As `analyse`, of what a URL names.

        Raises:
            RefusedAddress: it does not name something on the public internet.
            MediaUnavailable: it cannot be had there now.
        """
        asked = await asyncio.to_thread(chosen, names, self._models, self._analyses)
        await self._make_folder()
        with await self._fetcher.fetch(url, into=self._folder) as fetched:
            return await self._watched(fetched.path, asked, watching)

    async def analyse_sent(
        self, pieces: AsyncIterable[bytes], names: Sequence[str], watching: Watching | None = None
    ) -> Report:
        """As `analyse`, of a file that comes in pieces. Raises TooLarge as soon as there are too many bytes."""
        asked = await asyncio.to_thread(chosen, names, self._models, self._analyses)
        await self._make_folder()
        with NamedTemporaryFile(dir=self._folder) as file:
            size = 0
            async for piece in pieces:
                size += len(piece)
                if size > self._max_bytes:
                    raise TooLarge(f"the file has more than {self._max_bytes} bytes", field="body")
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(file.flush)
            return await self._watched(Path(file.name), asked, watching)

    async def analyse(self, path: Path, names: Sequence[str], watching: Watching | None = None) -> Report:
        """What these analyses tell of a video, none of them twice; without any, what its header says and how much of it
        can be decoded.

        Raises:
            InvalidInput: an unknown analysis; names the field.
            MediaUnreadable, TooLarge: the file cannot be decoded, or needs more than a request may take.
            ModelUnavailable: the decoder is not installed.
            Overloaded: too many wait.
        """
        return await self._watched(path, await asyncio.to_thread(chosen, names, self._models, self._analyses), watching)

    async def close(self) -> None:
        """End the children."""
        await asyncio.to_thread(self._reader.close)

    async def _make_folder(self) -> None:
        if self._folder is not None:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)

    async def _watched(self, path: Path, analyses: Sequence[Analysis], watching: Watching | None) -> Report:
        watching = watching or Watching()
        try:
            seen = await asyncio.to_thread(self._reader.watch, path, watched_by(analyses), watching)
        except asyncio.CancelledError:
            watching.give_up()
            raise
        return await asyncio.to_thread(report, seen, analyses)


def chosen(
    names: Sequence[str] | None,
    models: Models | None = None,
    analyses: Mapping[str, Callable[[Models], Analysis]] = ANALYSES,
) -> list[Analysis]:
    """Analyses by name, each once; None: all there are. Raises InvalidInput for one that there is not."""
    names = tuple(analyses) if names is None else names
    if unknown := [name for name in names if name not in analyses]:
        raise InvalidInput(
            f"{min(unknown)!r} is no analysis of a video; ask for {', '.join(analyses)}", field="analyses"
        )
    models = models or NoModels()
    return [analyses[name](models) for name in dict.fromkeys(names)]
