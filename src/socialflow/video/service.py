"""What a running platform asks about videos: by URL or as a file, each opened once."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from pathlib import Path

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.ports import Models
from socialflow.inference.lane import Lane
from socialflow.kit import analyses as asking
from socialflow.kit.incoming import Incoming
from socialflow.video.analysis import Analysis, Report, report
from socialflow.video.builders import ANALYSES
from socialflow.video.copies import VideoMatch
from socialflow.video.matching import matches
from socialflow.video.prints import VideoFingerprint
from socialflow.video.reader import VideoReader, Watching, aside

Making = Callable[[Models], Analysis]
WAITING = 16
"""Comparisons that wait for their turn at most."""
Table = Mapping[str, Making]
Asked = Sequence[str | Making]
"""Analyses by name, or what makes one that is asked in a way of its own."""


class VideoService:
    """Answers from one pass over a video, in a bounded child; the event loop never waits for it.

    Args:
        reader: watches files; by default one at a time.
        incoming: brings files here.
        models: those that others trained; None: none is at hand.
    """

    def __init__(
        self,
        reader: VideoReader | None = None,
        incoming: Incoming | None = None,
        models: Models | None = None,
        *,
        analyses: Table = ANALYSES,
    ) -> None:
        self._reader, self._incoming = reader or VideoReader(), incoming or Incoming()
        self._models, self._analyses = models or NoModels(), analyses
        self._lane = Lane("video_match", capacity=WAITING)

    @property
    def names(self) -> tuple[str, ...]:
        """Analyses that can be asked for."""
        return tuple(self._analyses)

    async def analyse_url(self, url: str, asked: Asked, watching: Watching | None = None) -> Report:
        """As `analyse`, of what a URL names. Raises what `Incoming.fetched` does besides."""
        analyses = await self._chosen(asked)
        async with self._incoming.fetched(url, "video_url") as path:
            return await self._watched(path, analyses, watching)

    async def analyse_sent(
        self, pieces: AsyncIterable[bytes], asked: Asked, watching: Watching | None = None
    ) -> Report:
        """As `analyse`, of a file that comes in pieces. Raises TooLarge as soon as there are too many bytes."""
        analyses = await self._chosen(asked)
        async with self._incoming.sent(pieces) as path:
            return await self._watched(path, analyses, watching)

    async def analyse(self, path: Path, asked: Asked, watching: Watching | None = None) -> Report:
        """What these analyses tell of a video, none of them twice; without any, what its header says and how much of it
        can be decoded.

        Raises:
            InvalidInput: an unknown analysis; names the field.
            MediaUnreadable, TooLarge: the file cannot be decoded, or needs more than a request may take.
            ModelUnavailable: the decoder is not installed.
            Overloaded: too many wait.
        """
        return await self._watched(path, await self._chosen(asked), watching)

    async def compare(self, query: VideoFingerprint, reference: VideoFingerprint) -> VideoMatch | None:
        """What two videos share (`matching.matches`), one comparison at a time. Raises TooLarge, Overloaded."""
        return await self._lane.run(matches, query, reference)

    async def close(self) -> None:
        """End the children, and finish what is being compared."""
        await self._lane.close()
        await asyncio.to_thread(self._reader.close)

    async def _chosen(self, asked: Asked) -> list[Analysis]:
        """Analyses as they are asked; to open their models may read files."""

        return await asyncio.to_thread(made, asked, self._models, self._analyses)

    async def _watched(self, path: Path, analyses: Sequence[Analysis], watching: Watching | None) -> Report:
        watched = asking.watched_by(analyses)
        seen = await aside(lambda heard: self._reader.watch(path, watched, heard), watching)
        return await asyncio.to_thread(report, seen, analyses)


def made(asked: Asked, models: Models, analyses: Table = ANALYSES) -> list[Analysis]:
    """Analyses by name, each once, and those that are asked in a way of their own. Raises InvalidInput."""
    named = chosen([one for one in asked if isinstance(one, str)], models, analyses)
    return [*named, *(one(models) for one in asked if not isinstance(one, str))]


def chosen(names: Sequence[str] | None, models: Models | None = None, analyses: Table = ANALYSES) -> list[Analysis]:
    """Analyses by name, each once; None: all there are. Raises InvalidInput for one that there is not."""
    return asking.chosen(names, analyses, models or NoModels(), of="a video")
