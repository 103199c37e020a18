"""Moderation for code that calls this project as a library: constructors without arguments, plain dictionaries."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from socialflow.errors import InvalidInput
from socialflow.kit.defaults import resident
from socialflow.moderation.gather.records import Content, Source
from socialflow.moderation.given import content_from, kind_of
from socialflow.moderation.judging import Judging
from socialflow.moderation.records import ContentKind
from socialflow.moderation.told import Moderated


class Parts(Protocol):
    """The parts of moderation, as `wiring.moderation` connects them."""

    @property
    def judging(self) -> Judging:
        """Judges content."""
        ...


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def moderation(self) -> Parts:
        """Its moderation."""
        ...


class ModerationService:
    """Whether content may be shown, by the policy that stands on a platform.

    Args:
        db: a platform on the running event loop; without it, the one which the environment's settings describe, on a
            loop of its own.

    Nothing is stored. Raises, in every method: InvalidInput, Overloaded, StoreUnavailable. What cannot be had is named
    in `missing`, and content of which nothing could be measured is never called safe.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._home = db

    async def moderate_post(self, content: str, images: Sequence[Source] | None = None) -> Moderated:
        """Judge a post: its words, and its pictures, by URL or by the Path of a file of this machine."""
        if not isinstance(content, str):
            raise InvalidInput(f"a text is a string, not {type(content).__name__}", field="content")
        return await self._judged(Content(ContentKind.POST, text=content, pictures=tuple(images or ())))

    async def moderate_content(self, content_type: str, content_data: Mapping[str, object]) -> Moderated:
        """Judge content of any kind: `content_data` as `moderation.given.content_from` reads it."""
        return await self._judged(content_from(kind_of(content_type), content_data))

    async def _judged(self, content: Content) -> Moderated:
        async def ask(home: Home) -> Moderated:
            (told,) = await home.moderation.judging.judge([content])
            return told

        return await (resident().run(ask) if self._home is None else ask(self._home))
