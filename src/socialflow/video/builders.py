"""The tables of observers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.video.actions import ActionAnalysis
from socialflow.video.analysis import Analysis
from socialflow.video.captions import CaptionAnalysis
from socialflow.video.deep import DeepAnalysis
from socialflow.video.fingerprints import FingerprintAnalysis
from socialflow.video.nsfw import NSFWAnalysis
from socialflow.video.objects import FaceAnalysis, ObjectAnalysis
from socialflow.video.observer import Observer
from socialflow.video.observers.actions import ActionObserver
from socialflow.video.observers.blood import BloodObserver
from socialflow.video.observers.events import EventObserver
from socialflow.video.observers.faces import FaceObserver
from socialflow.video.observers.frames import FrameObserver
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.nsfw import NSFWObserver
from socialflow.video.observers.objects import ObjectObserver
from socialflow.video.observers.pose import PoseObserver
from socialflow.video.observers.prints import PrintObserver
from socialflow.video.observers.quality import QualityObserver
from socialflow.video.observers.rhythm import RhythmObserver
from socialflow.video.observers.sentences import SentenceObserver
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.observers.speech import SpeechObserver
from socialflow.video.observers.stills import StillObserver
from socialflow.video.observers.tags import TagObserver
from socialflow.video.observers.text import TextObserver
from socialflow.video.observers.thumbnails import ThumbnailObserver
from socialflow.video.observers.voice import VoiceObserver
from socialflow.video.quality import QualityAnalysis
from socialflow.video.scenes import SceneAnalysis
from socialflow.video.sounds import EventAnalysis
from socialflow.video.tags import TagAnalysis
from socialflow.video.text import TextAnalysis
from socialflow.video.thumbnails import wanted
from socialflow.video.violence import ViolenceAnalysis

OBSERVERS: Mapping[str, type[Observer]] = {
    "actions": ActionObserver,
    "blood": BloodObserver,
    "events": EventObserver,
    "faces": FaceObserver,
    "frames": FrameObserver,
    "loudness": LoudnessObserver,
    "nsfw": NSFWObserver,
    "objects": ObjectObserver,
    "pose": PoseObserver,
    "prints": PrintObserver,
    "quality": QualityObserver,
    "rhythm": RhythmObserver,
    "sentences": SentenceObserver,
    "shots": ShotObserver,
    "speech": SpeechObserver,
    "stills": StillObserver,
    "tags": TagObserver,
    "text": TextObserver,
    "thumbnails": ThumbnailObserver,
    "voice": VoiceObserver,
}
"""By name."""

PARTS: Mapping[str, Callable[[Models], Analysis]] = {
    "actions": ActionAnalysis,
    "audio_events": EventAnalysis,
    "captions": CaptionAnalysis,
    "faces": FaceAnalysis,
    "objects": ObjectAnalysis,
    "scene": lambda models: SceneAnalysis(),  # noqa: ARG005
    "tags": TagAnalysis,
    "text": lambda models: TextAnalysis(),  # noqa: ARG005
}
"""Those that tell what happens, which `deep` puts together."""


def deep(models: Models) -> DeepAnalysis:
    """Everything that tells what happens, in one."""
    return DeepAnalysis(models, [make(models) for make in PARTS.values()])


ANALYSES: Mapping[str, Callable[[Models], Analysis]] = {
    **PARTS,
    "deep": deep,
    "fingerprint": lambda models: FingerprintAnalysis(),  # noqa: ARG005
    "nsfw": NSFWAnalysis,
    "quality": lambda models: QualityAnalysis(),  # noqa: ARG005
    "thumbnails": wanted(),
    "violence": ViolenceAnalysis,
}
"""What makes each, by name, of the models that are at hand."""
