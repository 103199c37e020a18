"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.video.analysis import Analysis
from socialflow.video.observer import Observer
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.quality import QualityObserver
from socialflow.video.quality import QualityAnalysis

OBSERVERS: Mapping[str, type[Observer]] = {observer.name: observer for observer in (LoudnessObserver, QualityObserver)}
"""By name."""

ANALYSES: Mapping[str, Callable[[], Analysis]] = {QualityAnalysis.name: QualityAnalysis}
"""What makes each, by name."""
