"""Single parts, as the settings want them."""

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from socialflow.access.tokens import TokenSettings
from socialflow.catalogue.upstream.loading import Runnable, load
from socialflow.catalogue.upstream.records import MAX_FILE_BYTES
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.builders import ANALYSES as IMAGE_ANALYSES
from socialflow.image.nsfw import NSFWAnalysis as ImageNSFW
from socialflow.image.service import ImageService
from socialflow.image.service import Table as ImageTable
from socialflow.inference.loaded import LoadedModels
from socialflow.kit.cache import Cache
from socialflow.kit.fetching import Fetcher, Limits, Reach
from socialflow.kit.incoming import Incoming
from socialflow.recommendation.service import FeedSettings
from socialflow.settings import Settings, load_settings
from socialflow.storage.cache.file import FileCache
from socialflow.storage.cache.redis import RedisCache
from socialflow.video.builders import ANALYSES as VIDEO_ANALYSES
from socialflow.video.nsfw import NSFWAnalysis as VideoNSFW
from socialflow.video.service import Table as VideoTable
from socialflow.video.service import VideoService
from socialflow.video.violence import ViolenceAnalysis

DOWNLOAD_SECONDS = 6 * 3600.0
"""How long one file of a model may take."""


def feed_settings(settings: Settings) -> FeedSettings:
    """What of the settings shapes feeds."""
    return FeedSettings(
        cold_start_threshold=settings.cold_start_threshold,
        similarity_threshold=settings.similarity_threshold,
        max_recommendations=settings.max_recommendations,
        restricted_for_unknown_age=settings.age_restricted_for_unknown,
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


def incoming_files(settings: Settings) -> Incoming:
    """Files from elsewhere, which lie in the installation's folder while somebody looks."""
    limits = Limits(max_bytes=settings.media_max_bytes, total=settings.media_fetch_timeout)
    fetcher = Fetcher(limits, Reach(allowed_hosts=frozenset(settings.media_allowed_hosts)))
    return Incoming(fetcher, folder=settings.media_dir, max_bytes=settings.media_max_bytes)


def media(settings: Settings, models: UpstreamModels, incoming: Incoming) -> tuple[VideoService, ImageService]:
    """What watches videos and looks at pictures."""
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


def policy_thresholds(settings: Settings) -> Mapping[str, float]:
    """Thresholds of the default policy that have a setting, for when it is first installed."""
    return {
        "nsfw": settings.ml_nsfw_threshold,
        "spam": settings.ml_spam_threshold,
        "violence": settings.ml_violence_threshold,
        "hate_speech": settings.ml_hate_speech_threshold,
        "toxicity": settings.ml_toxicity_threshold,
    }
