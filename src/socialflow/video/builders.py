"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.video.analysis import Analysis
from socialflow.video.fingerprints import FingerprintAnalysis
from socialflow.video.observer import Observer
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.prints import PrintObserver
from socialflow.video.observers.quality import QualityObserver
from socialflow.video.observers.rhythm import RhythmObserver
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.quality import QualityAnalysis
from socialflow.video.scenes import SceneAnalysis

OBSERVERS: Mapping[str, type[Observer]] = {
    "prints": PrintObserver,
    "loudness": LoudnessObserver,
    "quality": QualityObserver,
    "rhythm": RhythmObserver,
    "shots": ShotObserver,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], Analysis]] = {
    "fingerprint": lambda models: FingerprintAnalysis(),  # noqa: ARG005
    "quality": lambda models: QualityAnalysis(),  # noqa: ARG005
    "scene": lambda models: SceneAnalysis(),  # noqa: ARG005
}
"""What makes each, by name, of the models that are at hand."""
