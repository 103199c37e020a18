"""What a running platform asks about pictures: by URL or as a file, each opened once."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.ports import Models
from socialflow.errors import SocialflowError
from socialflow.image.analysis import ImageAnalysis, ImageReport, report
from socialflow.image.builders import ANALYSES
from socialflow.image.reader import ImageReader
from socialflow.image.similar import ImageVector, Like, SimilarImages
from socialflow.image.vectors import VectorAnalysis
from socialflow.kit import analyses as asking
from socialflow.kit.answers import Provenance, Status
from socialflow.kit.incoming import Incoming


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A picture that could not be compared, and the error's code and words."""

    id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """Pictures by likeness, what made that and what was missing."""

    status: Status
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]
    similar: tuple[Like, ...]
    left_out: tuple[LeftOut, ...]


Table = Mapping[str, Callable[[Models], ImageAnalysis]]


class ImageService:
    """Answers from one look at a picture, in a bounded child; the event loop never waits for it.

    Args:
        reader: looks at files; by default one at a time.
        incoming: brings files here.
        models: those that others trained; None: none is at hand.
    """

    def __init__(
        self,
        reader: ImageReader | None = None,
        incoming: Incoming | None = None,
        models: Models | None = None,
        *,
        analyses: Table = ANALYSES,
    ) -> None:
        self._reader, self._incoming = reader or ImageReader(), incoming or Incoming()
        self._models, self._analyses = models or NoModels(), analyses

    @property
    def names(self) -> tuple[str, ...]:
        """Analyses that can be asked for."""
        return tuple(self._analyses)

    async def analyse_url(self, url: str, names: Sequence[str]) -> ImageReport:
        """As `analyse`, of what a URL names. Raises what `Incoming.fetched` does besides."""
        asked = await self._chosen(names)
        async with self._incoming.fetched(url, "image_url") as path:
            return await asyncio.to_thread(self._looked, path, asked)

    async def analyse_sent(self, pieces: AsyncIterable[bytes], names: Sequence[str]) -> ImageReport:
        """As `analyse`, of a file that comes in pieces. Raises TooLarge as soon as there are too many bytes."""
        asked = await self._chosen(names)
        async with self._incoming.sent(pieces) as path:
            return await asyncio.to_thread(self._looked, path, asked)

    async def analyse(self, path: Path, names: Sequence[str]) -> ImageReport:
        """What these analyses tell of a picture, none of them twice; without any, what its header says.

        Raises:
            InvalidInput: an unknown analysis; names the field.
            MediaUnreadable, TooLarge: the file cannot be decoded, or needs more than a request may take.
            ModelUnavailable: the decoder is not installed.
            Overloaded: too many wait.
        """
        return await asyncio.to_thread(self._looked, path, await self._chosen(names))

    async def similar(self, url: str, others: Sequence[str], most: int) -> Ranked:
        """The `most` of some pictures, all by URL, that are most like one; those that cannot be had are told.

        Raises what `analyse_url` does of the one.
        """
        asked = (await self.analyse_url(url, [VectorAnalysis.name])).analyses[VectorAnalysis.name]
        wanted = ImageVector.of(asked.answer)
        index, left_out = SimilarImages(wanted.space, len(wanted.vector)), list[LeftOut]()
        for other in dict.fromkeys(others):
            try:
                told = await self.analyse_url(other, [VectorAnalysis.name])
                index.add(other, ImageVector.of(told.analyses[VectorAnalysis.name].answer))
            except SocialflowError as problem:
                left_out.append(LeftOut(other, problem.code, problem.message))
        found = index.query(wanted, most, least=-1.0)
        missing = (*asked.missing, *(f"candidate:{one.code}" for one in left_out[:1]))
        status = Status.PARTIAL if missing else asked.status
        return Ranked(status, missing, asked.provenance, tuple(found), tuple(left_out))

    async def close(self) -> None:
        """End the children."""
        await asyncio.to_thread(self._reader.close)

    async def _chosen(self, names: Sequence[str]) -> list[ImageAnalysis]:
        """Analyses by name; to open their models may read files."""
        return await asyncio.to_thread(chosen, names, self._models, self._analyses)

    def _looked(self, path: Path, analyses: Sequence[ImageAnalysis]) -> ImageReport:
        return report(self._reader.look(path, asking.watched_by(analyses)), analyses)


def chosen(
    names: Sequence[str] | None, models: Models | None = None, analyses: Table = ANALYSES
) -> list[ImageAnalysis]:
    """Analyses by name, each once; None: all there are. Raises InvalidInput for one that there is not."""
    return asking.chosen(names, analyses, models or NoModels(), of="a picture")
