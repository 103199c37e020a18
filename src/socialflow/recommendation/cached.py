"""Recommendations that may come from the cache: never stale, never of another's eyes, each answer stored as given."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

import numpy as np

from socialflow.errors import Erased, InvalidInput, SocialflowError, UserNotFound
from socialflow.kit.cache import Cache, recommendations_key, recommendations_prefix
from socialflow.kit.clock import Clock
from socialflow.kit.digests import short_digest
from socialflow.kit.identifiers import time_ordered_id
from socialflow.kit.single_flight import SingleFlight
from socialflow.recommendation import answers
from socialflow.recommendation.bandit import Decided
from socialflow.recommendation.bulk import Ranked
from socialflow.recommendation.context import Viewer
from socialflow.recommendation.packing import pack, unpack
from socialflow.recommendation.ports import RecommendationStore
from socialflow.recommendation.records import FeedQuery, Impression
from socialflow.recommendation.service import RecommendationService

T = TypeVar("T")

MAX_BATCH = 1000
"""Questions that one call may ask."""
_TURN = 50
"""Questions worked on before other calls have a turn on the loop."""
_ELSEWHERE_SECONDS = 1.0
"""How long a list that another process is working out is waited for."""
_LOOK_SECONDS = 0.02


class Lookup(StrEnum):
    """What a look into the cache gave."""

    HIT = "hit"
    MISS = "miss"
    STALE = "stale"
    """There was one, but the viewer did something since, or an item of it may not be shown any more."""


class CacheObserver(Protocol):
    """Hears of lookups; must not block and not raise."""

    def looked_up(self, family: str, outcome: str, count: int) -> None:
        """`count` lookups of one family of keys had this outcome."""
        ...


class Unobserved:
    """Hears nothing."""

    def looked_up(self, family: str, outcome: str, count: int) -> None:
        """Ignore it."""


@dataclass(frozen=True, slots=True)
class Recommended:
    """An answer as it was given and stored. `cached`: it was worked out earlier."""

    impression: Impression
    has_more: bool
    cached: bool


@dataclass(slots=True)
class _Asked:
    decided: Decided
    query: FeedQuery
    """With the algorithm that was chosen where the question leaves it open: its lists are kept as its own."""
    viewer: Viewer
    key: str
    watermark: str
    ranked: Ranked | None = None
    cached: bool = False


class CachedRecommendations:
    """First pages for known users, worked out once while nothing changes.

    A kept list holds the watermark of what it was made from (`bulk.watermark`): the viewer's history, edges, profile,
    the models. Another watermark is a miss, and so is a list with an item that may not be shown any more. What others
    do, new items among it, and what only time changes, trends and freshness, may be as old as `ttl`.

    Args:
        ttl: seconds; 0 keeps nothing.
        observer: hears of lookups; whoever keeps metrics may set it later.
    """

    def __init__(
        self,
        service: RecommendationService,
        store: RecommendationStore,
        cache: Cache,
        clock: Clock,
        *,
        ttl: float,
        observer: CacheObserver | None = None,
    ) -> None:
        self._service = service
        self._store = store
        self._cache = cache
        self._clock = clock
        self._ttl = ttl
        self.observer = observer or Unobserved()
        self._flights = SingleFlight[Ranked]()

    async def recommend(self, query: FeedQuery) -> Recommended:
        """Answer one question; durable before it returns.

        Raises InvalidInput, UserNotFound, Erased, ModelUnavailable, Overloaded, StoreUnavailable.
        """
        answer = (await self.recommend_many([query]))[0]
        if isinstance(answer, SocialflowError):
            raise answer
        return answer

    async def recommend_many(self, queries: Sequence[FeedQuery]) -> Sequence[Recommended | SocialflowError]:
        """Answer many questions, in order; a user who is unknown or erased is an error in their place.

        All answers are durable, in one transaction, before it returns. Raises as `recommend` for everything else.
        """
        if len(queries) > MAX_BATCH:
            raise InvalidInput(f"at most {MAX_BATCH} questions at once, not {len(queries)}", field="requests")
        asked = await self._asked(queries)
        known = [one for one in asked if isinstance(one, _Asked)]
        await self._look(known)
        await self._work_out([one for one in known if one.ranked is None])
        now = self._clock.now()
        given = {id(one): _given(one, now) for one in known}
        async with self._store.write() as unit:
            for turn in _turns(list(given.values())):
                await unit.impressions.add_many([answer.impression for answer in turn])
        return [one if isinstance(one, SocialflowError) else given[id(one)] for one in asked]

    async def prepare(self, queries: Sequence[FeedQuery], ttl: float | None = None) -> int:
        """Work lists out and keep them, for requests to come; returns how many were worked out.

        Those that are kept and good are left alone. `ttl`: seconds, instead of what answers are kept for.

        Raises UserNotFound, Erased for the first user who is not there, and as `recommend`.
        """
        asked = await self._asked(queries)
        for one in asked:
            if isinstance(one, SocialflowError):
                raise one
        known = [one for one in asked if isinstance(one, _Asked)]
        await self._look(known, read=False)
        missing = [one for one in known if not one.cached]
        await self._rank(missing, ttl)
        return len(missing)

    async def forget(self, user_id: str) -> None:
        """Drop every list of a user."""
        await self._cache.delete_prefix(recommendations_prefix(user_id))

    async def _asked(self, queries: Sequence[FeedQuery]) -> list["_Asked | SocialflowError"]:
        for query in queries:
            if query.user_id is None or query.page != 1 or query.request_id is not None or query.candidates is not None:
                raise InvalidInput("only first pages of known users are kept", field="user_id")
        viewers = await self._service.viewers({query.user_id for query in queries if query.user_id is not None})
        there = [(query, viewer) for query in queries if (viewer := viewers.get(query.user_id or "")) is not None]
        decided = iter(await self._service.bandit.decide(there))
        asked: list[_Asked | SocialflowError] = []
        for turn in _turns(queries):
            asked += [
                self._one(next(decided)) if query.user_id in viewers else await self._absent(query.user_id or "")
                for query in turn
            ]
            await asyncio.sleep(0)
        return asked

    def _one(self, decided: Decided) -> "_Asked":
        watermark = self._service.watermark(decided.viewer)
        return _Asked(decided, decided.plain, decided.viewer, _key(decided.plain), watermark)

    async def _absent(self, user_id: str) -> SocialflowError:
        """Why there is no such user."""
        try:
            async with self._store.read() as unit:
                await unit.users.get(user_id)
        except (UserNotFound, Erased) as error:
            return error
        return UserNotFound(f"user {user_id!r} appeared just now; ask again", field="user_id")

    async def _look(self, asked: Sequence[_Asked], *, read: bool = True) -> None:
        """Find what the cache holds that may still be shown; with `read` False only whether it is there, untold."""
        if not self._ttl or not asked:
            return
        outcomes = dict.fromkeys(Lookup, 0)
        for turn in _turns(asked):
            values = await self._cache.get_many([one.key for one in turn])
            for one, value in zip(turn, values, strict=True):
                outcomes[self._take(one, value, read=read)] += 1
            await asyncio.sleep(0)
        if read:
            for outcome, count in outcomes.items():
                self.observer.looked_up("recommendations", outcome, count)

    def _take(self, one: _Asked, value: bytes | None, *, read: bool = True) -> Lookup:
        if value is None:
            return Lookup.MISS
        ranked = unpack(value, one.watermark)
        if ranked is None or not self._may_show(one, ranked):
            return Lookup.STALE
        one.ranked, one.cached = ranked if read else None, True
        return Lookup.HIT

    def _may_show(self, one: _Asked, ranked: Ranked) -> bool:
        items = np.array([entry.item for entry in ranked.impression.entries], np.int64)
        return self._service.may_show(one.query, one.viewer, items)

    async def _work_out(self, missing: Sequence[_Asked]) -> None:
        """Rank what is missing; one question is worked out once, however many ask it at a time."""
        if len(missing) != 1 or not self._ttl:
            await self._rank(missing)
            return
        one = missing[0]
        made = await self._flights.run(f"{one.key} {one.watermark}", lambda: self._rank_alone(one))
        if self._may_show(one, made):
            one.ranked = made
        else:  # it was being worked out before this call began, and an item of it was hidden between the two
            await self._rank([one])

    async def _rank_alone(self, one: _Asked) -> Ranked:
        """Rank, unless another process is at it: then its result is waited for, for a while."""
        claim = f"working:{one.key}:{one.watermark}"
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _ELSEWHERE_SECONDS
        while not await self._cache.add(claim, b"1", _ELSEWHERE_SECONDS) and loop.time() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._take(one, (await self._cache.get_many([one.key]))[0]) is Lookup.HIT and one.ranked is not None:
                return one.ranked
        try:
            return (await self._rank([one]))[0]
        finally:
            await self._cache.delete([claim])

    async def _rank(self, missing: Sequence[_Asked], ttl: float | None = None) -> Sequence[Ranked]:
        if not missing:
            return []
        ranked = await self._service.rank_many([(one.query, one.viewer) for one in missing])
        for one, made in zip(missing, ranked, strict=True):
            one.ranked = made
        if self._ttl:
            kept = {one.key: pack(made) for one, made in zip(missing, ranked, strict=True)}
            await self._cache.set_many(kept, ttl or self._ttl)
        return ranked


def _turns(parts: Sequence[T]) -> Iterator[Sequence[T]]:
    return (parts[start : start + _TURN] for start in range(0, len(parts), _TURN))


def _key(query: FeedQuery) -> str:
    limits = (str(query.page_size), *sorted(query.exclude))
    digest = short_digest(answers.digest(query), *limits).hex()
    return recommendations_key(query.user_id or "", query.kind or "any", digest)


def _given(one: _Asked, now: datetime) -> Recommended:
    """A ranking as an answer of its own, under a request id of its own."""
    if one.ranked is None:
        raise RuntimeError("a question was left without an answer")
    made = one.ranked.impression
    answer = replace(made, request_id=time_ordered_id(now), at=now, surface=one.query.surface)
    return Recommended(one.decided.signed(answer), one.ranked.has_more, one.cached)
