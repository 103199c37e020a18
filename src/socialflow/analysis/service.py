"""What channels and people are about, from everything that is known of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.analysis.interests import Acts, Churn, Interest, Kind, Label, churn_of, interests_of, next_interests
from socialflow.analysis.ports import Evidence
from socialflow.analysis.tags import Source, Strengths, Tag, combine, written
from socialflow.analysis.topics import TopicModel
from socialflow.content.log import ItemText
from socialflow.content.ports import ContentStore
from socialflow.ids import ItemKey
from socialflow.inference.lane import Lane
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import Clock

ITEMS_OF_A_CHANNEL, NEAR_ITEMS, ACTS = 100, 50, 2_000
"""The newest of each that are read."""
WAITING = 64
"""Calls that wait for their turn at most."""
CLEAR_TOPIC = 0.25
"""Share of a text from which it is said to be of a topic."""

TopicSource = Callable[[], tuple[TopicModel, Provenance] | None]
"""The topic model in use; None where none was made."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """Tags of a channel or an item, best first."""

    id: str
    tags: tuple[Tag, ...]
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]

    @property
    def status(self) -> Status:
        """How much of the evidence could be had."""
        return _status(bool(self.tags), self.missing)


@dataclass(frozen=True, slots=True)
class UserInterests:
    """What somebody is interested in, what rises, and the risk that they are leaving (None: nothing is known)."""

    user_id: str
    interests: tuple[Interest, ...]
    next_interests: tuple[Interest, ...]
    churn: Churn | None
    missing: tuple[str, ...]
    provenance: tuple[Provenance, ...]

    @property
    def status(self) -> Status:
        """How much of the evidence could be had; abstained where nothing is known or may be told."""
        return _status(self.churn is not None, self.missing)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What tags are told from: words of its `own`, categories it is `filed` under, `texts` of its items, and of those
    `near`by, which the same people take, with their strength (None: no model tells)."""

    own: ItemText | None
    filed: Sequence[str]
    texts: Mapping[ItemKey, ItemText]
    near: Mapping[ItemKey, float] | None
    nearby: Mapping[ItemKey, ItemText]


class AnalysisService:
    """Tags of channels and interests of people.

    Args:
        topics: gives the topic model in use.
    """

    def __init__(self, store: ContentStore, evidence: Evidence, topics: TopicSource, clock: Clock) -> None:
        self._store = store
        self._evidence = evidence
        self._topics = topics
        self._clock = clock
        self._lane = Lane("analysis", capacity=WAITING)

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._lane.waiting

    async def close(self) -> None:
        """Finish what is being worked out."""
        await self._lane.close()

    async def channel_tags(self, channel_id: str, limit: int = 20) -> Tagging:
        """What a channel is about: by the words of itself and of its newest public items, by tags of items that the
        same people take, and by topics. A part that cannot be had is named in `missing`.

        Raises ChannelNotFound, Overloaded, StoreUnavailable.
        """
        async with self._store.read() as unit:
            channel = await unit.channels.get(channel_id)
        items = await self._evidence.items_of(channel.key, ITEMS_OF_A_CHANNEL)
        own = ItemText(ItemKey(0), channel.name, channel.description, "", (), None, None)
        found = await self._gathered(items, own, channel.categories)
        return await self._lane.run(self._tagging, channel_id, found, limit)

    async def item_tags(self, item_id: str, limit: int = 20) -> Tagging:
        """What an item is about, in the same way. Raises ItemNotFound, Overloaded, StoreUnavailable."""
        async with self._store.read() as unit:
            item = await unit.items.get(item_id)
        return await self._lane.run(self._tagging, item_id, await self._gathered([item.key]), limit)

    async def _gathered(
        self, items: Sequence[ItemKey], own: ItemText | None = None, filed: Sequence[str] = ()
    ) -> _Gathered:
        near = await self._evidence.taken_with(items, NEAR_ITEMS) if items else {}
        return _Gathered(own, filed, await self._texts(items), near, await self._texts(near or ()))

    def _tagging(self, of: str, found: _Gathered, limit: int) -> Tagging:
        """Tags by everything that was found; runs in the lane."""
        texts = list(found.texts.values())
        evidence: dict[Source, Strengths] = {**written([*([found.own] if found.own else []), *texts])}
        evidence[Source.CATEGORY] = {**evidence[Source.CATEGORY], **dict.fromkeys(found.filed, 1.0)}
        evidence[Source.COLLABORATIVE] = _tags_nearby(found.nearby, found.near or {})
        model = self._topics()
        if model is not None and texts:
            evidence[Source.TOPIC] = _topics_together(model[0], texts)
        missing = (
            *(() if texts else ("items:none",)),
            *(("model:item_item",) if found.near is None else ()),
            *(("model:topics",) if model is None else ()),
        )
        by = (Provenance("tags", "1", Tier.HEURISTIC), *(model[1:] if model else ()))
        return Tagging(of, combine(evidence, limit), missing, by)

    async def interests(self, user_id: str, limit: int = 20) -> UserInterests:
        """What a person is interested in, by categories, tags and topics of what they took; nothing where they do not
        permit analysis. Raises UserNotFound, Erased, Overloaded, StoreUnavailable.
        """
        async with self._store.read() as unit:
            user = await unit.users.get(user_id)
        if not user.privacy.analyse:
            by = Provenance("interests", "1", Tier.HEURISTIC)
            return UserInterests(user_id, (), (), None, ("analysis:not_permitted",), (by,))
        acts = await self._evidence.acts(user_id)
        newest = Acts(acts.items[-ACTS:], acts.weights[-ACTS:], acts.at[-ACTS:])
        texts = await self._texts([ItemKey(key) for key in np.unique(newest.items).tolist()])
        churn = churn_of(acts, self._clock.now().timestamp())
        return await self._lane.run(self._interests, user_id, newest, texts, churn, limit)

    def _interests(
        self, user_id: str, newest: Acts, texts: Mapping[ItemKey, ItemText], churn: Churn | None, limit: int
    ) -> UserInterests:
        """Interests by the newest acts; runs in the lane."""
        now, model = self._clock.now().timestamp(), self._topics()
        labels = _labels(texts, model[0] if model else None)
        return UserInterests(
            user_id,
            tuple(interests_of(newest, labels, now, limit)),
            tuple(next_interests(newest, labels, now, limit)),
            churn,
            (*(("history:none",) if churn is None else ()), *(() if model else ("model:topics",))),
            (Provenance("interests", "1", Tier.HEURISTIC), *(model[1:] if model else ())),
        )

    async def _texts(self, keys: Collection[ItemKey]) -> dict[ItemKey, ItemText]:
        if not keys:
            return {}
        async with self._store.read() as unit:
            return {text.key: text async for batch in unit.items.texts(list(keys)) for text in batch}


def _status(told: bool, missing: Sequence[str]) -> Status:
    if not told:
        return Status.ABSTAINED
    return Status.PARTIAL if missing else Status.COMPLETE


def _words(text: ItemText) -> str:
    return ". ".join((text.title, text.description, text.text, " ".join(text.tags)))


def _labels(texts: Mapping[ItemKey, ItemText], model: TopicModel | None) -> Mapping[int, Sequence[Label]]:
    """Category, tags and clear topics of each item."""
    labels: dict[int, list[Label]] = {}
    for key, text in texts.items():
        tags = dict.fromkeys((Kind.TAG, tag.casefold().lstrip("#")) for tag in text.tags)
        labels[key] = [*([(Kind.CATEGORY, text.category)] if text.category else []), *tags]
    if model is not None and texts:
        names = [topic.name for topic in model.topics]
        shares = model.topics_of([_words(text) for text in texts.values()])
        for key, row in zip(texts, shares, strict=True):
            labels[key] += [(Kind.TOPIC, names[number]) for number in np.flatnonzero(row >= CLEAR_TOPIC).tolist()]
    return labels


def _tags_nearby(texts: Mapping[ItemKey, ItemText], near: Mapping[ItemKey, float]) -> Strengths:
    """Tags of items by how much of what is taken along has them, the most common at 1."""
    sums: dict[str, float] = {}
    for key, text in texts.items():
        for tag in {tag.casefold().lstrip("#") for tag in text.tags}:
            sums[tag] = sums.get(tag, 0.0) + near[key]
    most = max(sums.values(), default=1.0)
    return {tag: value / most for tag, value in sums.items()}


def _topics_together(model: TopicModel, texts: Sequence[ItemText]) -> Strengths:
    """The heaviest word of each clear topic, by the topic's mean share of the texts."""
    shares, topics = model.topics_of([_words(text) for text in texts]).mean(axis=0), model.topics
    return {topics[number].words[0][0]: float(shares[number]) for number in np.flatnonzero(shares >= CLEAR_TOPIC)}
