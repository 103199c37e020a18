"""The use cases of recommendation: feeds, trending, likeness, explanations, over the platform as it is now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from socialflow.content.records import ItemKind, Relations, User
from socialflow.errors import Conflict, FeedRequestNotFound, InvalidInput, ItemNotFound, ModelUnavailable
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import Clock
from socialflow.kit.courtesy import politely
from socialflow.kit.identifiers import time_ordered_id
from socialflow.recommendation import answers, explain, feeds, trending
from socialflow.recommendation.bandit import BanditParts, MultiArmedBandit
from socialflow.recommendation.bulk import CHUNK, Ranked, watermark
from socialflow.recommendation.context import (
    HEARD_AT_MOST,
    HISTORY_LIMIT,
    Context,
    FeedSettings,
    Keys,
    Viewer,
    put_together,
)
from socialflow.recommendation.pipeline import Feed, run
from socialflow.recommendation.ports import ModelSource, RecommendationStore, RecommendationUnit
from socialflow.recommendation.present import ModelAge, Present, Readiness
from socialflow.recommendation.ranker import RANKER
from socialflow.recommendation.records import (
    Explanation,
    FeedAnswer,
    FeedQuery,
    Impression,
    SimilarUsers,
    TrendingAnswer,
)
from socialflow.recommendation.running import Running
from socialflow.recommendation.shelf import Loaded

__all__ = ["FeedSettings", "Present", "Readiness", "RecommendationService"]

_ATTEMPTS = 3


class RecommendationService:
    """Answers feed questions from live state; every answer is stored before it is returned.

    Call `start` once before and `close` once after use, on one event loop.
    """

    def __init__(
        self, store: RecommendationStore, models: ModelSource, clock: Clock, settings: FeedSettings | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or FeedSettings()
        self._source = models
        parts = BanditParts(store, clock, self._arms, self._settings, self._settings.bandit_seed)
        self.bandit = MultiArmedBandit(parts)
        self._running: Running | None = None

    async def start(self) -> None:
        """Read the store once and load every active model. Raises StoreUnavailable."""
        running = Running(self._store, self._source, self._clock)
        try:
            await running.live.sync()
            running.refresh()
            await running.settle()
        except BaseException:
            await running.close()
            raise
        self._running = running

    async def close(self) -> None:
        """Finish what is being ranked and end the lanes."""
        running, self._running = self._running, None
        if running is not None:
            await running.close()

    async def models_settled(self) -> None:
        """Wait until every model version that is being loaded is in use, or has failed, and for a step of updates."""
        await self._started().settle()
        await self._started().online.settle()

    def readiness(self) -> Readiness:
        """What is loaded; does not touch the store."""
        running = self._running
        if running is None:
            return Readiness(False, "not started: the store has not been read", 0, 0, {})
        models = {name: self._state_of(name) for name in sorted({*feeds.MODELS, RANKER})}
        live = running.live
        reason = f"{len(live.corpus)} items and {len(live.log)} interactions loaded"
        return Readiness(True, reason, len(live.log), len(live.corpus), models)

    def model_ages(self) -> Mapping[str, ModelAge]:
        """By name of every model in use; nothing before `start`."""
        return {} if self._running is None else self._running.ages()

    async def present(self) -> Present:
        """The state as of every commit before this call. Raises ModelUnavailable before `start`, StoreUnavailable."""
        running = await self._current()
        return Present(running.live, running.shelf.models, self._settings, running.aside)

    async def feed(self, query: FeedQuery) -> FeedAnswer:
        """Rank for one user, as of everything committed before the call; durable before it returns.

        A page asked again under its request_id comes back as it was stored; a new page goes on below the pages shown,
        never repeats an item of them, and uses the history of now.

        Raises:
            InvalidInput, UserNotFound, FeedRequestNotFound, Conflict, ModelUnavailable, Overloaded, StoreUnavailable.
        """
        answers.check(query, self._settings)
        return await self._answer(query, None if query.algorithm == feeds.SMART else feeds.compose(query))

    async def viewers(self, user_ids: Collection[str]) -> Mapping[str, Viewer]:
        """These users as of every commit before the call; those who are unknown or erased are left out."""
        await self._current()
        async with self._store.read() as unit:
            keys = await unit.users.keys(user_ids)
            people = await unit.users.by_keys(keys.values())
            relations = await unit.graph.relations_many(keys.values())
        return {name: self._seen_by(people[key], relations[key]) for name, key in keys.items() if key in people}

    def watermark(self, viewer: Viewer) -> str:
        """What answers to this viewer depend on; see `bulk.watermark`."""
        running = self._started()
        rules = running.live.rules.stamp(self._clock.now())
        return watermark(viewer, running.in_use, running.live.weigh.version, self._settings, rules)

    def may_show(self, query: FeedQuery, viewer: Viewer, items: Keys) -> bool:
        """Whether all these items, ranked earlier for the same viewer and question, may still be shown.

        An item that this process has not heard of may not.
        """
        ctx = self._context(query, viewer, need=0)
        if len(items) and int(items.max()) >= ctx.world.corpus.size:
            return False
        verdicts = (mask for filter_ in feeds.OF_THE_ITEM for mask in filter_.removed(ctx, items).values())
        return not any(mask.any() for mask in verdicts)

    async def rank_many(self, asked: Sequence[tuple[FeedQuery, Viewer]]) -> Sequence[Ranked]:
        """First pages, ranked as `feed` does, but not stored: nobody was given them yet.

        Raises InvalidInput, ModelUnavailable, Overloaded.
        """
        running = self._started()
        decided = await self.bandit.decide(asked)
        done: list[Ranked] = []
        for start in range(0, len(asked), CHUNK):
            chunk = [(one.plain, one.viewer) for one in decided[start : start + CHUNK]]
            done += await politely(partial(running.rank.run, self._rank_chunk, chunk))
        return [replace(made, impression=one.signed(made.impression)) for one, made in zip(decided, done, strict=True)]

    def _rank_chunk(self, asked: Sequence[tuple[FeedQuery, Viewer]]) -> list[Ranked]:
        world = self._started().world(self._settings)
        contexts = [Context(query, viewer, world, need=query.page_size + 1) for query, viewer in asked]
        for algorithm in {query.algorithm for query, _ in asked}:
            put_together([ctx for ctx in contexts if ctx.query.algorithm == algorithm])
        done = []
        for ctx in contexts:
            answers.check(ctx.query, self._settings)
            feed = feeds.compose(ctx.query)
            self._require(feed)
            impression, has_more = self._rank(feed, ctx, answers.Session(ctx.query, []))
            done.append(Ranked(impression, has_more, self.watermark(ctx.viewer)))
        return done

    async def similar(self, item_id: str, username: str | None, page: int, page_size: int) -> FeedAnswer:
        """Items like this one, by words and by who takes them; what the viewer blocked, muted or hid stays out.

        Raises:
            ItemNotFound: there is no such item, or it may not be shown.
        """
        query = FeedQuery(username=username, algorithm="similar", page=page, page_size=page_size, surface="similar")
        answers.check(query, self._settings)
        return await self._answer(query, feeds.SIMILAR, anchor=item_id)

    async def trending(
        self,
        *,
        kind: ItemKind | None = None,
        category: str | None = None,
        window_hours: int = 24,
        page: int = 1,
        page_size: int = 20,
        username: str | None = None,
    ) -> TrendingAnswer:
        """Items by engagement in a window of 1, 6, 24, 168 or 720 hours, decayed by age, with their direction.

        Below what moved in the window come the rest by all-time engagement; `missing` says so where a page has any.
        """
        query = FeedQuery(username=username, algorithm="trending", kind=kind, category=category, page=page)
        query = replace(query, page_size=page_size, surface="trending")
        answers.check(query, self._settings)
        trending.check_window(window_hours)
        running = await self._current()
        async with self._store.read() as unit:
            viewer = await self._viewer(unit, query)
        ctx = self._context(query, viewer, need=page * page_size)
        return await running.rank.run(trending.trending, ctx, window_hours)

    async def similar_users(self, user_id: str, limit: int) -> SimilarUsers:
        """Users who liked the same items. Who bars analysis is not compared and not named. Raises UserNotFound."""
        if limit < 1:
            raise InvalidInput(f"limit must be at least 1, not {limit}", field="limit")
        running = await self._current()
        made = Provenance("similar_users", "1", Tier.HEURISTIC)
        async with self._store.read() as unit:
            user = await unit.users.get(user_id)
            if not user.privacy.analyse:
                return SimilarUsers((), made, Status.ABSTAINED, ("analysis:not_permitted",))
            live = running.live
            near = await running.aside.run(
                running.similar_users.nearest, live.log.snapshot(), live.weigh, user.key, 4 * limit + 100
            )
            relations = await unit.graph.relations(user.key)
            people = await unit.users.by_keys([key for key, _ in near if key not in relations.blocked_users])
        open_ = {key: person.id for key, person in people.items() if person.privacy.analyse}
        return SimilarUsers([(open_[key], value) for key, value in near if key in open_][:limit], made)

    async def explain(self, request_id: str, item_id: str, user_id: str | None) -> Explanation:
        """Why an item stands where it stands in an answer, or why it does not.

        `user_id` None explains anybody's request; otherwise only the user's own.

        Raises:
            FeedRequestNotFound: nothing is stored under this request_id for this user.
            ItemNotFound: there is no such item.
        """
        running = await self._current()
        async with self._store.read() as unit:
            pages = await unit.impressions.pages(request_id)
            owner = await self._owner(unit, pages)
            if not pages or (user_id is not None and (owner is None or owner.id != user_id)):
                raise FeedRequestNotFound(f"no answer is stored under request_id {request_id}", field="request_id")
            relations = Relations() if owner is None else await unit.graph.relations(owner.key)
        key = running.live.corpus.key(item_id)
        if key is None:
            raise ItemNotFound(f"there is no item {item_id}", field="item")
        told = explain.from_trace(pages, key, item_id)
        if told is not None:
            return replace(told, arm=pages[0].arm)
        query = explain.question(pages[0], item_id)
        ctx = self._context(query, self._seen_by(owner, relations), need=sum(len(page.entries) for page in pages) + 1)
        ctx.anchor = ItemKey(int(pages[0].filters["item"])) if "item" in pages[0].filters else None
        feed = feeds.SIMILAR if query.algorithm == feeds.SIMILAR.name else feeds.compose(query)
        return replace(await running.rank.run(explain.recompute, feed, ctx, key, pages), arm=pages[0].arm)

    async def _answer(self, query: FeedQuery, feed: Feed | None, anchor: str | None = None) -> FeedAnswer:
        running = self._started()
        async with running.turn(query.request_id):
            for _ in range(_ATTEMPTS):
                answer = await self._attempt(query, feed, anchor)
                if answer is not None:
                    return answer
        raise Conflict("other pages of this request were answered at the same time; try again", field="request_id")

    async def _attempt(self, query: FeedQuery, feed: Feed | None, anchor: str | None) -> FeedAnswer | None:
        """One try; None where another process answered a page of the same request meanwhile. No feed: one is chosen."""
        running = await self._current()
        async with self._store.read() as unit:
            viewer = await self._viewer(unit, query)
            pages = [] if query.request_id is None else list(await unit.impressions.pages(query.request_id))
            decided = await self.bandit.decide_one(unit, query, viewer, pages)
        feed = feed or feeds.compose(decided.plain)
        session = answers.Session(query, pages)
        session.check(None if viewer.user is None else viewer.user.key)
        ctx = self._context(decided.plain, viewer, need=session.skip + query.page_size + 1)
        if (stored := session.stored) is not None:
            return FeedAnswer(stored, session.stored_has_more(stored), fresh=False, of_age=ctx.of_age)
        ctx.shown = np.array(session.shown, np.int64)
        self._require(feed)
        if anchor is not None:
            ctx.anchor = running.live.corpus.key(anchor)
            if ctx.anchor is None or not running.live.corpus.visible()[ctx.anchor]:
                raise ItemNotFound(f"there is no item {anchor} that may be shown", field="item_id")
        impression, has_more = await running.rank.run(self._rank, feed, ctx, session)
        impression = decided.signed(impression)
        async with self._store.write() as unit:
            if query.request_id is not None and len(await unit.impressions.pages(query.request_id)) != len(pages):
                return None
            await unit.impressions.add(impression)
        return FeedAnswer(impression, has_more, of_age=ctx.of_age)

    def _rank(self, feed: Feed, ctx: Context, session: answers.Session) -> tuple[Impression, bool]:
        """The part of an answer that is arithmetic; runs in the lane."""
        outcome = run(feeds.governed(feed, ctx), ctx)
        size, now = ctx.query.page_size, self._clock.now()
        shown = answers.entries(ctx, outcome, skip=session.skip, size=size, offset=session.offset)
        request_id = ctx.query.request_id or time_ordered_id(now)
        has_more = len(outcome.ranking) > session.skip + size
        return answers.impression(ctx, outcome, shown, request_id=request_id, at=now), has_more

    def _arms(self) -> list[str]:
        return feeds.arms(self._started().in_use)

    def _started(self) -> Running:
        if self._running is None:
            raise ModelUnavailable("the recommender has not been started")
        return self._running

    async def _current(self) -> Running:
        """The running parts, as of every commit before this call."""
        running = self._started()
        running.refresh()
        await running.live.sync()
        running.online.tend()
        return running

    async def _viewer(self, unit: RecommendationUnit, query: FeedQuery) -> Viewer:
        if query.user_id is not None:
            user = await unit.users.get(query.user_id)
        elif query.username is not None:
            user = await unit.users.by_username(query.username)
        else:
            return Viewer()
        return self._seen_by(user, await unit.graph.relations(user.key))

    def _seen_by(self, user: User | None, relations: Relations) -> Viewer:
        if user is None:
            return Viewer()
        running = self._started()
        rows = running.live.log.rows
        heard: Collection[UserKey] = ()
        if any(loaded.model.reads_follows for loaded in running.shelf.models.values()):
            heard = sorted(relations.open_follows - relations.blocked_users - relations.muted_users)[:HEARD_AT_MOST]
        return Viewer(user, relations, rows(user.key), {key: rows(key).last(HISTORY_LIMIT) for key in heard})

    @staticmethod
    async def _owner(unit: RecommendationUnit, pages: Sequence[Impression]) -> User | None:
        key: UserKey | None = pages[0].user if pages else None
        return None if key is None else (await unit.users.by_keys([key])).get(key)

    def _context(self, query: FeedQuery, viewer: Viewer, *, need: int) -> Context:
        running = self._started()
        return Context(query, viewer, running.world(self._settings), need)

    def _require(self, feed: Feed) -> None:
        loaded = self._started().in_use
        if feed.requires and not any(name in loaded for name in feed.requires):
            reasons = "; ".join(self._why_not(name) for name in feed.requires)
            raise ModelUnavailable(f"{feed.name} cannot answer: {reasons}")

    def _state_of(self, name: str) -> str:
        """Version in use; with it, or instead of it, why there is none or no newer one."""
        loaded = self._started().in_use.get(name)
        if loaded is None:
            return self._why_not(name)
        version = loaded.provenance.version
        if isinstance(loaded, Loaded) and loaded.model.candidates is not None:
            version = f"{version}; {loaded.model.candidates}"
        return f"{version}; {self._why_not(name)}" if name in self._started().failures else version

    def _why_not(self, name: str) -> str:
        failure = self._started().failures.get(name)
        if failure is not None:
            return f"{name} {failure.version} could not be loaded: {failure.reason}"
        return f"no version of {name} is active; run `socialflow train {name}`"
