"""The only assembly: settings in, a platform of connected parts out."""

from socialflow.wiring.broker import broker_settings, child_environment, worker_command
from socialflow.wiring.parts import (
    default_models,
    feed_settings,
    loaded_models,
    make_cache,
    media,
    token_settings,
    upstream_models,
)
from socialflow.wiring.platform import Platform, assemble, default_platform
from socialflow.wiring.worker import handlers, open_worker

__all__ = [
    "Platform",
    "assemble",
    "broker_settings",
    "child_environment",
    "default_models",
    "default_platform",
    "feed_settings",
    "handlers",
    "loaded_models",
    "make_cache",
    "media",
    "open_worker",
    "token_settings",
    "upstream_models",
    "worker_command",
]
