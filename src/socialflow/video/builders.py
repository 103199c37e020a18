"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.video.analysis import Analysis
from socialflow.video.observer import Observer
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.quality import QualityObserver
from socialflow.video.observers.rhythm import RhythmObserver
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.observers.stills import StillObserver
from socialflow.video.observers.thumbnails import ThumbnailObserver
from socialflow.video.quality import QualityAnalysis
from socialflow.video.scenes import SceneAnalysis
from socialflow.video.thumbnails import wanted

OBSERVERS: Mapping[str, type[Observer]] = {
    "loudness": LoudnessObserver,
    "quality": QualityObserver,
    "rhythm": RhythmObserver,
    "shots": ShotObserver,
    "stills": StillObserver,
    "thumbnails": ThumbnailObserver,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], Analysis]] = {
    "quality": lambda models: QualityAnalysis(),  # noqa: ARG005
    "scene": lambda models: SceneAnalysis(),  # noqa: ARG005
    "thumbnails": wanted(),
}
"""What makes each, by name, of the models that are at hand."""
