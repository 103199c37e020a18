"""Scenes of a video: its shots, which of them belong together, what kind of scene each is, and keyframes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypedDict

import numpy as np
import numpy.typing as npt

from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.grouping import ALIKE, Pictures, grouped, likeness
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass

Class = Literal["action", "dialogue", "transition"]
_BOUNDARIES = Provenance("shot_boundaries", "1", Tier.HEURISTIC)
_CLASSES = Provenance("scene_classes", "1", Tier.HEURISTIC)
LIVELY = 30.0
"""Levels a second by which a picture changes that moves a good deal."""
QUICK = 20.0
"""Cuts a minute of an action scene."""
SPOKEN = (0.5, 0.9)
"""Likeness of sound to speech from which it may be some, and from which it is."""
BRIEF = 3.0
"""Seconds below which a scene may be no more than a way from one to another."""
TURNS = 3
"""Shots after which views that come back tell of a talk."""
DULL = 12.0
"""Levels a second below which hardly anything moves."""


class Scene(TypedDict):
    """Shots that belong together: `shots` are their places in `shots`, first and last frames and seconds as there.

    `scene_class` is that of `scores` for which most speaks, and `confidence` its score: where nothing much speaks for
    any, it is low. `motion` is the mean change of
    brightness from frame to frame, in levels a second; `speech` how much it sounds like speech, 0 to 1, None where
    there is no sound to hear.
    """

    first: int
    last: int
    start: float
    end: float
    shots: list[int]
    scene_class: Class
    confidence: float
    scores: dict[Class, float]
    motion: float
    cuts_per_minute: float
    speech: float | None
    keyframes: list[dict[str, Any]]


class Scenes(TypedDict):
    """What is said of one video. `shots`, `transitions` and `flashes` are those of `ShotObserver`; `keyframes` are all
    of them in order. `missing` names `pictures` or `sound` where there were none, and `video:...` where the file was
    not read to its end."""

    scenes: list[Scene]
    shots: list[dict[str, Any]]
    transitions: list[dict[str, Any]]
    flashes: list[dict[str, Any]]
    keyframes: list[dict[str, Any]]
    duration: float
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class SceneAnalysis(Analysis):
    """Shots and scenes, as one of the analyses of a pass."""

    name: ClassVar[str] = "scene"

    def __init__(self, *, sound: bool = True) -> None:
        self._sound = sound

    @property
    def watches(self) -> Options:
        """Pictures, and sound unless it was not wanted."""
        return {"shots": {}, "rhythm": {}} if self._sound else {"shots": {}}

    def conclude(self, seen: Pass) -> Answered:
        """As `scenes_of` has it; nothing is told where there are no pictures."""
        told: dict[str, Any] = {**scenes_of(seen)}
        status, missing, provenance = (told.pop(name) for name in ("status", "missing", "provenance"))
        own = [name for name in missing if name not in seen.read.lacking]
        return Answered(status, tuple(own), tuple(provenance), told)


class SceneDetector:
    """Finds shots (cuts, fades, dissolves), groups them into scenes and says what kind each is. No trained model.

    Parameters:
        reader: decodes in a bounded child; None: the one that all share.
        sound: whether to listen, which tells talk from other calm scenes.
    """

    def __init__(self, reader: VideoReader | None = None, *, sound: bool = True) -> None:
        self._reader, self._analysis = reader, SceneAnalysis(sound=sound)

    def predict(self, path: Path | str, watching: Watching | None = None) -> Scenes:
        """The scenes of a file. Raises what `VideoReader.watch` does."""
        return scenes_of((self._reader or shared_reader()).watch(Path(path), self._analysis.watches, watching))

    async def detect(self, path: Path | str) -> Scenes:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))


def scenes_of(seen: Pass) -> Scenes:
    """What a pass of the observers `shots` and, where it was asked, `rhythm` says of a video."""
    shots, sound = seen.findings["shots"], seen.findings.get("rhythm")
    missing = [*shots.missing, *(sound.missing if sound else ()), *seen.read.lacking]
    told = shots.body["shots"]
    status = Status.ABSTAINED if not told else Status.PARTIAL if missing else Status.COMPLETE
    return Scenes(
        scenes=_scenes(shots, sound if sound and not sound.missing else None),
        shots=list(told),
        transitions=list(shots.body["transitions"]),
        flashes=list(shots.body["flashes"]),
        keyframes=[one for shot in told for one in shot["keyframes"]],
        duration=told[-1]["end"] if told else 0.0,
        status=status,
        missing=missing,
        provenance=[_BOUNDARIES, _CLASSES],
    )


def _scenes(shots: Finding, sound: Finding | None) -> list[Scene]:
    told: Sequence[Mapping[str, Any]] = shots.body["shots"]
    ends = np.cumsum([len(shot["keyframes"]) for shot in told])[:-1]
    pictures = np.split(shots.arrays[0], ends) if told else []
    gradual = [(one["start"], one["end"]) for one in shots.body["transitions"] if one["kind"] != "cut"]
    places = grouped([(shot["start"], shot["end"]) for shot in told], pictures)
    return [_scene(told, pictures, group, gradual, sound) for group in places]


def _scene(
    told: Sequence[Mapping[str, Any]],
    pictures: Sequence[Pictures],
    group: range,
    gradual: Sequence[tuple[float, float]],
    sound: Finding | None,
) -> Scene:
    shots = [told[place] for place in group]
    start, end = shots[0]["start"], shots[-1]["end"]
    seconds = max(end - start, 1e-3)
    evidence = Evidence(
        seconds=seconds,
        motion=sum(shot["motion"] * (shot["end"] - shot["start"]) for shot in shots) / seconds,
        cuts_per_minute=60 * (len(shots) - 1) / seconds,
        returns=returns([pictures[place] for place in group]),
        mixed=_mixed(gradual, start, end) / seconds,
        speech=None if sound is None else _speech(sound.arrays[0], start, end),
    )
    scores = classes(evidence)
    best = max(scores, key=lambda name: scores[name])
    return Scene(
        first=shots[0]["first"],
        last=shots[-1]["last"],
        start=start,
        end=end,
        shots=list(group),
        scene_class=best,
        confidence=scores[best],
        scores=scores,
        motion=round(evidence.motion, 3),
        cuts_per_minute=round(evidence.cuts_per_minute, 3),
        speech=evidence.speech,
        keyframes=[one for shot in shots for one in shot["keyframes"]],
    )


def _speech(shares: npt.NDArray[Any], start: float, end: float) -> float:
    """Mean of the seconds that a stretch touches."""
    part = shares[int(start) : max(int(start) + 1, int(np.ceil(end)))]
    return round(float(part.mean()), 4) if len(part) else 0.0


def _mixed(gradual: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """Seconds of gradual changes that lie in or next to a stretch."""
    return sum(last - first for first, last in gradual if first <= end + 0.1 and last >= start - 0.1)


def returns(pictures: Sequence[Pictures]) -> float:
    """Share of shots, from the third on, that look like the one before the last: views that take turns.

    >>> one, other = np.zeros((1, 9, 16), np.uint8), np.full((1, 9, 16), 200, np.uint8)
    >>> returns([one, other, one, other]), returns([one, other])
    (1.0, 0.0)
    """
    if len(pictures) < TURNS:
        return 0.0
    back = [
        likeness(one, later) > max(ALIKE, likeness(between, later))
        for one, between, later in zip(pictures, pictures[1:], pictures[2:], strict=False)
    ]
    return sum(back) / len(back)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a scene: its length, levels a second by which pictures change, cuts, shares of shots that come
    back and of gradual changes, and how much it sounds like speech (None: not heard)."""

    seconds: float
    motion: float
    cuts_per_minute: float
    returns: float
    mixed: float
    speech: float | None


def classes(evidence: Evidence) -> dict[Class, float]:
    """What speaks for each class, 0 to 1: rules of thumb, not learnt from anything.

    Much movement and many cuts speak for action; sound like speech, calm and views that take turns for dialogue; few
    seconds, standing pictures without speech and gradual changes at both ends for a transition.
    """
    lively = 1 - float(np.exp(-evidence.motion / LIVELY))
    quick = 1 - float(np.exp(-evidence.cuts_per_minute / QUICK))
    still = float(np.exp(-evidence.motion / DULL))
    spoken = 0.0 if evidence.speech is None else float(np.interp(evidence.speech, SPOKEN, (0, 1)))
    talk = max(spoken, 0.6 * evidence.returns * (1 - lively))
    weights: dict[Class, float] = {
        "action": (0.7 * lively + 0.3 * quick) * (1 - 0.5 * talk),
        "dialogue": talk * (1 - 0.4 * lively),
        "transition": (1 - talk) * (0.6 * still + 0.4 * min(1.0, evidence.mixed)) * _brief(evidence.seconds),
    }
    rounded: dict[Class, float] = {name: round(weight, 4) for name, weight in weights.items()}
    return rounded


def _brief(seconds: float) -> float:
    return float(np.exp(-max(0.0, seconds - BRIEF) / BRIEF))
