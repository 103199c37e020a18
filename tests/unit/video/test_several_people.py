"""Several people at once: whose joints are asked for, how they are steadied, and what each person does with things."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.image.detections import Box, Detection
from socialflow.kit.answers import Answered, Status
from socialflow.kit.findings import Finding
from socialflow.video.actions import people_in
from socialflow.video.following import Following
from socialflow.video.handling import RULES, handled
from socialflow.video.happening import events_of
from socialflow.video.joints import within
from socialflow.video.objects import FollowedObject, Seen, tracks_of
from socialflow.video.observers import pose
from socialflow.video.people import PEOPLE, Everybody, Somebody
from socialflow.video.records import Pass, Read, VideoInfo
from socialflow.video.smoothing import STILL, smoothed

pytest.importorskip("cv2", reason="needs the media extra")

RATE = 6
INFO = VideoInfo("mov", "h264", 100, 100, 0, 25.0, 4.0, None, "yuv420p", None, 0, 0)
BODY = np.array(
    [[0.5, 0.1]] * 5
    + [[0.58, 0.2], [0.42, 0.2], [0.6, 0.35], [0.4, 0.35], [0.6, 0.5], [0.4, 0.5]]
    + [[0.55, 0.5], [0.45, 0.5], [0.55, 0.72], [0.45, 0.72], [0.55, 0.95], [0.45, 0.95]]
)
"""Somebody upright in a square of 1."""


class Picture:
    """A grey frame."""

    def __init__(self, number: int, side: int = 200) -> None:
        self.number, self.seconds, self._side = number, number / RATE, side

    def colours(self, largest: int | None = None) -> np.ndarray:
        return np.full((self._side, self._side, 3), 90, np.uint8)

    def once(self, name: str, make: Callable[[], object]) -> object:
        return make()


def upright_in(colours: np.ndarray, box: np.ndarray | None, around: float) -> np.ndarray:
    """In place of the model: somebody upright who fills the box."""
    low, high = (np.zeros(2), np.ones(2)) if box is None else (box[:2], box[2:])
    return np.column_stack([low + BODY * (high - low), np.full(17, 0.9)]).astype(np.float32)


def persons(*boxes: tuple[float, float, float, float]) -> Callable[[np.ndarray], Sequence[Detection]]:
    return lambda colours: [Detection("person", 0.9, Box(*box)) for box in boxes]


def looked(whose: Everybody | Somebody, frames: int = 13, side: int = 200) -> Finding:
    for number in range(frames):
        whose.look(Picture(number, side), ask=True)
    return whose.finding()


class TestEverybody:
    def test_each_has_a_track_and_joints_between_looks_too(self) -> None:
        asked: list[float] = []
        find = persons((0.1, 0.1, 0.4, 0.9), (0.6, 0.1, 0.9, 0.9))

        def ask(colours: np.ndarray, box: np.ndarray | None, around: float) -> np.ndarray:
            asked.append(around)
            return upright_in(colours, box, around)

        found = looked(Everybody(ask, Following("people", find)))
        assert found.body["tracks"] == [{"label": "person", "score": 0.9}] * 2
        assert found.body["seconds"] == [0.0, 0.5, 1.0, 1.5, 2.0]
        assert (found.body["frames"], found.body["crowded"], len(asked)) == (13, 0, 26)
        _, who, joints = found.arrays
        for place, (left, right) in enumerate([(0.1, 0.4), (0.6, 0.9)]):
            own = joints[who[:, 0] == place]
            assert len(own) == 13
            assert ((own[..., 0] >= left) & (own[..., 0] <= right)).all()

    def test_no_more_than_so_many_are_asked_about_and_the_tallest_stay(self) -> None:
        boxes = [(0.12 * n, 0.0, 0.12 * n + 0.1, 0.9 - 0.05 * n) for n in range(PEOPLE + 2)]
        found = looked(Everybody(upright_in, Following("people", persons(*boxes))), 4)
        assert sorted(set(found.arrays[1][:, 0])) == list(range(PEOPLE))
        assert len(found.body["tracks"]) == PEOPLE + 2
        assert found.body["crowded"] == 2

    def test_who_is_small_is_followed_and_not_asked_about(self) -> None:
        found = looked(Everybody(upright_in, Following("people", persons((0.4, 0.4, 0.5, 0.6)))))
        assert (len(found.body["tracks"]), len(found.arrays[2])) == (1, 0)

    def test_joints_of_somebody_else_are_not_taken(self) -> None:
        def beside(colours: np.ndarray, box: np.ndarray | None, around: float) -> np.ndarray:
            assert box is not None
            return upright_in(colours, box + 0.5, around)

        found = looked(Everybody(beside, Following("people", persons((0.0, 0.0, 0.3, 0.5)))), 1)
        assert len(found.arrays[2]) == 0

    def test_where_nothing_is_asked_people_are_followed_all_the_same(self) -> None:
        whose = Everybody(upright_in, Following("people", persons((0.1, 0.1, 0.4, 0.9))))
        for number in range(7):
            whose.look(Picture(number), ask=False)
        found = whose.finding()
        assert (len(found.arrays[0]), len(found.arrays[2]), found.body["frames"]) == (3, 0, 0)

    def test_things_are_followed_too(self) -> None:
        def find(colours: np.ndarray) -> list[Detection]:
            return [Detection("dog", 0.9, Box(0.5, 0.5, 0.9, 0.9))]

        found = looked(Everybody(upright_in, Following("things", find)))
        assert found.body["tracks"] == [{"label": "dog", "score": 0.9}]
        assert len(found.arrays[1]) == 0


class TestSomebody:
    def test_is_one_track(self) -> None:
        found = looked(Somebody(upright_in), 5)
        (track,) = tracks_of(found)
        assert (track["id"], track["label"], track["first"], track["last"]) == (1, "person", 0.0, 0.6667)
        assert len(found.arrays[2]) == 5

    def test_nobody_is_no_track(self) -> None:
        found = looked(Somebody(lambda colours, box, around: np.zeros((17, 3), np.float32)), 5)
        assert (found.body["tracks"], found.body["frames"], len(found.arrays[0])) == ([], 5, 0)
        assert Somebody(upright_in).finding().missing == ("pictures",)


class TestLongFilms:
    def test_joints_are_looked_for_in_stretches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Model:
            def __init__(self, model: object) -> None:
                self.joints = upright_in

        monkeypatch.setattr(pose, "PoseModel", Model)
        observer = pose.PoseObserver({})
        observer.begin(replace(INFO, duration=2 * pose.WATCHED))
        for number in range(round(4 * pose.STRETCH * RATE)):
            observer.frame(Picture(number))
        seconds = observer.end().arrays[1][:, 1]
        assert (seconds % (2 * pose.STRETCH) < pose.STRETCH).all()
        assert len(seconds) == pytest.approx(2 * pose.STRETCH * RATE, abs=2)


class TestWithin:
    def test_joints_that_are_not_seen_do_not_count(self) -> None:
        joints = np.array([[0.5, 0.5, 0.9], [0.9, 0.9, 0.9], [0.9, 0.9, 0.1]], np.float32)
        assert within(joints, np.array([0.4, 0.4, 0.6, 0.6])) == 0.5
        assert within(joints * (1, 1, 0), np.array([0.4, 0.4, 0.6, 0.6])) == 0.0


def bodies(frames: int) -> np.ndarray:
    return np.repeat(np.column_stack([BODY, np.full(17, 0.9)])[None], frames, axis=0)


class TestSmoothing:
    seconds = np.arange(12) / RATE

    @given(st.integers(0, 2**32 - 1))
    def test_who_stands_still_stands_stiller(self, seed: int) -> None:
        noise = np.random.default_rng(seed).uniform(-1, 1, (12, 17, 2)) * STILL / 4 * 0.3
        body = bodies(12)
        body[..., :2] += noise
        steady = smoothed(body, self.seconds)
        ways = [float(np.abs(np.diff(one[..., :2], axis=0)).sum()) for one in (body, steady)]
        assert ways[1] < ways[0]
        assert (steady[..., 2] == body[..., 2]).all()

    def test_a_wave_keeps_its_width(self) -> None:
        body = bodies(12)
        body[:, 9, 0] += 0.15 * (-1) ** np.arange(12)
        assert smoothed(body, self.seconds)[:, 9] == pytest.approx(body[:, 9])

    def test_a_doubtful_leap_is_taken_back(self) -> None:
        body = bodies(12)
        body[5, 9] = (0.0, 0.0, 0.3)
        assert smoothed(body, self.seconds)[5, 9, :2] == pytest.approx(body[4, 9, :2] * 2 / 3, abs=0.01)

    def test_across_gaps_nothing_is_averaged(self) -> None:
        body = bodies(12)
        body[::2, :, 0] += 0.01
        assert (smoothed(body, self.seconds * 10) == body).all()

    def test_two_frames_stay_as_they_are(self) -> None:
        assert (smoothed(bodies(2), self.seconds[:2]) == bodies(2)).all()


def track(label: str, boxes: Sequence[tuple[float, float, float, float]], number: int = 1) -> FollowedObject:
    seen = [Seen(seconds=place / 2, box=Box(*box).place()) for place, box in enumerate(boxes)]
    return FollowedObject(id=number, label=label, score=0.8, first=0.0, last=seen[-1]["seconds"], boxes=seen)


WALKER = track("person", [(0.4, 0.2, 0.6, 0.8)] * 4)


def doing(*things: FollowedObject) -> list[tuple[str, float, float]]:
    return [(name, start, end) for start, end, scores in handled(WALKER, things, 1.0) for name in scores]


class TestThings:
    def test_a_bicycle_under_somebody(self) -> None:
        assert doing(track("bicycle", [(0.3, 0.5, 0.7, 0.9)] * 4)) == [("cycling", 0.0, 1.5)]

    def test_beside_a_bicycle_nobody_rides(self) -> None:
        assert doing(track("bicycle", [(0.3, 0.5, 0.7, 0.8)] * 4)) == []
        assert doing(track("bicycle", [(0.62, 0.5, 0.9, 0.9)] * 4)) == []

    def test_a_board_under_the_feet(self) -> None:
        assert doing(track("surfboard", [(0.3, 0.75, 0.7, 0.85)] * 4)) == [("surfing", 0.0, 1.5)]
        assert doing(track("surfboard", [(0.3, 0.3, 0.7, 0.5)] * 4)) == []

    def test_a_ball_that_moves_in_reach(self) -> None:
        ways = [(0.6, 0.3 + 0.2 * (place % 2), 0.65, 0.35 + 0.2 * (place % 2)) for place in range(4)]
        assert doing(track("sports ball", ways)) == [("playing with a ball", 0.5, 1.5)]
        assert doing(track("sports ball", ways[:1] * 4)) == []
        assert doing(track("sports ball", [(x + 0.3, y, z + 0.3, w) for x, y, z, w in ways])) == []

    def test_a_racket_at_hand(self) -> None:
        assert doing(track("tennis racket", [(0.55, 0.3, 0.62, 0.4)] * 4)) == [("playing tennis", 0.0, 1.5)]
        assert doing(track("tennis racket", [(0.7, 0.3, 0.8, 0.4)] * 4)) == []

    def test_one_look_is_too_few(self) -> None:
        assert doing(track("bicycle", [(0.3, 0.5, 0.7, 0.9)])) == []

    def test_of_other_things_nothing_is_said(self) -> None:
        assert doing(track("chair", [(0.3, 0.5, 0.7, 0.9)] * 4)) == []
        assert "chair" not in RULES


def two_people() -> Finding:
    """One stands, one waves, and a bicycle is under the first."""
    seconds = np.arange(24) / RATE
    looks = np.arange(8) / 2
    boxes = {0: (0.1, 0.1, 0.4, 0.9), 1: (0.6, 0.1, 0.9, 0.9), 2: (0.1, 0.5, 0.45, 1.0)}
    rows = [(place, when, *box) for place, box in boxes.items() for when in looks]
    both = np.stack([bodies(24), bodies(24)])
    both[1, :, 9, 1], both[1, :, 7, 1] = 0.05, 0.2
    both[1, :, 9, 0] = 0.6 + 0.08 * (-1) ** np.arange(24)
    who = np.column_stack([np.repeat([0, 1], 24), np.tile(seconds, 2)])
    tracks = [{"label": label, "score": 0.8} for label in ("person", "person", "bicycle")]
    body = {"tracks": tracks, "seconds": looks.tolist(), "frames": 24, "crowded": 0}
    return Finding(body, (np.array(rows), who, both.reshape(48, 17, 3)), ())


class TestEach:
    def test_what_each_does_is_told_of_each(self) -> None:
        first, second = people_in(two_people(), 1.0)
        assert {one["action"] for one in first["actions"]} == {"standing", "cycling"}
        assert {one["action"] for one in second["actions"]} == {"standing", "waving"}
        assert (first["id"], second["id"], len(second["boxes"])) == (1, 2, 8)

    def test_events_go_with_the_track(self) -> None:
        people = people_in(two_people(), 1.0)
        answer = {"actions": [], "people": people, "classes": 21}
        events = events_of(Pass(INFO, Read(1, 1.0, 0.0, ()), {}), {"actions": Answered(Status.PARTIAL, (), (), answer)})
        assert {(one.label, one.track) for one in events} == {
            ("standing", 1), ("cycling", 1), ("standing", 2), ("waving", 2)
        }  # fmt: skip
