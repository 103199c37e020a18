"""Signs of violence: what counts, what takes its weight away, and that one sign alone is never enough."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import film, noise, plain
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import InvalidInput
from socialflow.kit.answers import Answered, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.moderation import ViolenceDetector
from socialflow.video.observers.blood import share_of_blood
from socialflow.video.reader import VideoReader
from socialflow.video.records import Pass, Read, VideoInfo
from socialflow.video.violence import BLOOD, HEARD, STIR, THRESHOLD, WEAPONS, Sign, ViolenceAnalysis, combined

pytest.importorskip("av", reason="needs the media extra")

INFO = VideoInfo("mp4", "h264", 64, 48, 0, 25.0, 4.0, None, "yuv420p", None, 0, 0)


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


def passed(*, blood: float = 0.0, objects: Sequence[str] = (), sounds: Sequence[str] = (), motion: float = 0.0) -> Pass:
    """A pass over one shot of four seconds that found these."""
    shot = {"first": 0, "last": 99, "start": 0.0, "end": 4.0, "motion": motion, "keyframes": []}
    labels = ["Speech", *HEARD]
    tracks = [{"label": label, "score": 1.0} for label in objects]
    rows = np.array([(place, 1.0, 0, 0, 1, 1) for place in range(len(objects))], np.float64).reshape(-1, 6)
    heard = np.array([[float(label in sounds) for label in labels]] * 8, np.float32)
    findings = {
        "shots": Finding({"shots": [shot], "transitions": [], "flashes": []}, (np.zeros((0, 9, 16), np.uint8),)),
        "blood": Finding({"frames": 2}, (np.array([0.0, 2.0]), np.array([0.0, blood], np.float32))),
        "objects": Finding({"tracks": tracks, "seconds": [1.0]}, (rows,)),
        "events": Finding({"labels": labels, "hop": 0.48, "window": 0.975}, (heard,)),
    }
    return Pass(INFO, Read(100, 4.0, 4.0, ()), findings)


def told(seen: Pass) -> Answered:
    return ViolenceAnalysis(NoModels()).conclude(seen)


class TestSigns:
    def test_several_together_are_flagged_and_never_rejected(self) -> None:
        answer = told(passed(blood=0.3, objects=["person", "knife"], sounds=["Screaming"])).answer
        assert answer["is_violent"]
        assert answer["recommended_action"] == "flag_for_review"
        assert [sign["name"] for sign in answer["scenes"][0]["signs"]] == ["blood", "weapon", "sound"]

    def test_one_alone_is_not_enough(self) -> None:
        weights = [BLOOD[2], STIR[2], *WEAPONS.values(), *HEARD.values()]
        assert max(weights) < THRESHOLD
        for seen in (passed(blood=1.0), passed(objects=["knife"]), passed(sounds=["Gunshot, gunfire"])):
            assert 0 < told(seen).answer["score"] < THRESHOLD

    @pytest.mark.parametrize(
        ("weapon", "beside"), [("knife", "pizza"), ("scissors", "book"), ("baseball bat", "sports ball")]
    )
    def test_what_lies_beside_takes_the_weight_away(self, weapon: str, beside: str) -> None:
        answer = told(passed(objects=[weapon, beside])).answer
        assert answer["score"] == 0.0
        assert answer["scenes"][0]["signs"][0]["detail"] == f"{weapon}, beside {beside}"

    def test_movement_adds(self) -> None:
        calm, wild = (told(passed(sounds=["Gunshot, gunfire"], motion=motion)).answer for motion in (10.0, 100.0))
        assert wild["score"] > calm["score"]

    @given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=6))
    def test_a_sign_more_never_makes_it_less(self, values: list[tuple[float, float]]) -> None:
        signs = [Sign("x", value, weight, "") for value, weight in values]
        scores = [combined(signs[:count]) for count in range(len(signs) + 1)]
        assert scores == sorted(scores)
        assert all(0 <= score <= 1 for score in scores)

    def test_the_colour_of_blood(self) -> None:
        assert share_of_blood(np.full((4, 4, 3), (130, 15, 20), np.uint8)) == 1.0
        for colour in ((250, 30, 30), (200, 140, 110), (90, 60, 50), (10, 0, 0), (128, 128, 128)):
            assert share_of_blood(np.full((4, 4, 3), colour, np.uint8)) == 0.0


class TestAnswer:
    def test_it_is_always_partial(self) -> None:
        answered = told(passed())
        assert answered.status is Status.PARTIAL
        assert answered.missing[0] == "classifier:violence"
        assert answered.provenance[0].tier is Tier.HEURISTIC

    def test_a_file_without_any_model(self, reader: VideoReader, tmp_path: Path) -> None:
        clip = film(tmp_path / "clip.mp4", [*[noise(1)] * 30, *[plain(90)] * 30])
        found = ViolenceDetector(NoModels(), reader=reader).predict(clip)
        assert (found["is_violent"], found["recommended_action"]) == (False, "approve")
        assert found["status"] is Status.PARTIAL
        assert {"classifier:violence", "model:audio-events-yamnet"} <= set(found["missing"])
        assert found == ViolenceDetector(NoModels(), reader=reader).predict(clip.read_bytes())

    async def test_scene_by_scene(self, reader: VideoReader, tmp_path: Path) -> None:
        red = np.full((48, 64, 3), (130, 15, 20), np.uint8)
        clip = film(tmp_path / "clip.mp4", [*[plain(90)] * 50, *[red] * 50])
        found = await ViolenceDetector(NoModels(), reader=reader).detect(clip)
        assert [scene["score"] for scene in found["scenes"]] == [0.0, 0.5]
        assert found["scenes"][1]["start"] == pytest.approx(2.0, abs=0.1)

    def test_sound_alone_is_for_people(self) -> None:
        nothing = Finding({"frames": 0}, (np.zeros(0), np.zeros(0, np.float32)), ("pictures",))
        seen = passed()
        answered = told(Pass(seen.info, seen.read, {**seen.findings, "blood": nothing}))
        assert (answered.status, answered.answer["recommended_action"]) == (Status.ABSTAINED, "flag_for_review")

    @pytest.mark.parametrize("threshold", [0.0, 1.1])
    def test_a_threshold_is_a_probability(self, threshold: float) -> None:
        with pytest.raises(InvalidInput):
            ViolenceDetector(NoModels(), threshold=threshold)


@pytest.mark.shared
@pytest.mark.parametrize("clip", ["basketball.mp4", "asl_book.mkv", "juggle_vertical_crop.mp4"])
def test_ordinary_clips_are_not_flagged(reader: VideoReader, tmp_path: Path, clip: str) -> None:
    detector = ViolenceDetector(UpstreamModels(tmp_path, shared_models()), reader=reader)
    found = detector.predict(media("video-actions") / clip)
    assert (found["is_violent"], found["recommended_action"]) == (False, "approve")
    assert found["score"] is not None
