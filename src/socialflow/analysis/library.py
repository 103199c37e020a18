"""Tags and features of texts for code that calls this project as a library."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, cast

from socialflow.analysis.content import ContentAnalyser
from socialflow.analysis.service import AnalysisService, Tagging
from socialflow.analysis.sights import Looking, Sights, sights, with_sights
from socialflow.content.records import Findings, ItemKind
from socialflow.errors import InvalidInput
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

    @property
    def video(self) -> Looking:
        """What watches videos."""
        ...

    @property
    def image(self) -> Looking:
        """What looks at pictures."""
        ...


class FeatureExtractor:
    """Keywords, entities, sentiment, language, topics and whatever else the words of a text or channel say.

    Everything comes from one encoding of the text; what could not be had is named in `missing`. Raises, in every
    method: InvalidInput, Overloaded, StoreUnavailable.

    Args:
        db: a platform on the running event loop, for `analyze` and `analyze_content`; without it, the one which the
            environment's settings describe, on a loop of its own.
    """

    def __init__(self, db: Reading | None = None) -> None:
        self._home = db

    def clean(self, text: str) -> str:
        """The text as it is read: NFC, user names and links by a sign, no invisible characters, single spaces.

        >>> FeatureExtractor().clean("see  https://example.org, @ann!")
        'see http, @user!'
        """
        return normalise(text).text

    async def analyze(self, text: str) -> Findings:
        """Features of a text."""
        read = _reading(text)
        return await (resident().run(read) if self._home is None else read(self._home))

    async def analyze_content(self, content_type: str, content_data: Mapping[str, object]) -> Findings:
        """Features of content by its `text`, and tags of what the video and the picture show that `video_url` and
        `image_url` name; where nothing could be seen `missing` has `visual_tags`."""
        if content_type not in set(ItemKind):
            raise InvalidInput(f"content_type must be one of {', '.join(ItemKind)}", field="content_type")
        urls = [content_data.get(name) for name in ("video_url", "image_url")]
        for name, url in zip(("video_url", "image_url"), urls, strict=True):
            if url is not None and not isinstance(url, str):
                raise InvalidInput(f"{name} is a URL, not {type(url).__name__}", field=name)
        found = await self.analyze(content_data.get("text", ""))  # type: ignore[arg-type] # checked there
        if content_type != ItemKind.VIDEO and not any(urls):
            return found

        async def look(home: Reading) -> Sights:
            return await sights(home.video, home.image, *cast("list[str | None]", urls))

        return with_sights(found, await (resident().run(look) if self._home is None else look(self._home)))

    def predict(self, text: str) -> Findings:
        """Features of a text; blocking, by the platform which the environment's settings describe."""
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
    if not isinstance(text, str):
        raise InvalidInput(f"a text is a string, not {type(text).__name__}", field="text")

    async def read(home: Reading) -> Findings:
        return (await home.contents.read([text]))[0]

    return read
