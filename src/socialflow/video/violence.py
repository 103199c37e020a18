"""Signs of violence, scene by scene, for people to look at.

No model of violence is at hand, so nothing here knows what it sees. The colour of blood, things that may be weapons,
sounds of shots, explosions and screams, and much movement are each told with their weight; what lies beside a thing may
take its weight away, as food does a knife's. No sign alone comes to the usual threshold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from socialflow.catalogue.upstream.handed import first_of, handed
from socialflow.catalogue.upstream.ports import Models
from socialflow.image.detecting import object_model
from socialflow.image.nsfw import threshold_of
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.video.analysis import Analysis
from socialflow.video.observers.events import MODEL as SOUNDS
from socialflow.video.records import Pass
from socialflow.video.scenes import scenes_of

THRESHOLD = 0.75
"""Least score that is flagged."""
MODEL = "classifier:violence"
"""What is always missing: a model that was taught what violence looks like; the catalogue has none."""
WEAPONS = {"knife": 0.4, "scissors": 0.2, "baseball bat": 0.3}
"""Things that may be weapons, of those that detectors of objects know, and how far each counts."""
HARMLESS: Mapping[str, frozenset[str]] = {
    "knife": frozenset({
        "fork", "spoon", "bowl", "cup", "dining table", "pizza", "cake", "sandwich", "apple", "orange", "carrot",
        "broccoli", "banana", "hot dog", "donut", "oven", "sink",
    }),
    "scissors": frozenset({"book", "laptop", "keyboard", "dining table", "potted plant", "toothbrush"}),
    "baseball bat": frozenset({"baseball glove", "sports ball"}),
}  # fmt: skip
"""What beside it speaks for a kitchen, a desk or a game."""
HEARD = {"Gunshot, gunfire": 0.6, "Machine gun": 0.6, "Explosion": 0.5, "Screaming": 0.4}
"""Sounds, and how far each counts."""
LOUD = 0.3
"""Score of a sound from which it counts."""
BLOOD = (0.03, 0.2, 0.5)
"""Share of the picture from which its colour counts, from which it counts fully, and how far."""
STIR = (40.0, 90.0, 0.3)
"""Levels a second by which a scene moves, likewise; a fight moves much, and so does a dance."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What speaks for violence: `value` is how clear it is, `weight` how far it counts, both 0 to 1; `detail` says what
    was found, and what takes its weight away."""

    name: str
    value: float
    weight: float
    detail: str


class ViolenceAnalysis(Analysis):
    """Signs of violence: `score` 0 to 1 is that of the scene with the most, `is_violent` whether it comes to the
    threshold, `recommended_action` `flag_for_review` or `approve`, never `reject`; `scenes` [{start, end, score, signs
    [{name, value, weight, detail}]}]. Always partial, as there is no model of it.
    """

    name: ClassVar[str] = "violence"

    def __init__(self, models: Models, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold_of(threshold)
        self._objects, no_objects = object_model(models, still=False)
        self._sounds, no_sounds = first_of(models, SOUNDS)
        self._lacking = (MODEL, *(no_objects if self._objects is None else ()), *no_sounds)

    @property
    def watches(self) -> Options:
        """Shots and colours, and objects and sounds where there are models of them."""
        found = {"objects": self._objects, "events": self._sounds}
        return {"shots": {}, "blood": {}, **{name: {"model": handed(one)} for name, one in found.items() if one}}

    def conclude(self, seen: Pass) -> Answered:
        """The signs; where there are no pictures it abstains, and people have to look."""
        missing = list(self._lacking)
        for name in self.watches:
            missing += [one for one in seen.findings[name].missing if one not in missing]
        made = (Provenance("violence_signs", "1", Tier.HEURISTIC),)
        if "pictures" in missing:
            nothing: dict[str, Any] = {
                "score": None,
                "is_violent": None,
                "recommended_action": "flag_for_review",
                "scenes": [],
            }
            return Answered(Status.ABSTAINED, tuple(missing), made, nothing)
        scenes = list(_scenes(seen))
        score = max((float(scene["score"]) for scene in scenes), default=0.0)
        flagged = score >= self._threshold
        answer = {
            "score": score,
            "is_violent": flagged,
            "recommended_action": "flag_for_review" if flagged else "approve",
            "scenes": scenes,
        }
        return Answered(Status.PARTIAL, tuple(missing), made, answer)


def combined(signs: Sequence[Sign]) -> float:
    """Each sign adds, and alone gives its weight at most (noisy-or).

    >>> combined([Sign("blood", 1.0, 0.5, ""), Sign("scream", 1.0, 0.4, "")])
    0.7
    """
    return round(1.0 - prod(1.0 - sign.value * sign.weight for sign in signs), 4)


def ramp(amount: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, even between."""
    return min(1.0, max(0.0, (amount - low) / (high - low)))


def _scenes(seen: Pass) -> Iterator[dict[str, Any]]:
    for scene in scenes_of(seen)["scenes"]:
        start, end = scene["start"], scene["end"]
        signs = [*_blood(seen, start, end), *_weapons(seen, start, end), *_sounds(seen, start, end)]
        signs += _stir(scene["motion"])
        yield {"start": start, "end": end, "score": combined(signs), "signs": [asdict(sign) for sign in signs]}


def _stir(motion: float) -> list[Sign]:
    low, high, weight = STIR
    value = round(ramp(motion, low, high), 4)
    return [Sign("motion", value, weight, f"{motion:.0f} levels a second")] if value else []


def _blood(seen: Pass, start: float, end: float) -> list[Sign]:
    seconds, shares = seen.findings["blood"].arrays
    within = shares[(seconds >= start) & (seconds < end)]
    low, high, weight = BLOOD
    share = float(within.max()) if len(within) else 0.0
    value = round(ramp(share, low, high), 4)
    return [Sign("blood", value, weight, f"{share:.0%} of the picture has its colour")] if value else []


def _weapons(seen: Pass, start: float, end: float) -> list[Sign]:
    if "objects" not in seen.findings:
        return []
    finding = seen.findings["objects"]
    tracks, rows = finding.body["tracks"], finding.arrays[0]
    within = rows[(rows[:, 1] >= start) & (rows[:, 1] < end)] if len(rows) else rows
    there = {int(place) for place in within[:, 0]}
    scores: dict[str, float] = {}
    for place in there:
        label = str(tracks[place]["label"])
        scores[label] = max(scores.get(label, 0.0), float(tracks[place]["score"]))
    return weapons(scores)


def weapons(scores: Mapping[str, float]) -> list[Sign]:
    """What may be a weapon among the things that are seen together, by label; without weight where another of them
    speaks for a kitchen, a desk or a game.

    >>> weapons({"knife": 0.9, "pizza": 0.5, "scissors": 0.5}) == [
    ...     Sign("weapon", 0.9, 0.0, "knife, beside pizza"), Sign("weapon", 0.5, 0.2, "scissors")]
    True
    """
    found = []
    for label, weight in WEAPONS.items():
        if label in scores:
            beside = sorted(HARMLESS[label] & set(scores))
            detail = f"{label}, beside {', '.join(beside)}" if beside else label
            found.append(Sign("weapon", round(scores[label], 4), 0.0 if beside else weight, detail))
    return found


def _sounds(seen: Pass, start: float, end: float) -> list[Sign]:
    if "events" not in seen.findings:
        return []
    finding = seen.findings["events"]
    labels, rows = finding.body["labels"], finding.arrays[0]
    begins = np.arange(len(rows)) * float(finding.body["hop"])
    within = rows[(begins + float(finding.body["window"]) > start) & (begins < end)]
    found = []
    for label, weight in HEARD.items():
        score = float(within[:, labels.index(label)].max()) if label in labels and len(within) else 0.0
        if score >= LOUD:
            found.append(Sign("sound", round(score, 4), weight, label))
    return found
