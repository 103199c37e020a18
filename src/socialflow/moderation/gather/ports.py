"""What gathering needs from elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from socialflow.image.analysis import ImageReport
from socialflow.image.pdq import Pdq
from socialflow.moderation.banks.records import Bank
from socialflow.moderation.banks.records import Looked as Found
from socialflow.moderation.gather.records import AuthorFacts
from socialflow.text.records import Analysis
from socialflow.video.analysis import Report
from socialflow.video.prints import VideoFingerprint


class Texts(Protocol):
    """As `text.service.TextService`."""

    async def analyse(self, texts: Sequence[str], questions: Collection[str], *, turn: int) -> list[Analysis]: ...


class Pictures(Protocol):
    """As `image.service.ImageService`."""

    async def analyse(self, path: Path, names: Sequence[str]) -> ImageReport: ...


class Films(Protocol):
    """As `video.service.VideoService`."""

    async def analyse(self, path: Path, asked: Sequence[str]) -> Report: ...


class Files(Protocol):
    """As `kit.incoming.Incoming`."""

    def fetched(self, url: str, field: str = "url") -> AbstractAsyncContextManager[Path]: ...


class Authors(Protocol):
    """What a platform knows of who wrote something."""

    async def facts(self, authors: Collection[str]) -> Mapping[str, AuthorFacts]:
        """By id, for those that exist; of each the newest posts."""
        ...


class AuthorUnit(Protocol):
    """What is read of authors in one unit of work."""

    @property
    def authors(self) -> Authors: ...


class AuthorStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[AuthorUnit]: ...


class StrikesOf(Protocol):
    """Strikes against authors, which decay."""

    async def weights(self, authors: Collection[str], at: datetime) -> Mapping[str, float]:
        """What is left of those of each at an instant; 0: none that still counts."""
        ...


class Matching(Protocol):
    """Banks of what is known, as `banks.service.HashBanks`."""

    async def list(self) -> Sequence[Bank]: ...

    async def version(self) -> int: ...

    async def match_text(self, text: str) -> Found: ...

    async def match_picture(self, picture: Pdq) -> Found: ...

    async def match_video(self, film: VideoFingerprint) -> Found: ...

    async def match_audio(self, film: VideoFingerprint) -> Found: ...
