"""Whom to follow, and which channels to subscribe to."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from socialflow.content.records import ItemKind
from socialflow.ids import ChannelKey, UserKey
from socialflow.recommendation.context import Viewer
from socialflow.recommendation.ports import RecommendationStore
from socialflow.recommendation.records import FeedQuery, Provenance, SimilarUsers, Status, Tier
from socialflow.recommendation.service import RecommendationService

FOLLOWED_AT_MOST = 300
"""Followed people whose own follows are counted."""
_RANKED = 50
"""Recommended items whose channels are considered."""

BY_FOLLOWS = Provenance("follow_graph", "1", Tier.HEURISTIC)
BY_CHANNELS = Provenance("channel_affinity", "1", Tier.HEURISTIC)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person or channel. `score` is 0 to 1 and means something only within its list."""

    id: str
    score: float
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The best first. `missing` names each signal that could not be had."""

    entries: tuple[Suggestion, ...]
    provenance: tuple[Provenance, ...]
    missing: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """`partial` where a signal was missing."""
        return Status.PARTIAL if self.missing else Status.COMPLETE


@dataclass(frozen=True, slots=True)
class _Signal:
    """Votes for keys, the greatest at 1 once normalised."""

    source: str
    reason: str
    share: float
    votes: Mapping[int, float]


class PeopleService:
    """Suggestions from the graph and the live state; nobody is suggested who is followed, blocked or muted already."""

    def __init__(self, service: RecommendationService, store: RecommendationStore) -> None:
        self._service = service
        self._store = store

    async def users(self, user_id: str, limit: int, exclude: Collection[str] = ()) -> Suggestions:
        """Whom to follow: people whom the followed follow, and people who liked the same items.

        Raises UserNotFound, Erased, Overloaded, StoreUnavailable.
        """
        viewer = await self._viewer(user_id)
        relations, me = viewer.relations, _key_of(viewer)
        followed = sorted(relations.follows)[:FOLLOWED_AT_MOST]
        async with self._store.read() as unit:
            second = await unit.graph.relations_many(followed) if followed else {}
        friends = Counter(int(key) for theirs in second.values() for key in theirs.follows)
        alike = await self._alike(viewer, user_id, 2 * limit + FOLLOWED_AT_MOST)
        async with self._store.read() as unit:
            keys = await unit.users.keys([name for name, _ in alike.users])
        likeness = {int(keys[name]): value for name, value in alike.users if name in keys}
        signals = (
            _Signal("follow_graph", "followed by people you follow", 0.5, friends),
            _Signal("similar_users", "takes what you take", 0.5, likeness),
        )
        barred = {int(key) for key in (*relations.follows, *relations.blocked_users, *relations.muted_users)} | {me}
        chosen = _blended(signals, barred, limit + len(exclude))
        async with self._store.read() as unit:
            people = await unit.users.by_keys([UserKey(key) for key, *_ in chosen])
        named = {int(key): person.id for key, person in people.items()}
        missing = (*(() if followed else ("follows:none",)), *alike.missing, *(() if likeness else ("likeness:none",)))
        return Suggestions(_named(chosen, named, exclude, limit), (BY_FOLLOWS, alike.provenance), missing)

    async def channels(self, user_id: str, limit: int, exclude: Collection[str] = ()) -> Suggestions:
        """Channels to subscribe to: of the items that would be recommended, and of those that were taken.

        Raises UserNotFound, Erased, Overloaded, StoreUnavailable.
        """
        viewer = await self._viewer(user_id)
        present = await self._service.present()
        corpus, rows = present.live.corpus, viewer.rows
        taken: Counter[int] = Counter()
        if viewer.personalise:
            weights = present.live.weigh(rows.types, rows.values)
            for channel, weight in zip(corpus.channel[rows.items].tolist(), weights.tolist(), strict=True):
                taken[channel] += max(0.0, weight)
        query = FeedQuery(
            user_id=user_id, kind=ItemKind.VIDEO, page_size=min(_RANKED, present.settings.max_recommendations)
        )
        (ranked,) = await self._service.rank_many([(query, viewer)])
        offered: Counter[int] = Counter()
        for entry in ranked.impression.entries:
            offered[int(corpus.channel[entry.item])] += 1.0 / np.log2(entry.position + 1)
        signals = (
            _Signal("recommended", "has what we would show you", 0.6, offered),
            _Signal("taken", "you took its items", 0.4, taken),
        )
        barred = {int(key) for key in (*viewer.relations.subscriptions, *viewer.relations.muted_channels)} | {-1}
        chosen = _blended(signals, barred, 2 * limit + len(exclude))
        async with self._store.read() as unit:
            found = await unit.channels.by_keys([ChannelKey(key) for key, *_ in chosen])
            owners = await unit.users.keys({one.owner for one in found.values() if one.owner is not None})
        unwelcome = viewer.relations.blocked_users | viewer.relations.muted_users | {UserKey(_key_of(viewer))}
        named = {int(key): one.id for key, one in found.items() if owners.get(one.owner or "") not in unwelcome}
        provenance = (BY_CHANNELS, *ranked.impression.provenance)
        return Suggestions(_named(chosen, named, exclude, limit), provenance, ranked.impression.missing)

    async def _alike(self, viewer: Viewer, user_id: str, limit: int) -> SimilarUsers:
        """People who liked the same items; nobody where the history may not be used for choosing."""
        if viewer.personalise:
            return await self._service.similar_users(user_id, limit)
        made = Provenance("similar_users", "1", Tier.HEURISTIC)
        return SimilarUsers((), made, Status.ABSTAINED, ("history:not_permitted",))

    async def _viewer(self, user_id: str) -> Viewer:
        found = await self._service.viewers([user_id])
        if user_id not in found:
            async with self._store.read() as unit:
                await unit.users.get(user_id)  # says why there is none
            found = await self._service.viewers([user_id])
        return found[user_id]


def _key_of(viewer: Viewer) -> int:
    return -1 if viewer.user is None else int(viewer.user.key)


def _blended(signals: Collection[_Signal], barred: Collection[int], limit: int) -> list[tuple[int, float, _Signal]]:
    """Keys by the sum of their shares, each with the signal that says most for it."""
    scores: dict[int, float] = defaultdict(float)
    leading: dict[int, tuple[float, _Signal]] = {}
    for signal in signals:
        greatest = max(signal.votes.values(), default=0.0)
        for key, votes in signal.votes.items():
            if key in barred or votes <= 0:
                continue
            part = signal.share * votes / greatest
            scores[key] += part
            if key not in leading or part > leading[key][0]:
                leading[key] = (part, signal)
    best = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
    return [(key, scores[key], leading[key][1]) for key in best]


def _named(
    chosen: list[tuple[int, float, _Signal]], names: Mapping[int, str], exclude: Collection[str], limit: int
) -> tuple[Suggestion, ...]:
    left_out = set(exclude)
    entries = [
        Suggestion(names[key], round(score, 6), signal.source, signal.reason)
        for key, score, signal in chosen
        if key in names and names[key] not in left_out
    ]
    return tuple(entries[:limit])
