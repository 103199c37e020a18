"""What people do: rules over joints, clips for a trained model, and what is said without either."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import film, plain
from tests.shared_data import media, shared_models
from tests.stocked import colour_actions, stocked

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.records import Installed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.kit.analyses import watched_by
from socialflow.kit.answers import Status, Tier
from socialflow.video import ActionRecognizer
from socialflow.video.actions import Action, ActionAnalysis, Person, localised, shown_by
from socialflow.video.objects import ObjectAnalysis
from socialflow.video.poses import ACTIONS, actions_in
from socialflow.video.reader import VideoReader

pytest.importorskip("cv2", reason="needs the media extra")

FRAMES = 8
LEFT, RIGHT = (11, 13, 15), (12, 14, 16)


def upright(frames: int = FRAMES) -> np.ndarray:
    """Somebody who stands still, 1 high, with a torso of 0.3."""
    body = np.zeros((frames, 17, 3))
    body[:, :5, :2] = (0.5, 0.1)
    for pair, y, half in (
        ((5, 6), 0.2, 0.08), ((7, 8), 0.35, 0.1), ((9, 10), 0.5, 0.1), ((11, 12), 0.5, 0.05), ((13, 14), 0.72, 0.05),
        ((15, 16), 0.95, 0.05),
    ):  # fmt: skip
        for joint, side in zip(pair, (1, -1), strict=True):
            body[:, joint, :2] = (0.5 + side * half, y)
    body[:, :, 2] = 0.9
    return body


def best(body: np.ndarray) -> str:
    scores = actions_in(body)
    return max(scores, key=lambda name: scores[name])


class TestRules:
    def test_standing(self) -> None:
        assert actions_in(upright())["standing"] == 1.0
        assert best(upright()) == "standing"

    def test_sitting(self) -> None:
        body = upright()
        body[:, [13, 14], :2] = [(0.75, 0.5), (0.7, 0.5)]  # seen from the side
        body[:, [15, 16], :2] = [(0.75, 0.75), (0.7, 0.75)]
        assert best(body) == "sitting"

    def test_lying(self) -> None:
        body = upright()
        body[:, :, :2] = body[:, :, [1, 0]]
        assert best(body) == "lying"

    def test_walking(self) -> None:
        body = upright()
        swing = 0.22 * np.sin(np.arange(FRAMES) * np.pi / 2 + np.pi / 4)
        for joint, side in ((15, 1), (16, -1)):
            body[:, joint, 0] = 0.5 + side * swing
            body[:, joint - 2, 0] = 0.5 + side * swing / 2
        assert best(body) == "walking"

    def test_running_bends_the_knees(self) -> None:
        body = upright()
        swing = 0.3 * np.sin(np.arange(FRAMES) * np.pi / 2 + np.pi / 4)
        for joint, side in ((15, 1), (16, -1)):
            back = side * swing < 0
            body[:, joint, 0] = 0.5 + side * swing
            body[:, joint, 1] = np.where(back, 0.75, 0.95)
            body[:, joint - 2, 0] = np.where(back, 0.5, 0.5 + side * swing / 2)
        assert best(body) == "running"

    def test_jumping(self) -> None:
        body = upright()
        body[:, :, 1] -= np.array([0, 0, 0.1, 0.2, 0.2, 0.1, 0, 0])[:, None]
        assert best(body) == "jumping"

    def test_kicking_lifts_one_foot(self) -> None:
        body = upright()
        body[[3, 4], 15, 1] = 0.6
        body[[3, 4], 13, 1] = 0.55
        assert best(body) == "kicking"

    def test_waving(self) -> None:
        body = upright()
        body[:, 9, 1], body[:, 7, 1] = 0.05, 0.2
        body[:, 9, 0] = 0.6 + 0.08 * (-1) ** np.arange(FRAMES)
        scores = actions_in(body)
        assert scores["waving"] == 1.0
        assert scores["gesturing"] == 0.0

    def test_gesturing(self) -> None:
        body = upright()
        body[:, [9, 10], 1] = (0.5 - 0.12 * (np.arange(FRAMES) % 3))[:, None]
        scores = actions_in(body)
        assert scores["gesturing"] == 1.0
        assert scores["waving"] == 0.0

    def test_only_what_is_seen_is_judged(self) -> None:
        body = upright()
        body[:, 13:, 2] = 0.05
        assert not {"standing", "walking", "sitting"} & set(actions_in(body))
        body[:, 11:, 2] = 0.05
        assert actions_in(body) == {}
        assert actions_in(upright(2)) == {}

    def test_joints_that_the_model_guesses_are_not_judged(self) -> None:
        body = upright()
        body[:, 13:, 2] = 0.4
        assert "standing" not in actions_in(body)
        body[:, [5, 6, 11, 12], 2] = 0.4
        assert actions_in(body) == {}

    def test_who_bends_one_knee_does_not_run(self) -> None:
        body = upright()
        swing = 0.3 * np.sin(np.arange(FRAMES) * np.pi / 2 + np.pi / 4)
        body[:, 15, 0], body[:, 16, 0] = 0.5 + swing, 0.5 - swing
        body[::2, 15, 1], body[::2, 13, 0] = 0.75, 0.5
        assert actions_in(body)["running"] == 0.0

    @given(st.integers(0, 2**32 - 1), st.floats(0.05, 4), st.floats(-2, 2))
    def test_size_and_place_do_not_matter(self, seed: int, scale: float, shift: float) -> None:
        rng = np.random.default_rng(seed)
        body = upright()
        body[:, :, :2] += rng.normal(0, 0.05, (FRAMES, 17, 2))
        moved = body.copy()
        moved[:, :, :2] = moved[:, :, :2] * scale + shift
        first, second = actions_in(body), actions_in(moved)
        assert set(first) == set(second) <= set(ACTIONS)
        assert all(0 <= value <= 1 for value in first.values())
        assert list(first.values()) == pytest.approx(list(second.values()), abs=1e-3)


class TestSpans:
    def test_what_touches_is_one_and_what_does_not_are_two(self) -> None:
        seen = [(0.0, 1.6, {"waving": 0.6}), (0.8, 2.4, {}), (1.6, 3.2, {"waving": 0.9}), (4.0, 5.6, {"waving": 0.5})]
        found = localised(seen, 0.5)
        assert [(one["start"], one["end"], one["confidence"]) for one in found] == [(0.0, 3.2, 0.9), (4.0, 5.6, 0.5)]

    def test_the_picture_shows_what_anybody_does(self) -> None:
        people = [person(1, ("standing", 0.0, 2.0)), person(2, ("standing", 1.0, 3.0), ("waving", 1.0, 2.0))]
        people.append(person(3, ("standing", 5.0, 6.0)))
        found = [(one["action"], one["start"], one["end"], one["people"]) for one in shown_by(people)]
        assert found == [("standing", 0.0, 3.0, [1, 2]), ("waving", 1.0, 2.0, [2]), ("standing", 5.0, 6.0, [3])]


def person(number: int, *actions: tuple[str, float, float]) -> Person:
    """Somebody who does this."""
    told = [Action(action=name, confidence=0.9, start=start, end=end) for name, start, end in actions]
    return Person(id=number, first=0.0, last=6.0, boxes=[], actions=told)


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("models"), {"action-r3d18-kinetics": colour_actions(7, 300)})


class TestTrained:
    def test_clips_are_named_and_placed(self, trained: UpstreamModels, reader: VideoReader, tmp_path: Path) -> None:
        red, green = (np.full((48, 64, 3), colour, np.uint8) for colour in ((240, 10, 10), (10, 240, 10)))
        clip = film(tmp_path / "clip.mp4", [*[red] * 48, *[green] * 48], rate=15)
        told = ActionRecognizer(trained, reader).predict(clip)
        assert (told["status"], told["missing"], told["classes"]) == (Status.COMPLETE, [], 400)
        assert [one["action"] for one in told["actions"]] == ["action 7", "action 300"]
        first, second = told["actions"]
        assert (first["start"], second["end"]) == (0.0, pytest.approx(96 / 15, abs=0.1))
        assert first["end"] == pytest.approx(48 / 15, abs=0.15)
        assert told["provenance"][0].tier is Tier.DOWNLOADED

    def test_a_film_shorter_than_a_clip(self, trained: UpstreamModels, reader: VideoReader, tmp_path: Path) -> None:
        red = np.full((48, 64, 3), (240, 10, 10), np.uint8)
        told = ActionRecognizer(trained, reader).predict(film(tmp_path / "short.mp4", [red] * 5))
        assert [one["action"] for one in told["actions"]] == ["action 7"]

    def test_asynchronously(self, trained: UpstreamModels, reader: VideoReader, tmp_path: Path) -> None:
        red = np.full((48, 64, 3), (240, 10, 10), np.uint8)
        told = asyncio.run(ActionRecognizer(trained, reader).detect(film(tmp_path / "short.mp4", [red] * 30)))
        assert told["actions"][0]["action"] == "action 7"


class TestWithoutModels:
    def test_it_abstains_and_names_both(self, reader: VideoReader, tmp_path: Path) -> None:
        told = ActionRecognizer(NoModels(), reader).predict(film(tmp_path / "clip.mp4", [plain(90)] * 5))
        assert (told["status"], told["actions"]) == (Status.ABSTAINED, [])
        assert told["missing"] == ["model:action-r3d18-kinetics", "model:pose-movenet-lightning"]


@pytest.mark.shared
class TestClips:
    @pytest.fixture
    def recogniser(self, reader: VideoReader, tmp_path: Path) -> ActionRecognizer:
        return ActionRecognizer(UpstreamModels(tmp_path, shared_models()), reader)

    def test_a_juggler_stands_and_kicks(self, recogniser: ActionRecognizer) -> None:
        told = recogniser.predict(media("video-actions") / "juggle_vertical_crop.mp4")
        assert {"standing", "kicking"} <= {one["action"] for one in told["actions"]}
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["model:action-r3d18-kinetics"])
        assert {one.tier for one in told["provenance"]} == {Tier.HEURISTIC, Tier.DOWNLOADED}

    def test_whose_joints_are_not_seen_is_not_guessed_at(self, recogniser: ActionRecognizer) -> None:
        told = recogniser.predict(media("video-people-traffic") / "people-detection.gif")
        assert (told["status"], told["actions"]) == (Status.ABSTAINED, [])
        assert told["missing"] == ["model:action-r3d18-kinetics", "joints"]
        assert [one["actions"] for one in told["people"]] == [[]]

    def test_two_people_side_by_side(self, recogniser: ActionRecognizer, beside: Path) -> None:
        juggler, signer = sorted(recogniser.predict(beside)["people"], key=lambda one: one["boxes"][0]["box"]["left"])
        assert "standing" in {one["action"] for one in juggler["actions"]}
        assert {one["action"] for one in signer["actions"]} == {"gesturing"}

    def test_without_a_model_of_objects_one_person_is_followed(
        self, reader: VideoReader, tmp_path: Path, beside: Path
    ) -> None:
        lacking = Lacking(UpstreamModels(tmp_path, shared_models()))
        told = ActionRecognizer(lacking, reader).predict(beside)
        assert (told["status"], len(told["people"])) == (Status.PARTIAL, 1)
        assert told["missing"] == ["model:action-r3d18-kinetics", "model:yolox-nano-coco"]

    def test_people_have_the_numbers_that_they_have_among_objects(
        self, reader: VideoReader, tmp_path: Path, beside: Path
    ) -> None:
        models = UpstreamModels(tmp_path, shared_models())
        actions, objects = ActionAnalysis(models), ObjectAnalysis(models)
        seen = reader.watch(beside, watched_by([actions, objects]))
        people, tracks = actions.conclude(seen).answer["people"], objects.conclude(seen).answer["tracks"]
        told = {one["id"]: one["boxes"] for one in tracks if one["label"] == "person"}
        assert {one["id"]: one["boxes"] for one in people} == told


class Lacking:
    """Models, but those that find objects."""

    def __init__(self, models: UpstreamModels) -> None:
        self._models = models

    def open(self, name: str) -> Installed:
        return NoModels().open(name) if name.endswith("-coco") else self._models.open(name)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A juggler to the left of somebody who signs."""
    clips = [media("video-actions") / name for name in ("05_default_juggle.mp4", "asl_book.mkv")]
    rows = zip(*(small_frames(clip, 240, 3.0) for clip in clips), strict=False)
    return film(tmp_path_factory.mktemp("beside") / "clip.mp4", [np.hstack(row) for row in rows], rate=12)


def small_frames(clip: Path, height: int, seconds: float) -> Iterator[np.ndarray]:
    """Twelve frames a second of the beginning of a clip."""
    import av

    due = 0.0
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            if frame.time >= seconds:
                return
            if frame.time >= due - 1e-6:
                due += 1 / 12
                yield frame.to_ndarray(
                    format="rgb24", height=height, width=frame.width * height // frame.height // 2 * 2
                )
