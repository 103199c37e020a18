"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.video.analysis import Analysis
from socialflow.video.observer import Observer

OBSERVERS: Mapping[str, type[Observer]] = {}
"""By name."""

ANALYSES: Mapping[str, Callable[[], Analysis]] = {}
"""What makes each, by name."""
