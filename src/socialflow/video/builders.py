"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.video.analysis import Analysis
from socialflow.video.observer import Observer
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.quality import QualityObserver

OBSERVERS: Mapping[str, type[Observer]] = {
    "loudness": LoudnessObserver,
    "quality": QualityObserver,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[], Analysis]] = {}
"""What makes each, by name."""
