"""Settings in, a platform of connected parts out."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from socialflow import __version__
from socialflow.access.limits import Limiter
from socialflow.access.service import AccessService
from socialflow.analysis.content import ContentAnalyser
from socialflow.analysis.service import AnalysisService
from socialflow.broker.transport import CeleryTransport
from socialflow.catalogue.registry import Catalogue
from socialflow.catalogue.upstream.loading import Runnable
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.content.records import ErasureReceipt
from socialflow.generation.service import GenerationService
from socialflow.image.service import ImageService
from socialflow.inference.loaded import LoadedModels
from socialflow.jobs.dispatch import Dispatcher
from socialflow.jobs.service import JobService
from socialflow.kit.cache import Cache, user_embedding_key
from socialflow.kit.clock import Clock, SystemClock
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.chain import AuditChain
from socialflow.pipelines.evidence import CatalogueTopics, TakenTogether
from socialflow.pipelines.forgetting import Forgetting
from socialflow.pipelines.housekeeping import Duty, Housekeeping
from socialflow.pipelines.live import Lists, LiveRecommender
from socialflow.pipelines.model_source import CatalogueGraph, CatalogueModels, CatalogueText
from socialflow.pipelines.precompute import RecommendationPrecomputer, build_precomputer
from socialflow.pipelines.schedule import Scheduler
from socialflow.pipelines.sealing import Sealing
from socialflow.recommendation.cached import CachedRecommendations
from socialflow.recommendation.people import PeopleService
from socialflow.recommendation.service import RecommendationService
from socialflow.settings import Settings, load_settings
from socialflow.storage.heads import HeadFile
from socialflow.storage.unit_of_work import Store
from socialflow.text.opinion import Opinions
from socialflow.text.service import TextService
from socialflow.video.search.pictures import clip_space
from socialflow.video.search.service import VideoSearch
from socialflow.video.service import VideoService
from socialflow.wiring.broker import celery_app, supervisor
from socialflow.wiring.moderation import Moderation, Senses, connect, connect_banks
from socialflow.wiring.parts import (
    feed_settings,
    incoming_files,
    loaded_models,
    make_cache,
    media,
    token_settings,
    upstream_models,
)


@dataclass(frozen=True, slots=True)
class Platform:
    """Every part of a running service, connected; `start` before use, `close` after."""

    settings: Settings
    clock: Clock
    store: Store
    catalogue: Catalogue
    upstream: UpstreamModels
    loaded: LoadedModels[Runnable]
    cache: Cache
    recommendation: RecommendationService
    recommendations: CachedRecommendations
    people: PeopleService
    analysis: AnalysisService
    text: TextService
    opinions: Opinions
    contents: ContentAnalyser
    generation: GenerationService
    video: VideoService
    search: VideoSearch
    image: ImageService
    banks: HashBanks
    lists: Lists
    jobs: JobService
    scheduler: Scheduler
    transport: CeleryTransport
    housekeeping: Housekeeping
    access: AccessService
    moderation: Moderation
    audit: AuditChain
    limiter: Limiter
    version: str = __version__

    async def start(self) -> None:
        """Load what the first request needs, then see to jobs and schedules.

        Raises StoreUnavailable, ConfigurationError.
        """
        await self.recommendation.start()
        self.housekeeping.start()

    async def close(self) -> None:
        """Finish what runs and let go of every resource."""
        await self.housekeeping.close()
        await self.transport.close()
        await self.analysis.close()
        await self.contents.close()
        await self.generation.close()
        await self.moderation.close()
        await self.search.close()
        await self.video.close()
        await self.image.close()
        await self.banks.close()
        await self.text.close()
        await self.recommendation.close()
        await self.cache.close()
        await self.limiter.close()
        await self.store.close()

    @property
    def precomputer(self) -> RecommendationPrecomputer:
        """Works recommendations out before they are asked for."""
        return build_precomputer(self.lists, self.store, self.clock)

    async def erase_user(self, user_id: str) -> ErasureReceipt:
        """Forget a person for good, in files first: one cut short leaves the person there to be erased again.

        Raises UserNotFound, Erased, StoreUnavailable.
        """
        async with self.store.read() as unit:
            user = await unit.users.get(user_id)
        removed = await asyncio.to_thread(_forget_in_files, self.settings, {user.id, user.username})
        async with self.store.write() as unit:
            receipt = await unit.erasures.erase_user(user_id, self.clock.now(), files=removed)
        await self.cache.delete([user_embedding_key(user_id)])
        await self.recommendations.forget(user_id)  # last: it also empties the log of a cache file
        return receipt


def _forget_in_files(settings: Settings, names: Collection[str]) -> int:
    """Take names out of what imports, batch inference and killed training runs left; returns the rows taken out."""
    from socialflow.intake import checkpoint  # what reads and trains is not loaded to serve
    from socialflow.pipelines import inference
    from socialflow.pipelines.train import clear_snapshots

    clear_snapshots(settings.work_dir)
    return checkpoint.forget(settings.imports_dir, names) + inference.forget(settings.inference_dir, names)


def assemble(settings: Settings, clock: Clock | None = None, *, with_worker: bool = False) -> Platform:
    """Connect the parts; nothing is read or opened before `Platform.start`, but the signing secret.

    `with_worker`: keep a worker process beside this one, where no broker is set.
    """
    clock = clock or SystemClock()
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.store_url, durability=settings.socialflow_durability)
    catalogue = Catalogue(settings.models_dir)
    upstream = upstream_models(settings)
    incoming = incoming_files(settings)
    video, image = media(settings, upstream, incoming)
    limiter = Limiter(settings.rate_limit_per_minute, settings.shared_redis_url)
    cache = make_cache(settings)
    recommendation = RecommendationService(store, CatalogueModels(catalogue), clock, feed_settings(settings))
    evidence, topics = TakenTogether(recommendation), CatalogueTopics(catalogue)
    text, banks = TextService(CatalogueText(catalogue)), connect_banks(store, clock)
    recommendations = CachedRecommendations(recommendation, store, cache, clock, ttl=settings.cache_ttl)
    transport = CeleryTransport(lambda: celery_app(settings))
    dispatcher = Dispatcher(store, transport, clock)
    jobs = JobService(store, clock, kick=dispatcher.kick)
    scheduler = Scheduler(
        store, jobs, clock, collecting=settings.api_base_url is not None and settings.flic_token is not None
    )
    audit = AuditChain(store, clock)
    moderation = connect(settings, store, cache, clock, Senses(text, image, video, incoming, banks))
    duties = {"dispatcher": dispatcher.run, "scheduler": scheduler.run, **_keeping(settings, audit, moderation)}
    if with_worker:
        duties |= _worker_duty(settings)
    static_key = settings.api_key.get_secret_value() if settings.api_key else None
    return Platform(
        settings=settings,
        clock=clock,
        store=store,
        catalogue=catalogue,
        upstream=upstream,
        loaded=loaded_models(upstream, settings),
        cache=cache,
        recommendation=recommendation,
        recommendations=recommendations,
        analysis=AnalysisService(store, evidence, topics, clock),
        text=text,
        opinions=Opinions(store, text, evidence),
        contents=ContentAnalyser(store, text, topics, clock),
        generation=GenerationService(text, store, clock, settings.home / "replies"),
        video=video,
        search=VideoSearch(store, video, clock, pictures=lambda: clip_space(upstream)),
        image=image,
        banks=banks,
        people=PeopleService(recommendation, store, CatalogueGraph(catalogue)),
        lists=Lists(LiveRecommender(recommendation), recommendations),
        jobs=jobs,
        scheduler=scheduler,
        transport=transport,
        housekeeping=Housekeeping(duties),
        access=AccessService(store, clock, tokens=token_settings(settings), static_api_key=static_key, limiter=limiter),
        moderation=moderation,
        audit=audit,
        limiter=limiter,
    )


def _keeping(settings: Settings, audit: AuditChain, moderation: Moderation) -> Mapping[str, Duty]:
    """To keep what was decided verifiable, and what people suggested no longer than is right."""
    return {
        "sealing": Sealing(audit, HeadFile(settings.heads_file)).run,
        "forgetting": Forgetting(moderation.suggestions).run,
    }


def _worker_duty(settings: Settings) -> Mapping[str, Duty]:
    """To keep a worker process, where no broker is set and settings want one."""
    if settings.celery_broker_url is not None or not settings.socialflow_embedded_worker:
        return {}
    return {"worker": supervisor(settings).run}


def default_platform() -> Platform:
    """The platform of the environment's settings, its embedded store created or migrated (see `kit.defaults`)."""
    settings = load_settings()
    if settings.store_url.startswith("sqlite"):
        from socialflow.storage.maintenance import upgrade  # what migrates is not loaded to serve

        settings.home.mkdir(parents=True, exist_ok=True)
        upgrade(settings.store_url)
    return assemble(settings)
