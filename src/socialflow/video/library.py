"""Videos for code that calls this project as a library: one call for everything that is asked about one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypedDict, TypeVar

from socialflow.catalogue.upstream.handed import commands
from socialflow.kit.answers import Answered, Status
from socialflow.kit.defaults import resident
from socialflow.video.analysis import Report
from socialflow.video.service import VideoService

T = TypeVar("T")


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def video(self) -> VideoService:
        """What watches videos."""
        ...


class VideoAnalysed(TypedDict):
    """Everything that one pass told: what the header says (`records.VideoInfo`), how far the pass came
    (`records.Read`), and by name what each analysis answers. `missing` names what could not be had, `commands` what
    brings the models that are missing."""

    status: Status
    missing: list[str]
    commands: Mapping[str, str]
    info: Mapping[str, Any]
    read: Mapping[str, Any]
    analyses: Mapping[str, Answered]


class Videos:
    """Questions about videos.

    Args:
        db: a platform on the running event loop; without it, the one which the environment's settings describe, on a
            loop of its own.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._home = db

    async def analyze(self, video: str | Path, analyses: Sequence[str] | None = None) -> VideoAnalysed:
        """What some analyses (None: all there are) tell of a video: a URL, or the Path of a file of this machine. A
        string never names a file, so that nobody who may name a URL can have one opened.

        Raises:
            InvalidInput: an unknown analysis.
            RefusedAddress, MediaUnavailable: the URL names nothing that may be, or can be, fetched.
            MediaUnreadable, TooLarge, ModelUnavailable, Overloaded: as `VideoService.analyse`.
        """

        async def ask(home: Home) -> Report:
            asked = home.video.names if analyses is None else analyses
            if isinstance(video, Path):
                return await home.video.analyse(video, asked)
            return await home.video.analyse_url(video, asked)

        told = await self._with(ask)
        return VideoAnalysed(
            status=told.status,
            missing=list(told.missing),
            commands=commands(told.missing),
            info=asdict(told.info),
            read=asdict(told.read),
            analyses=told.analyses,
        )

    async def _with(self, use: Callable[[Home], Awaitable[T]]) -> T:
        return await (resident().run(use) if self._home is None else use(self._home))
