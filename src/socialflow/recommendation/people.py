"""Whom to follow, and which channels to subscribe to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt

from socialflow.content.records import ItemKind, Relations
from socialflow.ids import ChannelKey, UserKey
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.recommendation.bulk import Ranked
from socialflow.recommendation.context import Keys, Viewer
from socialflow.recommendation.influence import SocialGraph
from socialflow.recommendation.paths import paths_to
from socialflow.recommendation.ports import RecommendationStore
from socialflow.recommendation.records import FeedQuery, SimilarUsers
from socialflow.recommendation.service import RecommendationService

FOLLOWED_AT_MOST = 300
"""Followed people whose own follows are counted."""
FOLLOWS_SHARE, LIKENESS_SHARE = 0.6, 0.15
"""Shares of common acquaintances and of like taste: four to one; `benchmarks.social` measures it on three public sets.
The other shares are our judgement: no public set has makers and influence beside follows."""
_ALIKE = 50
"""People of like taste whose subscriptions are counted."""
_INFLUENTIAL = 100
"""People of the greatest influence, who are offered where little else is known."""
_RANKED = 50
"""Recommended items whose makers and channels are considered."""

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
class Via:
    """A followed person who likes an item, and the newest item that both like (None: none that may be shown)."""

    user_id: str
    shared: str | None


@dataclass(frozen=True, slots=True)
class _Signal:
    """Votes for keys, the greatest at 1 once normalised."""

    source: str
    reason: str
    share: float
    votes: Mapping[int, float]


class PeopleService:
    """Suggestions from the graph and the live state; nobody is suggested who is followed, blocked or muted already."""

    def __init__(
        self,
        service: RecommendationService,
        store: RecommendationStore,
        graph: Callable[[], SocialGraph | None] = lambda: None,
    ) -> None:
        self._graph = graph
        self._service = service
        self._store = store

    async def users(self, user_id: str, limit: int, exclude: Collection[str] = ()) -> Suggestions:
        """Whom to follow: people whom the followed follow, people who like the same items, and makers of what was
        taken and of what would be recommended (for new users: only these).

        Nobody who bars analysis is counted or named. Raises UserNotFound, Erased, Overloaded, StoreUnavailable.
        """
        viewer = await self._viewer(user_id)
        relations, me = viewer.relations, _key_of(viewer)
        circle = _circle(viewer)
        async with self._store.read() as unit:
            second = await unit.graph.relations_many(circle) if circle else {}
        alike = await self._alike(viewer, user_id, 2 * limit + FOLLOWED_AT_MOST)
        async with self._store.read() as unit:
            keys = await unit.users.keys([name for name, _ in alike.users])
        taken, ranked = await self._taken(viewer), await self._ranked(viewer, user_id)
        maker_of = (await self._service.present()).live.corpus.maker
        likeness = {int(keys[name]): value for name, value in alike.users if name in keys}
        graph = self._graph()
        listened = {} if graph is None else graph.most_influential(_INFLUENTIAL)
        signals = (
            _Signal("influence", "followed by many who are followed themselves", 0.05, listened),
            _Signal("follow_graph", "followed by people you follow", FOLLOWS_SHARE, _followed_by(second)),
            _Signal("similar_users", "takes what you take", LIKENESS_SHARE, likeness),
            _Signal("taken", "made what you took", 0.15, _summed(maker_of, taken)),
            _Signal("recommended", "makes what we would show you", 0.05, _summed(maker_of, _by_place(ranked))),
        )
        barred = {int(key) for key in (*relations.follows, *relations.blocked_users, *relations.muted_users)} | {me, -1}
        chosen = _blended(signals, barred, 2 * limit + len(exclude) + FOLLOWED_AT_MOST)
        async with self._store.read() as unit:
            people = await unit.users.by_keys([UserKey(key) for key, *_ in chosen])
        named = {int(key): person.id for key, person in people.items() if person.privacy.analyse}
        missing = (*(() if circle else ("follows:none",)), *alike.missing, *(() if alike.users else ("likeness:none",)))
        provenance = (BY_FOLLOWS, alike.provenance, *ranked.impression.provenance)
        return Suggestions(_named(chosen, named, exclude, limit), provenance, tuple(dict.fromkeys(missing)))

    async def channels(self, user_id: str, limit: int, exclude: Collection[str] = ()) -> Suggestions:
        """Channels to subscribe to: those that people alike and people followed subscribe to, those of what was taken,
        and those of what would be recommended.

        Raises UserNotFound, Erased, Overloaded, StoreUnavailable.
        """
        viewer = await self._viewer(user_id)
        circle = _circle(viewer)
        alike = await self._alike(viewer, user_id, _ALIKE)
        async with self._store.read() as unit:
            keys = await unit.users.keys([name for name, _ in alike.users])
            theirs = await unit.graph.relations_many({*circle, *keys.values()}) if circle or keys else {}
        heard = dict.fromkeys(circle, 1.0)
        likeness = {keys[name]: value for name, value in alike.users if name in keys}
        taken, ranked = await self._taken(viewer), await self._ranked(viewer, user_id)
        channel_of = (await self._service.present()).live.corpus.channel.__getitem__
        signals = (
            _Signal("recommended", "has what we would show you", 0.3, _summed(channel_of, _by_place(ranked))),
            _Signal("taken", "you took its items", 0.3, _summed(channel_of, taken)),
            _Signal("similar_users", "people who take what you take subscribe", 0.2, _subscribed(theirs, likeness)),
            _Signal("follow_graph", "people you follow subscribe", 0.2, _subscribed(theirs, heard)),
        )
        barred = {int(key) for key in (*viewer.relations.subscriptions, *viewer.relations.muted_channels)} | {-1}
        chosen = _blended(signals, barred, 2 * limit + len(exclude))
        async with self._store.read() as unit:
            found = await unit.channels.by_keys([ChannelKey(key) for key, *_ in chosen])
            owners = await unit.users.keys({one.owner for one in found.values() if one.owner is not None})
        unwelcome = viewer.relations.blocked_users | viewer.relations.muted_users | {UserKey(_key_of(viewer))}
        named = {int(key): one.id for key, one in found.items() if owners.get(one.owner or "") not in unwelcome}
        provenance = (BY_CHANNELS, *ranked.impression.provenance)
        missing = (*ranked.impression.missing, *alike.missing)
        return Suggestions(_named(chosen, named, exclude, limit), provenance, tuple(dict.fromkeys(missing)))

    async def via(self, user_id: str, item_id: str) -> tuple[Via, ...]:
        """Followed people through whom `user_id` comes to the item, at most three; none where it is unknown.

        For the eyes of `user_id` alone. Raises UserNotFound, Erased.
        """
        viewer = await self._viewer(user_id)
        live = (await self._service.present()).live
        key = live.corpus.key(item_id)
        if key is None or not viewer.personalise:
            return ()
        found = paths_to(key, viewer, live.weigh, live.corpus.visible())
        async with self._store.read() as unit:
            people = await unit.users.by_keys([one.person for one in found])
        ids = live.corpus.ids
        named = [(people[one.person].id, one.shared) for one in found if one.person in people]
        return tuple(Via(name, None if shared is None else ids[shared]) for name, shared in named)

    async def _taken(self, viewer: Viewer) -> Mapping[int, float]:
        """Item -> weight of what the history took, above 0; nothing where it may not be used."""
        live, taken = (await self._service.present()).live, Counter[int]()
        if viewer.personalise:
            weights = live.weigh(viewer.rows.types, viewer.rows.values)
            for item, weight in zip(viewer.rows.items.tolist(), weights.tolist(), strict=True):
                taken[item] += max(0.0, weight)
        return taken

    async def _ranked(self, viewer: Viewer, user_id: str) -> Ranked:
        """What would be recommended: for new users by locale, interests and trend (see `feeds.COLD`)."""
        most = min(_RANKED, (await self._service.present()).settings.max_recommendations)
        (ranked,) = await self._service.rank_many(
            [(FeedQuery(user_id=user_id, kind=ItemKind.VIDEO, page_size=most), viewer)]
        )
        return ranked

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


def _circle(viewer: Viewer) -> list[UserKey]:
    """Followed people whose own edges count: who permits analysis and is neither blocked nor muted."""
    relations = viewer.relations
    return sorted(relations.open_follows - relations.blocked_users - relations.muted_users)[:FOLLOWED_AT_MOST]


def _followed_by(second: Mapping[UserKey, Relations]) -> Mapping[int, float]:
    """Person -> how many of these people follow them."""
    return Counter(int(key) for theirs in second.values() for key in theirs.follows)


def _subscribed(theirs: Mapping[UserKey, Relations], votes: Mapping[UserKey, float]) -> Mapping[int, float]:
    """Channel -> votes of its subscribers."""
    found: dict[int, float] = defaultdict(float)
    for person, vote in votes.items():
        for channel in theirs[person].subscriptions:
            found[int(channel)] += vote
    return found


def _by_place(ranked: Ranked) -> Mapping[int, float]:
    """Item -> discounted gain of its place."""
    return {int(entry.item): 1.0 / log2(entry.position + 1) for entry in ranked.impression.entries}


def _summed(holder_of: Callable[[Keys], npt.NDArray[np.int32]], items: Mapping[int, float]) -> Mapping[int, float]:
    """Holder of items (-1: nobody) -> their sum."""
    found: dict[int, float] = defaultdict(float)
    holders = holder_of(np.fromiter(items, np.int64, count=len(items)))
    for holder, value in zip(holders.tolist(), items.values(), strict=True):
        found[holder] += value
    return found


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
