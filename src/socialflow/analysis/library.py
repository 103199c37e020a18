"""Tags for code that calls this project as a library."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from socialflow.analysis.service import AnalysisService, Tagging
from socialflow.kit.defaults import resident


class Ready(Protocol):
    """Whether something can answer."""

    @property
    def ready(self) -> bool:
        """Whether it can."""
        ...


class Startable(Protocol):
    """What has to be started before it knows what people take."""

    def readiness(self) -> Ready:
        """Whether it was."""
        ...

    async def start(self) -> None:
        """Start it."""
        ...


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def recommendation(self) -> Startable:
        """Its recommender."""
        ...

    @property
    def analysis(self) -> AnalysisService:
        """Its analysis."""
        ...


class TagGenerator:
    """Tags from what is written, what it is filed under, what the same people take, and topics. Blocking.

    In every method, `db` is a platform that no event loop is using; None: the one which the environment's settings
    describe. Each tag says how sure it is and where it comes from; evidence that cannot be had is named in `missing`.
    Raises, in every method: Overloaded, StoreUnavailable.
    """

    def generate_channel_tags(self, db: Home | None, channel_id: str) -> Tagging:
        """Tags of a channel by itself and its newest public items. Raises ChannelNotFound."""
        return _ask(db, lambda analysis: analysis.channel_tags(channel_id))

    def generate_item_tags(self, db: Home | None, item_id: str) -> Tagging:
        """Tags of one item. Raises ItemNotFound."""
        return _ask(db, lambda analysis: analysis.item_tags(item_id))


def _ask(db: Home | None, question: Callable[[AnalysisService], Awaitable[Tagging]]) -> Tagging:
    async def ask(home: Home) -> Tagging:
        if not home.recommendation.readiness().ready:
            await home.recommendation.start()
        return await question(home.analysis)

    return resident().call(ask) if db is None else asyncio.run(ask(db))
