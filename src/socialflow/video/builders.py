"""The table of observers."""

from collections.abc import Mapping

from socialflow.video.observer import Observer
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.quality import QualityObserver

OBSERVERS: Mapping[str, type[Observer]] = {
    "loudness": LoudnessObserver,
    "quality": QualityObserver,
}
"""By name."""
