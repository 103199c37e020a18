"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.video.analysis import Analysis
from socialflow.video.fingerprints import FingerprintAnalysis
from socialflow.video.observer import Observer
from socialflow.video.observers.prints import PrintObserver
from socialflow.video.observers.rhythm import RhythmObserver
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.scenes import SceneAnalysis

OBSERVERS: Mapping[str, type[Observer]] = {
    "prints": PrintObserver,
    "rhythm": RhythmObserver,
    "shots": ShotObserver,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[], Analysis]] = {
    "scene": SceneAnalysis,
    "fingerprint": FingerprintAnalysis,
}
"""What makes each, by name."""
