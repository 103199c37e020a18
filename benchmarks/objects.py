"""Objects and faces found in photos and clips, by each model, and how fast.

`python -m benchmarks objects [--shared DIR]`

Photos: listed labels that are found, and pictures whose number of faces is right (`socialflow eval objects|faces`),
with each model by itself. Clips: how many things were followed, by label. Speed: a clip of 640 x 360 watched for
objects twice a second, decoded and looked at on one thread in this process, in turns with decoding alone; seconds of
video a second of the clock, and a second of the processor, which others on the machine disturb less. Medians of five.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

from benchmarks.results_file import write
from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.records import Installed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.detecting import SMALLER, USUAL
from socialflow.image.detection_eval import evaluate_faces, evaluate_objects
from socialflow.image.face_models import SMALLER as FACES_SMALLER
from socialflow.image.face_models import USUAL as FACES_USUAL
from socialflow.image.reader import ImageReader
from socialflow.video import ObjectDetector
from socialflow.video.observers.objects import ObjectObserver
from socialflow.video.reader import VideoReader
from socialflow.video.stream import watch

CLIPS = (
    "video-people-traffic/car-detection.mp4",
    "video-people-traffic/person-bicycle-car-detection.gif",
    "video-people-traffic/people-detection.gif",
    "video-people-traffic/bottle-detection.mp4",
)
TIMED = "video-people-traffic/bottle-detection.mp4"
_TURNS = 5


class _Only:
    """One of the models, or none."""

    def __init__(self, models: UpstreamModels, name: str) -> None:
        self._models, self._name = models, name

    def open(self, name: str) -> Installed:
        return self._models.open(name) if name == self._name else NoModels().open(name)


def run(shared: Path) -> Path:
    """Measure and write `results/objects.json`."""
    with TemporaryDirectory() as folder:
        models = UpstreamModels(Path(folder), shared / "models")
        figures = {
            "objects": {name: _objects(shared, _Only(models, name)) for name in (USUAL, SMALLER)},
            "faces": {
                name or "opencv_frontal_faces": _faces(shared, _Only(models, name))
                for name in (FACES_USUAL, FACES_SMALLER, "")
            },
            "clips": _clips(shared, models),
            "speed": _speed(shared / "media" / TIMED, models),
        }
    return write("objects", "python -m benchmarks objects", figures)


def _objects(shared: Path, models: _Only) -> Mapping[str, Any]:
    folder, reader = shared / "media" / "photos", ImageReader()
    told = evaluate_objects(folder, folder / "labels.json", models, reader, _silent)
    reader.close()
    return told["labels"]


def _faces(shared: Path, models: _Only) -> Mapping[str, Any]:
    folder, reader = shared / "media" / "photos", ImageReader()
    told = evaluate_faces(folder, folder / "labels.json", models, reader, _silent)
    reader.close()
    return {"right": told["right"], "of": told["of"]}


def _silent(_done: int, _of: int) -> None:
    """Hears nothing."""


def _clips(shared: Path, models: UpstreamModels) -> Mapping[str, Any]:
    reader = VideoReader()
    told = {clip: ObjectDetector(models, reader).predict(shared / "media" / clip) for clip in CLIPS}
    reader.close()
    shown = ("label", "score", "first", "last")
    return {
        Path(clip).name: {
            "counts": one["counts"],
            "tracks": [
                {**{name: track[name] for name in shown}, "seen": len(track["boxes"])} for track in one["tracks"]
            ],
        }
        for clip, one in told.items()
    }


def _speed(clip: Path, models: UpstreamModels) -> Mapping[str, Any]:
    model = handed(models.open(USUAL))
    alone, watched, seconds = [], [], 0.0
    watch(clip, [ObjectObserver(model)])  # loads the model
    for _ in range(_TURNS):
        _, *spent = _timed(clip, [])
        alone.append(spent)
        seconds, *spent = _timed(clip, [ObjectObserver(model)])
        watched.append(spent)
    return {
        "clip": clip.name,
        "seconds": round(seconds, 2),
        "turns": _TURNS,
        **{
            f"{name}_times_real_time": {
                "clock": round(seconds / median(clock for clock, _ in spent), 1),
                "processor": round(seconds / median(processor for _, processor in spent), 1),
            }
            for name, spent in (("decoding", alone), ("with_objects", watched))
        },
    }


def _timed(clip: Path, observers: Sequence[ObjectObserver]) -> tuple[float, float, float]:
    """Seconds of video, of the clock and of the processor."""
    clock, processor = perf_counter(), process_time()
    seen = watch(clip, observers)
    return seen.read.seconds, perf_counter() - clock, process_time() - processor
