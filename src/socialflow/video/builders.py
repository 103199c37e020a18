"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.video.analysis import Analysis
from socialflow.video.observer import Observer
from socialflow.video.observers.shots import Shots

OBSERVERS: Mapping[str, type[Observer]] = {observer.name: observer for observer in (Shots,)}
"""By name."""

ANALYSES: Mapping[str, Callable[[], Analysis]] = {}
"""What makes each, by name."""
