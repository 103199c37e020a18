"""Changes of shot found beside PySceneDetect, on annotated films and on films put together of clips without cuts.

`python -m benchmarks shots [--shared DIR]`

The films are made in the run (`shots_made`): every cut, dissolve, fade and flash is known. Clips and photographs are
cut in halves that share nothing; constants of `socialflow.video` were chosen on films of the first half with other
seeds. Clips as they are, of one shot each, count too: whatever is told of them is false.

PySceneDetect's detectors have their defaults and run in a process of their own, for which `python -m venv
var/shots-peers && var/shots-peers/bin/pip install scenedetect==0.7.2 av` is enough; without one they are left out. It
tells no kinds, so a place it tells in a gradual change finds that, and only what lies outside all of them can be a
false cut. Its model (TransNet V2) is not measured.

Speed is in processor seconds of the whole process, decoding with one thread included, by turns on the same files;
PySceneDetect reads through OpenCV and through PyAV, and its quicker one counts. Shown are medians of ratios.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.results_file import write
from benchmarks.shots_made import CLIPS, compose, encode, forget, sources
from benchmarks.shots_peers import BACKENDS, DETECTORS, PYTHON, Peer, peer
from socialflow.evaluation.shots import Change, ShotScore, score
from socialflow.evaluation.shots_truth import truth_of
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.shots_eval import figures
from socialflow.video.stream import watch

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


def run(shared: Path, peers_python: Path = PYTHON) -> Path:
    """Measure and write `results/shots.json`."""
    media = shared / "media"
    with TemporaryDirectory() as folder, peer(peers_python) as their:
        methods: dict[str, Method] = {OURS: ours, **_peers(their)}
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
            "speed": {film.path.name: speeds(film.path, their) for film in parts["annotated"]},
            "peer": None if their is None else f"PySceneDetect {their.version}",
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


def _peers(their: Peer | None) -> dict[str, Method]:
    """PySceneDetect's detectors by name."""
    return {} if their is None else {_named(name): partial(_theirs, their, name) for name in DETECTORS}


def _named(detector: str) -> str:
    return f"PySceneDetect {detector.removesuffix('Detector')}"


def _theirs(their: Peer, detector: str, path: Path) -> list[Change]:
    """A cut wherever a detector begins a new scene."""
    starts, _ = their.watch(detector, BACKENDS[-1], path)
    return [Change("cut", start, start) for start in starts]


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


def speeds(path: Path, their: Peer | None) -> dict[str, Any]:
    """Processor seconds as multiples of ours (least, median, most of several turns), and our frames a second."""
    each: dict[str, Callable[[], float]] = {"decoding alone": partial(_seconds, path, ())}
    if their is not None:
        for name in DETECTORS:
            for backend in BACKENDS:
                each[f"{_named(name)}, {backend}"] = lambda name=name, backend=backend: (  # type: ignore[misc]
                    their.watch(name, backend, path)[1]
                )
    own: list[float] = []
    ratios: dict[str, list[float]] = {name: [] for name in each}
    for _ in range(REPEATS):
        for name, go in each.items():
            own.append(_seconds(path, (ShotObserver,)))
            ratios[name].append(go() / own[-1])
    spread = {name: [round(of(found), 2) for of in (min, statistics.median, max)] for name, found in ratios.items()}
    return {"frames_per_second": round(watch(path, []).read.frames / statistics.median(own), 1), "ratios": spread}


def _seconds(path: Path, kinds: Sequence[type[ShotObserver]]) -> float:
    observers = [kind() for kind in kinds]
    begun = time.process_time()
    watch(path, observers)
    return time.process_time() - begun
