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
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import Clock

ITEMS_OF_A_CHANNEL, NEAR_ITEMS, ACTS = 100, 50, 2_000
"""The newest of each that are read."""
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

    async def channel_tags(self, channel_id: str, limit: int = 20) -> Tagging:
        """What a channel is about: by the words of itself and of its newest public items, by tags of items that the
        same people take, and by topics. A part that cannot be had is named in `missing`.

        Raises ChannelNotFound, Overloaded, StoreUnavailable.
        """
        async with self._store.read() as unit:
            channel = await unit.channels.get(channel_id)
        items = await self._evidence.items_of(channel.key, ITEMS_OF_A_CHANNEL)
        own = ItemText(ItemKey(0), channel.name, channel.description, "", (), None, None)
        evidence, missing, by = await self._gathered(items, own)
        evidence[Source.CATEGORY] = {**evidence[Source.CATEGORY], **dict.fromkeys(channel.categories, 1.0)}
        return Tagging(channel_id, combine(evidence, limit), missing, by)

    async def item_tags(self, item_id: str, limit: int = 20) -> Tagging:
        """What an item is about, in the same way. Raises ItemNotFound, Overloaded, StoreUnavailable."""
        async with self._store.read() as unit:
            item = await unit.items.get(item_id)
        evidence, missing, by = await self._gathered([item.key])
        return Tagging(item_id, combine(evidence, limit), missing, by)

    async def _gathered(
        self, items: Sequence[ItemKey], *more: ItemText
    ) -> tuple[dict[Source, Strengths], tuple[str, ...], tuple[Provenance, ...]]:
        """Evidence of items (and of `more` words), what is missing of it, and what made it."""
        near = await self._evidence.taken_with(items, NEAR_ITEMS) if items else {}
        texts, nearby = await self._texts(items), await self._texts(near or ())
        evidence: dict[Source, Strengths] = {**written([*more, *texts.values()])}
        evidence[Source.COLLABORATIVE] = _tags_nearby(nearby, near or {})
        model = self._topics()
        if model is not None and texts:
            evidence[Source.TOPIC] = _topics_together(model[0], list(texts.values()))
        missing = (
            *(() if texts else ("items:none",)),
            *(("model:item_item",) if near is None else ()),
            *(("model:topics",) if model is None else ()),
        )
        return evidence, missing, (Provenance("tags", "1", Tier.HEURISTIC), *(model[1:] if model else ()))

    async def interests(self, user_id: str, limit: int = 20) -> UserInterests:
        """What a person is interested in, by categories, tags and topics of what they took; nothing where they do not
        permit analysis. Raises UserNotFound, Erased, Overloaded, StoreUnavailable.
        """
        async with self._store.read() as unit:
            user = await unit.users.get(user_id)
        by = Provenance("interests", "1", Tier.HEURISTIC)
        if not user.privacy.analyse:
            return UserInterests(user_id, (), (), None, ("analysis:not_permitted",), (by,))
        now = self._clock.now().timestamp()
        acts = await self._evidence.acts(user_id)
        newest = Acts(acts.items[-ACTS:], acts.weights[-ACTS:], acts.at[-ACTS:])
        model = self._topics()
        texts = await self._texts([ItemKey(key) for key in np.unique(newest.items).tolist()])
        labels = _labels(texts, model[0] if model else None)
        return UserInterests(
            user_id,
            tuple(interests_of(newest, labels, now, limit)),
            tuple(next_interests(newest, labels, now, limit)),
            churn_of(acts, now),
            (*(() if len(acts.at) else ("history:none",)), *(() if model else ("model:topics",))),
            (by, *(model[1:] if model else ())),
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
    shares = model.topics_of([_words(text) for text in texts]).mean(axis=0)
    return {model.topics[number].words[0][0]: float(shares[number]) for number in np.flatnonzero(shares >= CLEAR_TOPIC)}
