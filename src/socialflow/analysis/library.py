"""Tags and features of texts for code that calls this project as a library."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from socialflow.analysis.content import ContentAnalyser
from socialflow.analysis.service import AnalysisService, Tagging
from socialflow.content.records import Findings
from socialflow.kit.defaults import Startable, resident, started
from socialflow.text.normalise import normalise


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
        await started(home.recommendation)
        return await question(home.analysis)

    return resident().call(ask) if db is None else asyncio.run(ask(db))


class Reading(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def contents(self) -> ContentAnalyser:
        """What reads texts."""
        ...


class FeatureExtractor:
    """Keywords, entities, sentiment, language, topics and whatever else the words of a text or channel say.

    Everything comes from one encoding of the text; what could not be had is named in `missing`. Raises, in every
    method: Overloaded, StoreUnavailable.
    """

    def clean(self, text: str) -> str:
        """The text as it is read: NFC, user names and links by a sign, no invisible characters, single spaces.

        >>> FeatureExtractor().clean("see  https://example.org, @ann!")
        'see http @user!'
        """
        return normalise(text).text

    async def analyze(self, text: str) -> Findings:
        """Features of a text."""
        return await resident().run(_reading(text))

    def predict(self, text: str) -> Findings:
        """Features of a text; blocking."""
        return resident().call(_reading(text))

    def extract_channel_features(self, db: Reading | None, channel_id: str) -> Findings:
        """Features of a channel's name and description; blocking. Nothing where its owner does not permit analysis.

        `db` is a platform that no event loop is using; None: the one which the environment's settings describe. Raises
        ChannelNotFound.
        """

        async def ask(home: Reading) -> Findings:
            return await home.contents.channel(channel_id)

        return resident().call(ask) if db is None else asyncio.run(ask(db))


def _reading(text: str) -> Callable[[Reading], Awaitable[Findings]]:
    async def read(home: Reading) -> Findings:
        return (await home.contents.read([text]))[0]

    return read
