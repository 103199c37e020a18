"""Scenes: which shots belong together, what kind each scene is, and what is said where something is missing."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import RATE, film, noise, plain
from tests.shared_data import SHARED

from socialflow.errors import MediaUnreadable
from socialflow.kit.analyses import watched_by
from socialflow.kit.answers import Status, Tier
from socialflow.video import SceneDetector
from socialflow.video.analysis import report
from socialflow.video.grouping import grouped, likeness
from socialflow.video.reader import VideoReader
from socialflow.video.records import SOUND_RATE
from socialflow.video.scenes import Evidence, SceneAnalysis, classes

pytest.importorskip("av", reason="needs the media extra")

A, B, C = noise(1), noise(2), noise(3)


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


def swelling(seconds: float, rate: float) -> np.ndarray:
    """Noise that swells so many times a second."""
    at = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    sound = np.random.default_rng(0).normal(0, 0.2, len(at)) * np.clip(np.sin(np.pi * rate * at), 0, 1) ** 2
    return sound.astype(np.float32)


class TestDetector:
    def test_views_that_take_turns_are_one_scene(self, reader: VideoReader, tmp_path: Path) -> None:
        frames = [*[A] * 30, *[B] * 30, *[A] * 30, *[B] * 30, *[C] * 40]
        told = SceneDetector(reader).predict(film(tmp_path / "turns.mp4", frames))
        assert [scene["shots"] for scene in told["scenes"]] == [[0, 1, 2, 3], [4]]
        assert [scene["start"] for scene in told["scenes"]] == pytest.approx([0, 120 / RATE])
        assert len(told["shots"]) == 5
        assert told["duration"] == pytest.approx(160 / RATE)
        assert len(told["keyframes"]) == 5

    def test_says_what_made_it_and_what_is_missing(self, reader: VideoReader, tmp_path: Path) -> None:
        path = film(tmp_path / "mute.mp4", [A] * 40)
        told = SceneDetector(reader).predict(path)
        assert {one.tier for one in told["provenance"]} == {Tier.HEURISTIC}
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["sound"])
        assert told["scenes"][0]["speech"] is None
        told = SceneDetector(reader, sound=False).predict(path)
        assert (told["status"], told["missing"]) == (Status.COMPLETE, [])

    def test_speech_makes_a_calm_scene_a_dialogue(self, reader: VideoReader, tmp_path: Path) -> None:
        told = SceneDetector(reader).predict(film(tmp_path / "talk.mp4", [A] * 200, sound=swelling(8, 4.5)))
        assert [scene["scene_class"] for scene in told["scenes"]] == ["dialogue"]
        assert told["status"] == Status.COMPLETE

    def test_much_movement_makes_it_action(self, reader: VideoReader, tmp_path: Path) -> None:
        wide = noise(4, 64 + 4 * 200)
        frames = [wide[:, 4 * number : 4 * number + 64] for number in range(200)]
        told = SceneDetector(reader).predict(film(tmp_path / "run.mp4", frames, sound=swelling(8, 0.2)))
        assert [scene["scene_class"] for scene in told["scenes"]] == ["action"]

    def test_a_card_for_a_moment_is_a_transition(self, reader: VideoReader, tmp_path: Path) -> None:
        card = plain(240)
        card[20:28, 16:48] = 30
        told = SceneDetector(reader, sound=False).predict(film(tmp_path / "card.mp4", [*[A] * 40, *[card] * 40]))
        assert told["scenes"][-1]["scene_class"] == "transition"

    def test_awaited_it_tells_the_same(self, reader: VideoReader, tmp_path: Path) -> None:
        path = film(tmp_path / "two.mp4", [A] * 30 + [B] * 30)
        detector = SceneDetector(reader)
        assert asyncio.run(detector.detect(str(path))) == detector.predict(path)

    def test_without_pictures_it_abstains(self, reader: VideoReader, tmp_path: Path) -> None:
        path = tmp_path / "sound.wav"
        write_wav(path)
        told = SceneDetector(reader).predict(path)
        assert (told["status"], told["scenes"]) == (Status.ABSTAINED, [])
        assert told["missing"] == ["pictures"]

    def test_what_is_no_video_is_refused(self, reader: VideoReader, tmp_path: Path) -> None:
        path = tmp_path / "text.mp4"
        path.write_text("hello")
        with pytest.raises(MediaUnreadable):
            SceneDetector(reader).predict(path)


def write_wav(path: Path) -> None:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes((swelling(2, 4) * 20000).astype("<i2").tobytes())


class TestAnalysis:
    def test_is_one_of_those_of_a_pass(self, reader: VideoReader, tmp_path: Path) -> None:
        analysis = SceneAnalysis()
        seen = reader.watch(film(tmp_path / "two.mp4", [A] * 30 + [B] * 30), watched_by([analysis]))
        told = report(seen, [analysis])
        answer = told.analyses["scene"]
        assert told.missing == ("scene:sound",)
        assert json.loads(json.dumps(answer.answer)) == answer.answer
        assert set(answer.answer) == {"scenes", "shots", "transitions", "flashes", "keyframes", "duration"}


class TestGrouping:
    def test_far_apart_nothing_is_linked(self) -> None:
        one, other = A[None, :9, :16, 0], B[None, :9, :16, 0]
        near = grouped([(0, 1), (1, 2), (2, 3)], [one, other, one])
        far = grouped([(0, 1), (1, 60), (60, 61)], [one, other, one])
        assert (near, far) == ([range(3)], [range(1), range(1, 2), range(2, 3)])

    def test_nothing_is_no_scene(self) -> None:
        assert grouped([], []) == []

    @given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
    def test_scenes_cover_all_shots_in_order(self, views: list[int]) -> None:
        rng = np.random.default_rng(0)
        pictures = rng.integers(0, 256, (6, 1, 9, 16), np.uint8)
        scenes = grouped([(place, place + 1.0) for place in range(len(views))], [pictures[view] for view in views])
        assert [place for scene in scenes for place in scene] == list(range(len(views)))

    @given(st.integers(0, 99), st.integers(0, 99))
    def test_likeness_is_even_and_from_nothing_to_one(self, seed: int, other: int) -> None:
        one, two = (np.random.default_rng(number).integers(0, 256, (2, 9, 16), np.uint8) for number in (seed, other))
        assert likeness(one, one) == pytest.approx(1)
        assert 0 <= likeness(one, two) <= 1.0001
        assert likeness(one, two) == pytest.approx(likeness(two, one))


amounts = st.floats(0, 1000)
shares = st.floats(0, 1)


class TestClasses:
    @given(st.builds(Evidence, amounts, amounts, amounts, shares, shares, st.none() | shares))
    def test_scores_are_shares(self, evidence: Evidence) -> None:
        assert all(0 <= score <= 1 for score in classes(evidence).values())

    def test_where_nothing_speaks_for_any_all_are_low(self) -> None:
        assert max(classes(Evidence(60.0, 8.0, 0.0, 0.0, 0.0, 0.0)).values()) < 0.25


class TestFilms:
    def test_narration_is_told_from_pictures_alone(self, reader: VideoReader) -> None:
        path = SHARED / "media" / "speech" / "nasa_13013.mp4"
        if not path.is_file():
            pytest.skip(f"{path} is absent; set SOCIALFLOW_SHARED to the folder that holds media/speech")
        told = SceneDetector(reader).predict(path)
        assert {scene["scene_class"] for scene in told["scenes"]} == {"dialogue"}
        assert [(one["kind"], one["first"]) for one in told["transitions"]] == [("dissolve", 127), ("cut", 202)]
