"""Whose joints are looked for: of everybody that a detector finds and a tracker follows, or of one person."""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.following import LARGEST, LOOKS, Following
from socialflow.video.joints import AROUND, BESIDE, Box, Floats, box_of, somebody, within
from socialflow.video.observer import Frame, due_after
from socialflow.video.poses import JOINTS
from socialflow.video.tracking import Track

PERSON = "person"
PEOPLE = 6
"""People of a frame who are asked about, the tallest; each costs a run of the model."""
STAYS = 1.5
"""So many times as tall as they are do those count who were asked about before."""
SMALLEST = 48
"""Pixels of a person's height in the frame as it is looked at, below which joints are guesses."""
_OWN = 0.6
"""Share of the joints in the box of a person from which they are that person's."""


Ask = Callable[[Colours, Box | None, float], Floats]
"""As `joints.PoseModel.joints`."""


class Whose(ABC):
    """Looks for joints in frames.

    The finding: as that of `Following`, and how many of the `frames` were `crowded`, having more people than are asked
    about; arrays besides are who and when (n, 2), the place of a track in `tracks` and seconds, and the joints
    (n, 17, 3): x and y as fractions of the frame, and a score.
    """

    def __init__(self) -> None:
        self.frames, self.crowded = 0, 0
        self._who = array("q")
        self._seconds = array("d")
        self._rows: list[Floats] = []

    @abstractmethod
    def look(self, frame: Frame, *, ask: bool) -> None:
        """Take a frame, and `ask` for joints in it."""

    @abstractmethod
    def finding(self) -> Finding:
        """Everything."""

    def _found(self, number: int, seconds: float, joints: Floats) -> None:
        self._who.append(number)
        self._seconds.append(seconds)
        self._rows.append(joints)

    def _body(self) -> dict[str, Any]:
        return {"frames": self.frames, "crowded": self.crowded}

    def _arrays(self) -> tuple[Box, Floats]:
        who = np.column_stack([np.array(self._who, np.float64), np.array(self._seconds, np.float64)])
        return who, np.stack(self._rows) if self._rows else np.zeros((0, JOINTS, 3), np.float32)


class Everybody(Whose):
    """Each of `PEOPLE` that a detector finds `LOOKS` times a second, around where their joints were in between."""

    def __init__(self, ask: Ask, following: Following) -> None:
        super().__init__()
        self._ask, self._following = ask, following
        self._due = 0.0
        self._asked: Sequence[Track] = ()
        self._before: dict[int, Box] = {}

    def look(self, frame: Frame, *, ask: bool) -> None:
        """Find people where it is time to, and the joints of those who are asked about."""
        found = frame.seconds >= self._due
        if not (found or ask):
            return
        colours = frame.colours(LARGEST)
        if found:
            self._following.look(frame)
            self._due = due_after(frame.seconds, LOOKS)
            self._choose(colours.shape[0])
        if not ask:
            return
        self.frames += 1
        for track in self._asked:
            box, around = (track.boxes[-1], BESIDE) if found else (self._before[track.number], AROUND)
            joints = self._ask(colours, box, around)
            if somebody(joints) and (not found or within(joints, box) >= _OWN):
                self._found(track.number, frame.seconds, joints)
                self._before[track.number] = box_of(joints)

    def _choose(self, height: int) -> None:
        people = [one for one in self._following.seen if one.label == PERSON and _tall(one) * height >= SMALLEST]
        known = {one.number for one in self._asked}
        tallest = sorted(people, key=lambda one: -_tall(one) * (STAYS if one.number in known else 1.0))
        self.crowded += len(people) > PEOPLE
        self._asked = tallest[:PEOPLE]
        self._before = {one.number: one.boxes[-1] for one in self._asked}

    def finding(self) -> Finding:
        """The tracks, and the joints of those that are told."""
        found, places = self._following.finding(), self._following.places
        who, joints = self._arrays()
        told = np.array([int(number) in places for number in who[:, 0]], bool)
        who, joints = who[told], joints[told]
        who[:, 0] = [places[int(number)] for number in who[:, 0]]
        return Finding({**found.body, **self._body()}, (*found.arrays, who, joints), found.missing)


class Somebody(Whose):
    """The most prominent person of a frame, looked for around where the joints were before."""

    def __init__(self, ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        self._before: Box | None = None
        self._looked: list[float] = []

    def look(self, frame: Frame, *, ask: bool) -> None:
        """Find the joints of one."""
        if not ask:
            return
        colours = frame.colours(LARGEST)
        joints = self._ask(colours, self._before, AROUND)
        if self._before is not None and not somebody(joints):  # lost: look at the whole again
            joints = self._ask(colours, None, AROUND)
        self._before = box_of(joints) if somebody(joints) else None
        self.frames += 1
        self._looked.append(round(frame.seconds, 4))
        if self._before is not None:
            self._found(0, frame.seconds, joints)

    def finding(self) -> Finding:
        """One track, of whoever it was."""
        who, joints = self._arrays()
        boxes = np.stack([box_of(one) for one in joints]) if len(joints) else np.zeros((0, 4))
        score = round(float(joints[:, :, 2].mean()), 4) if len(joints) else 0.0
        tracks = [{"label": PERSON, "score": score}] if len(joints) else []
        body = {"tracks": tracks, "seconds": self._looked, **self._body()}
        missing = () if self.frames else ("pictures",)
        return Finding(body, (np.column_stack([who, boxes]), who, joints), missing)


def _tall(track: Track) -> float:
    """Height of a person as a share of the frame's."""
    return float(track.boxes[-1][3] - track.boxes[-1][1])
