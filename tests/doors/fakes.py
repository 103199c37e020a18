"""A platform whose store is real (SQLite in a temporary folder) and whose recommendations are scripted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import SecretStr

from socialflow.access.limits import Limiter
from socialflow.access.service import AccessService
from socialflow.access.tokens import TokenSettings
from socialflow.analysis.content import ContentAnalyser
from socialflow.analysis.interests import Acts
from socialflow.analysis.service import AnalysisService
from socialflow.catalogue.registry import Catalogue
from socialflow.catalogue.upstream.loading import load
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.content.records import ErasureReceipt, ItemKind
from socialflow.content.service import SEEN_BY_EVERYONE, is_public
from socialflow.errors import FeedRequestNotFound, SocialflowError, UserNotFound
from socialflow.generation.service import GenerationService
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.image.service import ImageService
from socialflow.inference.loaded import LoadedModels
from socialflow.jobs.service import JobService
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import SystemClock
from socialflow.kit.incoming import Incoming
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.chain import AuditChain
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.live.records import LiveLimits
from socialflow.moderation.live.service import LiveService
from socialflow.pipelines.schedule import Scheduler
from socialflow.recommendation.cached import Recommended
from socialflow.recommendation.people import Suggestion, Suggestions, Via
from socialflow.recommendation.present import ModelAge
from socialflow.recommendation.records import (
    Choice,
    Explanation,
    FeedAnswer,
    FeedEntry,
    FeedQuery,
    Impression,
    SimilarUsers,
    Term,
    TrendingAnswer,
    TrendingEntry,
)
from socialflow.settings import load_settings
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.unit_of_work import Store
from socialflow.text.opinion import Opinions
from socialflow.text.service import TextService
from socialflow.video.search.service import VideoSearch
from socialflow.video.service import VideoService
from socialflow.wiring.moderation import Senses, connect
from tests.live_chat import OnePolicy, Words
from tests.text_bundle import clear_analyser

SECRET = "a-secret-of-at-least-thirty-two-characters"
STATIC_KEY = "the-key-from-the-settings"
METRICS_TOKEN = "the-metrics-token"
FLIC_TOKEN = "the-flic-token"
MADE_BY = Provenance("scripted", "1", Tier.HEURISTIC)


@dataclass(frozen=True)
class FakeSettings:
    allowed_origins: tuple[str, ...] = ("https://app.example.org",)
    max_recommendations: int = 50
    metrics_token: SecretStr | None = SecretStr(METRICS_TOKEN)
    api_base_url: str | None = "https://api.example.org"
    flic_token: SecretStr | None = SecretStr(FLIC_TOKEN)
    collect_moderation: str = "pending"


@dataclass
class FakeReadiness:
    ready: bool = True
    reason: str = "serving"
    models: dict[str, str] = field(default_factory=lambda: {"als": "no version of als is active"})


class FakeRecommendations:
    """Public items in key order for everybody; raises `failure` instead, where one is set."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.failure: Exception | None = None
        self.state = FakeReadiness()
        self.asked: list[FeedQuery] = []
        self.given: dict[str, Impression] = {}
        self.ages: dict[str, ModelAge] = {}

    def readiness(self) -> FakeReadiness:
        return self.state

    def model_ages(self) -> Mapping[str, ModelAge]:
        return self.ages

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def _entries(self) -> list[FeedEntry]:
        async with self.store.read() as unit:
            keys = [facts.key async for batch in unit.items.facts() for facts in batch]
            items = await unit.items.by_keys(keys)
        public = [item for item in items.values() if is_public(item)]
        return [
            FeedEntry(item.key, item.id, 1.0 / place, place, "scripted", "because the script says so")
            for place, item in enumerate(sorted(public, key=lambda item: item.key), 1)
        ]

    async def feed(self, query: FeedQuery) -> FeedAnswer:
        self._fail()
        self.asked.append(query)
        async with self.store.read() as unit:
            user = (
                await unit.users.by_username(query.username)
                if query.username is not None
                else await unit.users.get(query.user_id or "")
            )
        return await self._answer(query, user.key)

    async def similar(self, item_id: str, username: str | None, page: int, page_size: int) -> FeedAnswer:
        self._fail()
        async with self.store.read() as unit:
            await unit.items.get(item_id)
            key = (await unit.users.by_username(username)).key if username is not None else None
        return await self._answer(FeedQuery(surface="similar", page=page, page_size=page_size), key)

    async def _answer(self, query: FeedQuery, user: UserKey | None) -> FeedAnswer:
        if query.request_id is not None and query.request_id not in self.given:
            raise FeedRequestNotFound("no answer was recorded under this request_id", field="request_id")
        entries = await self._entries()
        start = (query.page - 1) * query.page_size
        shown = tuple(entries[start : start + query.page_size])
        impression = Impression(
            request_id=query.request_id or f"request-{len(self.given)}",
            page=query.page,
            page_size=query.page_size,
            user=user,
            surface=query.surface,
            algorithm=query.algorithm,
            query_digest="",
            at=datetime(2026, 1, 1, tzinfo=UTC),
            entries=shown,
            status=Status.PARTIAL,
            missing=("als",),
            provenance=(MADE_BY,),
            choice=Choice("als", (), {"als": 0.5, "hybrid": 0.5}) if query.algorithm == "smart" else None,
        )
        self.given[impression.request_id] = impression
        return FeedAnswer(impression, has_more=start + len(shown) < len(entries))

    async def trending(
        self,
        *,
        kind: ItemKind | None,
        category: str | None,
        window_hours: int,
        page: int,
        page_size: int,
        username: str | None = None,
    ) -> TrendingAnswer:
        self._fail()
        ranked, last = await self._entries(), page * page_size
        entries = [
            TrendingEntry(entry.item, entry.item_id, entry.score, 2.0, "rising")
            for entry in ranked[last - page_size : last]
        ]
        return TrendingAnswer(tuple(entries), has_more=len(ranked) > last, provenance=MADE_BY)

    async def similar_users(self, user_id: str, limit: int) -> SimilarUsers:
        self._fail()
        async with self.store.read() as unit:
            await unit.users.get(user_id)
        return SimilarUsers([("bob", 0.5)][:limit], MADE_BY)

    async def explain(self, request_id: str, item_id: str, user_id: str | None) -> Explanation:
        self._fail()
        impression = self.given.get(request_id)
        if impression is None or (user_id is not None and not await self._is_of(impression, user_id)):
            raise FeedRequestNotFound("no answer was recorded under this request_id", field="request_id")
        found = next((entry for entry in impression.entries if entry.item_id == item_id), None)
        return Explanation(
            request_id,
            item_id,
            shown=found is not None,
            position=found.position if found else None,
            source=found.source if found else None,
            reason=found.reason if found else None,
            anchor=None,
            score=found.score if found else None,
            terms=(Term("scripted", 1.0, found.score),) if found else (),
            moves=(),
            removed_by=None if found else "seen",
            removed_because=None if found else "seen before",
            recomputed=False,
        )

    async def _is_of(self, impression: Impression, user_id: str) -> bool:
        async with self.store.read() as unit:
            return (await unit.users.get(user_id)).key == impression.user


class FakeLists:
    """First pages from the scripted recommender; the second answer to a question says it was cached."""

    def __init__(self, recommendation: FakeRecommendations) -> None:
        self._recommendation = recommendation
        self._seen: set[FeedQuery] = set()

    async def recommend(self, query: FeedQuery) -> Recommended:
        answer = await self._recommendation.feed(query)
        cached = query in self._seen
        self._seen.add(query)
        return Recommended(answer.impression, answer.has_more, cached)

    async def recommend_many(self, queries: Sequence[FeedQuery]) -> Sequence[Recommended | SocialflowError]:
        answers: list[Recommended | SocialflowError] = []
        for query in queries:
            try:
                answers.append(await self.recommend(query))
            except UserNotFound as error:
                answers.append(error)
        return answers


class FakeEvidence:
    """Bob liked i-1 an hour ago; ann's channel has i-1; no model tells what is taken along."""

    def __init__(self, store: Store, clock: SystemClock) -> None:
        self.store, self.clock = store, clock

    async def acts(self, user_id: str) -> Acts:
        async with self.store.read() as unit:
            keys = await unit.items.keys(["i-1"])
        at = np.array([self.clock.now().timestamp() - 3600.0])
        return Acts(np.array([keys["i-1"]]), np.ones(1), at)

    async def newest(self, limit: int) -> Sequence[ItemKey]:
        async with self.store.read() as unit:
            public = [fact async for batch in unit.items.facts() for fact in batch if fact.status in SEEN_BY_EVERYONE]
        return [fact.key for fact in sorted(public, key=lambda fact: -fact.key)][:limit]

    async def items_of(self, channel: ChannelKey, limit: int) -> Sequence[ItemKey]:
        async with self.store.read() as unit:
            return list((await unit.items.keys(["i-1"])).values())

    async def taken_with(self, items: Sequence[ItemKey], limit: int) -> None:
        return None


class FakePeople:
    """Suggests one person and one channel to everybody."""

    async def users(self, user_id: str, limit: int, exclude: Sequence[str] = ()) -> Suggestions:
        return Suggestions((Suggestion("u-ann", 1.0, "scripted", "because the script says so"),), (MADE_BY,))

    async def channels(self, user_id: str, limit: int, exclude: Sequence[str] = ()) -> Suggestions:
        return Suggestions((Suggestion("c-ann", 1.0, "scripted", "because"),), (MADE_BY,), ("model:als",))

    async def via(self, user_id: str, item_id: str) -> tuple[Via, ...]:
        return (Via("u-ann", item_id),)


class FakeModeration:
    """Live chats over stand-ins for the text model and the policy."""

    def __init__(self, store: Store, clock: SystemClock, limits: LiveLimits | None = None) -> None:
        self.words, self.policy = Words(), OnePolicy()
        self.decisions = DecisionService(store, MemoryCache(), clock)
        self.live = LiveService(
            self.words, self.policy, decisions=self.decisions, store=store, clock=clock, limits=limits
        )


@dataclass
class FakePlatform:
    store: Store
    per_minute: int = 10_000
    settings: FakeSettings = FakeSettings()
    clock: SystemClock = field(default_factory=SystemClock)
    failure_at_start: SocialflowError | None = None
    replies_dir: Path = Path("/nowhere")
    models_dir: Path = Path("/nowhere")

    def __post_init__(self) -> None:
        self.recommendation = FakeRecommendations(self.store)
        self.recommendations = FakeLists(self.recommendation)
        self.people = FakePeople()
        evidence = FakeEvidence(self.store, self.clock)
        self.analysis = AnalysisService(self.store, evidence, lambda: None, self.clock)
        self.text = TextService(clear_analyser)
        self.opinions = Opinions(self.store, self.text, evidence)
        self.contents = ContentAnalyser(self.store, self.text, lambda: None, self.clock)
        self.generation = GenerationService(self.text, self.store, self.clock, self.replies_dir)
        self.catalogue = Catalogue(self.models_dir / "trained")
        self.upstream = UpstreamModels(self.models_dir / "upstream", self.models_dir / "mirror")
        self.loaded = LoadedModels(
            lambda name: load(self.upstream.open(name)), lambda name: self.upstream.open(name).size, budget=1 << 30
        )
        self.video = VideoService()
        self.search = VideoSearch(self.store, self.video, self.clock)
        self.image = ImageService()
        self.banks = HashBanks(self.store, self.clock)
        self.audit = AuditChain(self.store, self.clock)
        self.jobs = JobService(self.store, self.clock)
        self.scheduler = Scheduler(self.store, self.jobs, self.clock)
        self.access = AccessService(
            self.store,
            self.clock,
            tokens=TokenSettings(secret=SECRET),
            static_api_key=STATIC_KEY,
            limiter=Limiter(self.per_minute),
        )
        settings = load_settings({"socialflow_home": self.models_dir, "database_url": "", "redis_url": None})
        senses = Senses(self.text, self.image, self.video, Incoming(folder=self.models_dir), self.banks)
        self.moderation = connect(settings, self.store, MemoryCache(), self.clock, senses)
        self.chats = FakeModeration(self.store, self.clock)
        self.moderation = replace(self.moderation, live=self.chats.live)
        self.closed = False

    async def start(self) -> None:
        if self.failure_at_start is not None:
            raise self.failure_at_start

    async def close(self) -> None:
        self.closed = True
        for part in (self.moderation, self.search, self.video, self.image, self.banks):
            await part.close()
        for part in (self.analysis, self.contents, self.generation, self.text):
            await part.close()
        await self.store.close()

    async def erase_user(self, user_id: str) -> ErasureReceipt:
        async with self.store.write() as unit:
            return await unit.erasures.erase_user(user_id, self.clock.now())
