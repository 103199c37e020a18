"""Smart replies for code that calls this project as a library."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

from socialflow.errors import InvalidInput
from socialflow.generation.bank import Tone
from socialflow.generation.records import RepliesTold
from socialflow.generation.service import GenerationService
from socialflow.kit.defaults import resident


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def generation(self) -> GenerationService:
        """Its replies."""
        ...


class SmartReplies:
    """Short replies to a message, retrieved by its meaning from a bank of replies that were written by hand.

    `db` is a platform; None: the one which the environment's settings describe. In both methods `context` is what was
    said before, oldest first, and `tone` one of friendly, formal, playful and supportive; without one, what suits the
    situation. An answer without replies says why in `reason`.
    Raises InvalidInput, ModelUnavailable, Overloaded.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._db = db

    async def suggest(
        self, message: str, context: Sequence[str] = (), tone: str | None = None, limit: int = 3
    ) -> RepliesTold:
        """Replies to `message`, best first."""
        ask = _question(message, context, tone, limit)
        return await (resident().run(ask) if self._db is None else ask(self._db))

    def predict(
        self, message: str, context: Sequence[str] = (), tone: str | None = None, limit: int = 3
    ) -> RepliesTold:
        """As `suggest`, blocking: `db` must not be in use by an event loop."""
        ask = _question(message, context, tone, limit)
        return resident().call(ask) if self._db is None else asyncio.run(ask(self._db))


def _question(
    message: str, context: Sequence[str], tone: str | None, limit: int
) -> Callable[[Home], Coroutine[None, None, RepliesTold]]:
    if tone is not None and tone not in list(Tone):
        raise InvalidInput(f"there is no tone {tone!r}; there are {', '.join(Tone)}", field="tone")
    wanted = None if tone is None else Tone(tone)

    async def ask(home: Home) -> RepliesTold:
        return await home.generation.replies(message, context, wanted, limit)

    return ask
