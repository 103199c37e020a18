"""Changes of shot found beside PySceneDetect, on annotated films and on films put together of clips without cuts.

`python -m benchmarks shots [--shared DIR]`

The films are made in the run (`shots_made`): every cut, dissolve, fade and flash is known. Clips and photographs are
cut in halves that share nothing; constants of `socialflow.video` were chosen on films of the first half with other
seeds. Clips as they are, of one shot each, count too: whatever is told of them is false.

PySceneDetect's detectors have their defaults and its PyAV backend, everything in one thread; it tells no kinds, so a
place it tells in a gradual change finds that, and only what lies outside all of them can be a false cut. It is left out
where it cannot be imported: `pip install scenedetect==0.7.2`, or its folder on PYTHONPATH.
"""

import importlib
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from benchmarks.results_file import write
from benchmarks.shots_made import CLIPS, compose, encode, forget, sources
from socialflow.evaluation.shots import Change, ShotScore, score
from socialflow.evaluation.shots_truth import truth_of
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.shots_eval import figures
from socialflow.video.stream import watch

PEERS = ("ContentDetector", "AdaptiveDetector", "HashDetector", "HistogramDetector", "ThresholdDetector")
ANNOTATED = ("big-buck-bunny_trailer.webm", "montage-known-cuts.mp4")
FILMS, SHOTS, SEED = 3, 24, 1000
"""Of each half; shots of each; of the first film, the others following."""
REPEATS = 5
Method = Callable[[Path], list[Change]]
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Film:
    """A film and what is true of it."""

    path: Path
    truth: list[Change]
    flashes: list[tuple[int, int]]


def run(shared: Path) -> Path:
    """Measure and write `results/shots.json`."""
    media = shared / "media"
    peers = _peers()
    methods: dict[str, Method] = {OURS: ours, **peers}
    with TemporaryDirectory() as folder:
        parts = {
            "annotated": [annotated(media / "video-film" / name) for name in ANNOTATED],
            "first_half": made(media, 0, Path(folder)),
            "second_half": made(media, 1, Path(folder)),
            "one_shot": [Film(media / name, [], []) for half in CLIPS for name in half],
        }
        told = {name: {film.path: method(film.path) for film in _all(parts)} for name, method in methods.items()}
    report: dict[str, Any] = {
        "films": {name: _facts(films) for name, films in parts.items()},
        **{name: _table(films, told) for name, films in parts.items()},
        "all": _table(_all(parts), told),
        "frames_per_second": speeds(media / "video-film" / ANNOTATED[0], methods),
        "peer": _version(),
    }
    return write("shots", "python -m benchmarks shots", report)


def annotated(path: Path) -> Film:
    """A film beside its annotation."""
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return Film(path, truth_of(told["transitions"]), _flashes(told))


def made(media: Path, half: int, folder: Path) -> list[Film]:
    """Films of one half of the clips."""
    clips, photos = sources(media, half)
    films = []
    for number in range(FILMS):
        one = compose(clips, photos, SHOTS, np.random.default_rng([SEED + number, half]))
        path = encode(folder / f"{half}-{number}.mp4", one.frames)
        films.append(Film(path, truth_of(one.truth["transitions"]), _flashes(one.truth)))
    forget()
    return films


def _flashes(told: Mapping[str, Any]) -> list[tuple[int, int]]:
    listed = [one for one in told.get("not_a_transition", ()) if one.get("type") == "flash"]
    return [(one.get("frames", [one.get("frame")])[0], one.get("frames", [one.get("frame")])[-1]) for one in listed]


def _all(parts: Mapping[str, Sequence[Film]]) -> list[Film]:
    return [film for films in parts.values() for film in films]


def ours(path: Path) -> list[Change]:
    """What the observer tells."""
    return truth_of(watch(path, [ShotObserver()]).findings["shots"].body["transitions"])


def _peers() -> dict[str, Method]:
    """PySceneDetect's detectors by name, where it can be imported."""
    try:
        library = importlib.import_module("scenedetect")
    except ImportError:
        return {}
    cv2.setNumThreads(1)
    return {f"PySceneDetect {name.removesuffix('Detector')}": partial(_peer, library, name) for name in PEERS}


def _peer(library: Any, name: str, path: Path) -> list[Change]:
    """Frames at which a detector begins new scenes."""
    video = library.open_video(str(path), backend="pyav", threading_mode=None)
    manager = library.SceneManager()
    manager.add_detector(getattr(library, name)())
    manager.detect_scenes(video)
    starts = [int(start.frame_num) for start, _ in manager.get_scene_list()[1:]]
    return [Change("cut", start, start) for start in starts]


def _version() -> str | None:
    try:
        return f"PySceneDetect {importlib.import_module('scenedetect').__version__}"
    except ImportError:
        return None


def _table(films: Sequence[Film], told: Mapping[str, Mapping[Path, list[Change]]]) -> dict[str, Any]:
    """By method: figures of all these films together, flashes in which a change is told, and false changes."""
    table = {}
    for name, by_film in told.items():
        scores: list[ShotScore] = [score(film.truth, by_film[film.path], kinds=name == OURS) for film in films]
        total = sum(scores[1:], start=scores[0])
        flashed = sum(
            any(first <= change.first <= last + 1 for change in by_film[film.path])
            for film in films
            for first, last in film.flashes
        )
        table[name] = {**figures(total), "flashes_taken": flashed}
    return table


def _facts(films: Sequence[Film]) -> dict[str, int]:
    return {
        "films": len(films),
        "cuts": sum(one.abrupt and not one.optional for film in films for one in film.truth),
        "gradual": sum(not one.abrupt for film in films for one in film.truth),
        "flashes": sum(len(film.flashes) for film in films),
    }


def speeds(path: Path, methods: Mapping[str, Method]) -> dict[str, float]:
    """Frames a second in one thread, decoding included: the median of several runs, taking turns."""
    frames = watch(path, []).read.frames
    each: dict[str, Callable[[], object]] = {"decoding alone": partial(watch, path, [])}
    each |= {name: partial(method, path) for name, method in methods.items()}
    taken: dict[str, list[float]] = {name: [] for name in each}
    for _ in range(REPEATS):
        for name, go in each.items():
            begun = time.perf_counter()
            go()
            taken[name].append(time.perf_counter() - begun)
    return {name: round(frames / statistics.median(seconds), 1) for name, seconds in taken.items()}
