"""Files of content: each is fetched once, and opened once for everything that is asked of it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from socialflow.errors import MediaUnavailable, MediaUnreadable, ModelUnavailable, RefusedAddress, TooLarge
from socialflow.moderation.gather import films, pictures
from socialflow.moderation.gather.ports import Files, Films, Pictures
from socialflow.moderation.gather.records import Looked, Source
from socialflow.video.kinds import HEAD, container_of

AT_ONCE = 2
"""Files that are fetched and opened at a time."""
REASONS: Mapping[type[Exception], str] = {
    MediaUnreadable: "media:unreadable",
    TooLarge: "media:too_large",
    RefusedAddress: "media:refused",
    MediaUnavailable: "media:unavailable",
    ModelUnavailable: "media:decoder",
}
"""Why nothing of a file could be seen, by error."""


class Media:
    """Looks at files, a few at a time.

    Args:
        pictures, films: look at them in bounded children.
        files: brings those here that are named by URL.
    """

    def __init__(self, pictures: Pictures, films: Films, files: Files) -> None:
        self._pictures, self._films, self._files = pictures, films, files
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def look(self, sources: Collection[Source], known: Collection[str] = ()) -> Mapping[Source, Looked]:
        """What was seen in each of some files, or why nothing was. What a file is, picture or film, its content tells.

        `known`: kinds of banks (`picture`, `video`, `audio`) that have entries, for which prints are made on the way.

        Raises:
            Overloaded: too much media waits to be decoded.
        """
        each = list(dict.fromkeys(sources))
        found = await asyncio.gather(*(self._looked(one, known) for one in each))
        return dict(zip(each, found, strict=True))

    async def _looked(self, source: Source, known: Collection[str]) -> Looked:
        async with self._turns, AsyncExitStack() as stack:
            try:
                if isinstance(source, str):
                    source = await stack.enter_async_context(self._files.fetched(source))
                return await self._opened(source, known)
            except tuple(REASONS) as problem:
                return Looked(reason=next(why for kind, why in REASONS.items() if isinstance(problem, kind)))

    async def _opened(self, path: Path, known: Collection[str]) -> Looked:
        if await asyncio.to_thread(_moves, path):
            return Looked(
                film=await self._films.analyse(path, _asked(films.ANALYSES, "fingerprint", known, "video", "audio"))
            )
        return Looked(picture=await self._pictures.analyse(path, _asked(pictures.ANALYSES, "vector", known, "picture")))


def _asked(names: Sequence[str], prints: str, known: Collection[str], *kinds: str) -> list[str]:
    return [*names, prints] if any(kind in known for kind in kinds) else [*names]


def _moves(path: Path) -> bool:
    """Whether a file is a video or a sound; what cannot be opened is none."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return container_of(file.read(HEAD)) is not None
