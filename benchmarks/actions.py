"""What the rules tell of people in clips whose actions are evident, beside one person over the whole frame.

`python -m benchmarks actions [--shared DIR]`

The clips are those of the shared media whose labels, or a look at them, say what is done in them; two more are made by
setting two clips side by side, so that two people are in the picture of whom it is known what each does. Limits of the
rules were chosen on one half. A clip is `right` where everything that it shows is told and nothing else is, `part`
where some of it is, `silent` where nothing is, and `wrong` where something is told that it does not show; what may be
told besides is neither asked nor wrong. Clips that show nothing of all this are right where nothing is told.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import av
import numpy as np

from benchmarks.results_file import write
from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.records import Installed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.detecting import SMALLER, USUAL
from socialflow.image.records import Colours
from socialflow.video.actions import ActionAnalysis, Person
from socialflow.video.builders import OBSERVERS
from socialflow.video.records import Pass
from socialflow.video.stream import watch

CHOOSING, REPORTED = "limits were chosen on", "no limit was chosen on"
WAYS = ("several people", "one person")
_HIGH = 360
"""Rows of a picture that is made."""


@dataclass(frozen=True, slots=True)
class Shot:
    """Seconds of a clip: what they `show`, and what may be told `besides`."""

    path: str
    half: str
    shows: Sequence[str] = ()
    besides: Sequence[str] = ()
    start: float = 0.0
    seconds: float = 3600.0

    @property
    def name(self) -> str:
        """The file's."""
        return Path(self.path).stem


_ACTIONS, _TRAFFIC = "video-actions", "video-people-traffic"
_COPIES = "copy-detection-tmk-vpdq/videos"
_BALL = ("standing", "walking", "gesturing")
_COURT = ("walking", "jumping", "gesturing", "sitting", "playing with a ball")

SHOTS = (
    Shot(f"{_ACTIONS}/05_default_juggle.mp4", CHOOSING, ("kicking", "playing with a ball"), _BALL),
    Shot(f"{_ACTIONS}/juggle_vertical_crop.mp4", CHOOSING, ("kicking", "playing with a ball"), _BALL),
    Shot(f"{_ACTIONS}/asl_book.mkv", CHOOSING, ("gesturing",), ("standing",)),
    Shot(f"{_ACTIONS}/04_coffee.mp4", CHOOSING, (), ("standing", "sitting", "gesturing")),
    Shot(f"{_TRAFFIC}/people-detection.gif", CHOOSING, ("walking",), ("standing",)),
    Shot("speech/nasa_13013.mp4", CHOOSING, (), ("standing",)),
    Shot("video-handheld/rabbit.mp4", CHOOSING),
    Shot(f"{_COPIES}/chair-19-sd-bar.mp4", CHOOSING),
    Shot(f"{_ACTIONS}/01_dog.mp4", REPORTED, ("playing with a dog", "standing"), ("gesturing",)),
    Shot(f"{_ACTIONS}/asl_walk.mkv", REPORTED, ("gesturing",), ("standing",)),
    Shot(f"{_ACTIONS}/basketball.mp4", REPORTED, ("standing", "running"), _COURT),
    Shot(f"{_TRAFFIC}/person-bicycle-car-detection.gif", REPORTED, ("walking", "cycling"), ("standing",)),
    Shot(f"{_ACTIONS}/03_blocks.mp4", REPORTED),
    Shot(f"{_TRAFFIC}/bottle-detection.mp4", REPORTED),
    Shot(f"{_TRAFFIC}/car-detection.mp4", REPORTED),
    Shot("video-film/big-buck-bunny_trailer.webm", REPORTED),
    Shot(f"{_COPIES}/doorknob-hd-no-bar.mp4", REPORTED),
)
BESIDE = (
    (
        Shot(f"{_ACTIONS}/05_default_juggle.mp4", CHOOSING, ("kicking",), (*_BALL, "playing with a ball"), 6.4, 3.6),
        Shot(f"{_ACTIONS}/asl_book.mkv", CHOOSING, ("gesturing",), ("standing",), 0.0, 3.6),
    ),
    (
        Shot(f"{_ACTIONS}/01_dog.mp4", REPORTED, ("standing",), ("gesturing", "playing with a dog"), 0.0, 2.9),
        Shot(f"{_ACTIONS}/asl_walk.mkv", REPORTED, ("gesturing",), ("standing",), 0.0, 2.9),
    ),
)
"""Shots that are set side by side, left to right."""


class _Without:
    """Models but those."""

    def __init__(self, models: UpstreamModels, *names: str) -> None:
        self._models, self._names = models, names

    def open(self, name: str) -> Installed:
        return NoModels().open(name) if name in self._names else self._models.open(name)


def run(shared: Path) -> Path:
    """Measure and write `results/actions.json`."""
    media = shared / "media"
    with TemporaryDirectory() as folder:
        models = UpstreamModels(Path(folder) / "models", shared / "models")
        ways = {WAYS[0]: ActionAnalysis(models), WAYS[1]: ActionAnalysis(_Without(models, USUAL, SMALLER))}
        files = [(media / shot.path, (shot,)) for shot in SHOTS]
        files += [(_made(shots, media, Path(folder) / f"{place}.mp4"), shots) for place, shots in enumerate(BESIDE)]
        rows = [row for path, shots in files for row in _rows(path, shots, ways)]
        paths = [path for path, _ in files]
        spent = {way: _speed(paths, one) for way, one in {"decoding alone": None, **ways}.items()}
    counts = {
        half: {way: dict(Counter(row[way]["is"] for row in rows if row["half"] == half)) for way in ways}
        for half in (CHOOSING, REPORTED)
    }
    return write(
        "actions",
        "python -m benchmarks actions",
        {"clips": rows, "counts": counts, "frames_a_second_of_the_processor": spent},
    )


def _rows(path: Path, shots: Sequence[Shot], ways: Mapping[str, ActionAnalysis]) -> list[dict[str, Any]]:
    """A row for each shot of a file, by the people in its part of the picture."""
    rows = [
        {"name": _name(shots, place), "half": shot.half, "shows": list(shot.shows)} for place, shot in enumerate(shots)
    ]
    for way, analysis in ways.items():
        people = analysis.conclude(_watched(path, analysis)).answer["people"]
        for place, shot in enumerate(shots):
            own = [one for one in people if int(_middle(one) * len(shots)) == place]
            told = sorted({one["action"] for person in own for one in person["actions"]})
            doing = sum(bool(one["actions"]) for one in own)
            rows[place][way] = {"told": told, "people": len(own), "doing": doing, "is": judged(shot, told)}
    return rows


def _name(shots: Sequence[Shot], place: int) -> str:
    beside = ", ".join(other.name for number, other in enumerate(shots) if number != place)
    return shots[place].name + (f" (beside {beside})" if beside else "")


def _middle(person: Person) -> float:
    """Where somebody is across the picture, on the whole."""
    middles = [(seen["box"]["left"] + seen["box"]["right"]) / 2 for seen in person["boxes"]]
    return min(float(np.median(middles)), 1 - 1e-6)


def judged(shot: Shot, told: Sequence[str]) -> str:
    """What the actions that are told of a shot are.

    >>> shot = Shot("", "", shows=("running", "waving"), besides=("standing",))
    >>> [judged(shot, told) for told in (["waving", "running"], ["waving", "standing"], ["standing"], [], ["lying"])]
    ['right', 'part', 'silent', 'silent', 'wrong']
    """
    if set(told) - {*shot.shows, *shot.besides}:
        return "wrong"
    found = len(set(told) & set(shot.shows))
    return "right" if found == len(shot.shows) else "part" if found else "silent"


def _watched(path: Path, analysis: ActionAnalysis | None) -> Pass:
    watches = {} if analysis is None else analysis.watches
    return watch(path, [OBSERVERS[name](**options) for name, options in watches.items()])


def _speed(paths: Sequence[Path], analysis: ActionAnalysis | None) -> float:
    """Frames of all clips a second of the processor, decoding included; models are loaded."""
    began, frames = process_time(), 0
    for path in paths:
        frames += _watched(path, analysis).read.frames
    return round(frames / (process_time() - began), 1)


def _made(shots: Sequence[Shot], media: Path, path: Path) -> Path:
    """A film of shots side by side, each as high as the others, at 15 frames a second."""
    rows = list(zip(*(_frames(media / shot.path, shot) for shot in shots), strict=False))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=15)
        stream.height, stream.width = _HIGH, sum(picture.shape[1] for picture in rows[0])
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for row in rows:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.hstack(row), format="rgb24")))
        container.mux(stream.encode())
    return path


def _frames(path: Path, shot: Shot) -> Iterator[Colours]:
    due = shot.start
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            seconds = float(frame.time or 0.0)
            if seconds >= shot.start + shot.seconds:
                return
            if seconds >= due - 1e-6:
                due += 1 / 15
                yield frame.to_ndarray(format="rgb24", height=_HIGH, width=frame.width * _HIGH // frame.height // 2 * 2)
