"""The only assembly: settings in, a platform of connected parts out."""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from socialflow import __version__
from socialflow.access.limits import Limiter
from socialflow.access.service import AccessService
from socialflow.access.tokens import TokenSettings
from socialflow.analysis.content import ContentAnalyser
from socialflow.analysis.service import AnalysisService
from socialflow.broker.config import BrokerSettings
from socialflow.broker.supervisor import Supervisor
from socialflow.broker.transport import CeleryTransport
from socialflow.broker.worker import WorkerParts
from socialflow.catalogue.registry import Catalogue
from socialflow.catalogue.upstream.loading import Runnable, load
from socialflow.catalogue.upstream.records import MAX_FILE_BYTES
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.content.records import ErasureReceipt
from socialflow.generation.service import GenerationService
from socialflow.image.builders import ANALYSES as IMAGE_ANALYSES
from socialflow.image.nsfw import NSFWAnalysis as ImageNSFW
from socialflow.image.service import ImageService
from socialflow.image.service import Table as ImageTable
from socialflow.inference.loaded import LoadedModels
from socialflow.jobs.dispatch import Dispatcher
from socialflow.jobs.observer import RunLog
from socialflow.jobs.records import PipelineType
from socialflow.jobs.runner import Runner
from socialflow.jobs.service import JobService
from socialflow.jobs.work import Handler
from socialflow.kit.cache import Cache, user_embedding_key
from socialflow.kit.clock import Clock, SystemClock
from socialflow.kit.fetching import Fetcher, Limits, Reach
from socialflow.kit.incoming import Incoming
from socialflow.pipelines.evidence import CatalogueTopics, TakenTogether
from socialflow.pipelines.housekeeping import Housekeeping
from socialflow.pipelines.live import Lists, LiveRecommender
from socialflow.pipelines.model_source import CatalogueGraph, CatalogueModels, CatalogueText
from socialflow.pipelines.precompute import RecommendationPrecomputer, build_precomputer
from socialflow.pipelines.schedule import Scheduler
from socialflow.recommendation.cached import CachedRecommendations
from socialflow.recommendation.people import PeopleService
from socialflow.recommendation.service import FeedSettings, RecommendationService
from socialflow.settings import Settings, load_settings
from socialflow.storage.cache.file import FileCache
from socialflow.storage.cache.redis import RedisCache
from socialflow.storage.unit_of_work import Store
from socialflow.text.opinion import Opinions
from socialflow.text.service import TextService
from socialflow.video.builders import ANALYSES as VIDEO_ANALYSES
from socialflow.video.nsfw import NSFWAnalysis as VideoNSFW
from socialflow.video.search.pictures import clip_space
from socialflow.video.search.service import VideoSearch
from socialflow.video.service import Table as VideoTable
from socialflow.video.service import VideoService
from socialflow.video.violence import ViolenceAnalysis

if TYPE_CHECKING:
    from celery import Celery

DOWNLOAD_SECONDS = 6 * 3600.0
"""How long one file of a model may take."""
EMBEDDED_NICENESS = 19
"""How far the embedded worker steps back, of 19."""


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
    lists: Lists
    jobs: JobService
    scheduler: Scheduler
    transport: CeleryTransport
    housekeeping: Housekeeping
    access: AccessService
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
        await self.search.close()
        await self.video.close()
        await self.image.close()
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
    video, image = media(settings, upstream)
    limiter = Limiter(settings.rate_limit_per_minute, settings.shared_redis_url)
    cache = make_cache(settings)
    recommendation = RecommendationService(store, CatalogueModels(catalogue), clock, feed_settings(settings))
    evidence, topics = TakenTogether(recommendation), CatalogueTopics(catalogue)
    text = TextService(CatalogueText(catalogue))
    recommendations = CachedRecommendations(recommendation, store, cache, clock, ttl=settings.cache_ttl)
    transport = CeleryTransport(lambda: _celery(settings))
    dispatcher = Dispatcher(store, transport, clock)
    jobs = JobService(store, clock, kick=dispatcher.kick)
    scheduler = Scheduler(
        store, jobs, clock, collecting=settings.api_base_url is not None and settings.flic_token is not None
    )
    duties: dict[str, Callable[[], Awaitable[None]]] = {"dispatcher": dispatcher.run, "scheduler": scheduler.run}
    if with_worker and settings.celery_broker_url is None and settings.socialflow_embedded_worker:
        duties["worker"] = _supervisor(settings).run
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
        people=PeopleService(recommendation, store, CatalogueGraph(catalogue)),
        lists=Lists(LiveRecommender(recommendation), recommendations),
        jobs=jobs,
        scheduler=scheduler,
        transport=transport,
        housekeeping=Housekeeping(duties),
        access=AccessService(store, clock, tokens=token_settings(settings), static_api_key=static_key, limiter=limiter),
        limiter=limiter,
    )


def feed_settings(settings: Settings) -> FeedSettings:
    """What of the settings shapes feeds."""
    return FeedSettings(
        cold_start_threshold=settings.cold_start_threshold,
        similarity_threshold=settings.similarity_threshold,
        max_recommendations=settings.max_recommendations,
    )


def upstream_models(settings: Settings) -> UpstreamModels:
    """Models that others trained; they are downloaded by https alone, and may take their time."""
    limits = Limits(max_bytes=MAX_FILE_BYTES, total=DOWNLOAD_SECONDS, silence=60.0)
    fetcher = Fetcher(limits, Reach(frozenset({"https"}), allowed_hosts=frozenset(settings.media_allowed_hosts)))
    return UpstreamModels(settings.upstream_dir, settings.socialflow_model_mirror, fetcher)


def default_models() -> UpstreamModels:
    """Models of the environment's settings (see `catalogue.upstream.shared`)."""
    return upstream_models(load_settings())


def loaded_models(upstream: UpstreamModels, settings: Settings) -> LoadedModels[Runnable]:
    """Those of them that are in memory, by name."""
    return LoadedModels(
        lambda name: load(upstream.open(name)),
        lambda name: upstream.open(name).size,
        budget=settings.ml_model_memory_mb << 20,
    )


def make_cache(settings: Settings) -> Cache:
    """Redis where it is set, else a file that the processes of this machine share."""
    redis = settings.shared_redis_url
    return RedisCache(redis) if redis else FileCache(settings.home / "cache.db")


def media(settings: Settings, models: UpstreamModels) -> tuple[VideoService, ImageService]:
    """What watches videos and looks at pictures; files from elsewhere lie in the installation's folder meanwhile."""
    limits = Limits(max_bytes=settings.media_max_bytes, total=settings.media_fetch_timeout)
    fetcher = Fetcher(limits, Reach(allowed_hosts=frozenset(settings.media_allowed_hosts)))
    incoming = Incoming(fetcher, folder=settings.media_dir, max_bytes=settings.media_max_bytes)
    least = settings.ml_nsfw_threshold
    videos: VideoTable = {
        **VIDEO_ANALYSES,
        "nsfw": lambda at_hand: VideoNSFW(at_hand, least),
        "violence": lambda at_hand: ViolenceAnalysis(at_hand, settings.ml_violence_threshold),
    }
    pictures: ImageTable = {**IMAGE_ANALYSES, "nsfw": lambda at_hand: ImageNSFW(at_hand, least)}
    return (
        VideoService(incoming=incoming, models=models, analyses=videos),
        ImageService(incoming=incoming, models=models, analyses=pictures),
    )


def broker_settings(settings: Settings) -> BrokerSettings:
    """Where messages to workers go."""
    return BrokerSettings(settings.queue_dir, settings.celery_broker_url, settings.celery_result_backend)


async def open_worker(worker_id: str) -> WorkerParts:
    """The parts of one worker process, by the environment's settings (satisfies `broker.worker.OpenParts`)."""
    settings = load_settings()
    platform = assemble(settings)
    runner = Runner(
        platform.store,
        handlers(platform),
        platform.clock,
        worker_id=worker_id,
        retry_delay=settings.job_retry_delay,
        lease_seconds=settings.job_lease_seconds,
        observer=RunLog(),
    )
    return WorkerParts(runner, platform.store, platform.clock, platform.close)


def handlers(platform: Platform) -> Mapping[PipelineType, Handler]:
    """What does each type of work."""
    from socialflow.intake.records import Moderation  # what works is not loaded to serve
    from socialflow.pipelines.collect import Collect, outside_api
    from socialflow.pipelines.handlers import WorkParts, build_handlers

    settings, clock = platform.settings, platform.clock
    token = None if settings.flic_token is None else settings.flic_token.get_secret_value()
    return build_handlers(
        WorkParts(
            store=platform.store,
            clock=clock,
            cache=platform.cache,
            lists=platform.lists,
            contents=platform.contents,
            bandit=platform.recommendation.bandit,
            catalogue=platform.catalogue,
            upstream=platform.upstream,
            video=platform.video,
            search=platform.search,
            collect=Collect(
                platform.store,
                clock,
                outside_api(settings.api_base_url, token, clock),
                CatalogueModels(platform.catalogue).versions,
                Moderation(settings.collect_moderation),
            ),
            inference_dir=settings.inference_dir,
            training_env=child_environment(settings),
        )
    )


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that works for the same installation."""
    return {
        **os.environ,
        "SOCIALFLOW_HOME": str(settings.home.absolute()),
        "DATABASE_URL": settings.database_url,
        "MODEL_PATH": str(settings.models_dir.absolute()),
    }


def _celery(settings: Settings) -> "Celery":
    from socialflow.broker.app import make_app
    from socialflow.broker.folder import prepare

    if settings.celery_broker_url is None:
        prepare(settings.queue_dir)
    return make_app(broker_settings(settings))


def _supervisor(settings: Settings) -> Supervisor:
    """Of the embedded worker."""
    lock, grace = settings.home / "worker.lock", settings.shutdown_seconds + 5.0
    return Supervisor(worker_command(settings), child_environment(settings), lock, grace=grace)


def worker_command(settings: Settings) -> list[str]:
    """What starts the embedded worker: two processes at most, which step back behind requests."""
    concurrency = max(1, min(2, os.cpu_count() or 1, settings.max_concurrent_tasks))
    options = ["--concurrency", str(concurrency), "--nice", str(EMBEDDED_NICENESS), "--parent", str(os.getpid())]
    return [sys.executable, "-m", "socialflow", "worker", *options]


def default_platform() -> Platform:
    """The platform of the environment's settings, its embedded store created or migrated (see `kit.defaults`)."""
    settings = load_settings()
    if settings.store_url.startswith("sqlite"):
        from socialflow.storage.maintenance import upgrade  # what migrates is not loaded to serve

        settings.home.mkdir(parents=True, exist_ok=True)
        upgrade(settings.store_url)
    return assemble(settings)


def token_settings(settings: Settings) -> TokenSettings:
    """How tokens are signed and checked: a key set, the set secret, or one made once and kept under home."""
    if settings.jwt_secret is not None:
        secret = settings.jwt_secret.get_secret_value()
    elif settings.jwt_jwks_url is not None:
        secret = None
    else:
        secret = _kept_secret(settings.home / "jwt-secret")
    return TokenSettings(
        secret=secret, jwks_url=settings.jwt_jwks_url, issuer=settings.jwt_issuer, audience=settings.jwt_audience
    )


def _kept_secret(path: Path) -> str:
    """Read the installation's secret; make it (mode 0600) if there is none.

    The file appears whole or not at all: written aside, then linked, so that of two processes that start at once one
    wins and the other reads the winner's.
    """
    if not path.exists():
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(aside)
        aside.unlink()
    return path.read_text(encoding="ascii").strip()
