"""Whether pictures and videos are fit for work: what the model's classes mean, where and when, and what is said without
it."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import film, plain
from tests.shared_data import media, shared_models
from tests.stocked import reddish, stocked

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import InvalidInput, MediaUnreadable
from socialflow.image.nsfw import judged
from socialflow.image.reader import ImageReader
from socialflow.kit.answers import Status, Tier
from socialflow.moderation import NSFWDetector
from socialflow.video.nsfw import spans
from socialflow.video.reader import VideoReader

pytest.importorskip("cv2", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")

UNKNOWN = ["category:violence", "category:gore"]
RED, GREEN, GREY = (220, 20, 20), (20, 220, 20), (120, 120, 120)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("models"), {"nsfw-mobilenet-v2": {"nsfw_mobilenet_v2.onnx": reddish()}})


@pytest.fixture(scope="module")
def pictures() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def videos() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def detector(models: UpstreamModels, pictures: ImageReader, videos: VideoReader) -> NSFWDetector:
    return NSFWDetector(models, pictures=pictures, videos=videos)


def of(colour: tuple[int, int, int], height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


class TestPictures:
    def test_what_is_harmless_is_approved(self, detector: NSFWDetector) -> None:
        told = detector.predict(of(GREY))
        assert (told["is_nsfw"], told["is_safe"], told["verdict"]) == (False, True, "safe")
        assert told["recommended_action"] == "approve"
        assert told["categories"]["safe"] > 0.9
        assert told["confidence"] > 0.9
        assert told["regions"] == []

    def test_what_is_explicit_is_not(self, detector: NSFWDetector) -> None:
        told = detector.predict(of(RED))
        assert (told["is_nsfw"], told["is_safe"], told["verdict"]) == (True, False, "unsafe")
        assert told["recommended_action"] == "reject"
        assert told["categories"]["explicit"] == told["score"] == told["unsafe"] > 0.9

    def test_what_is_between_is_for_people(self, detector: NSFWDetector) -> None:
        told = detector.predict(of(GREEN))
        assert (told["is_nsfw"], told["is_safe"], told["verdict"]) == (False, False, "questionable")
        assert told["recommended_action"] == "flag_for_review"
        assert told["categories"]["suggestive"] == told["categories"]["racy"] > 0.9

    def test_what_the_model_does_not_know_is_no_zero(self, detector: NSFWDetector) -> None:
        told = detector.predict(of(GREY))
        assert (told["categories"]["violence"], told["categories"]["gore"]) == (None, None)
        assert (told["status"], told["missing"]) == (Status.PARTIAL, UNKNOWN)
        assert [one.tier for one in told["provenance"]] == [Tier.DOWNLOADED]

    def test_the_part_that_makes_it_so_is_found(self, detector: NSFWDetector) -> None:
        colours = of(GREY, 120, 180)
        colours[:60, 120:] = (255, 0, 0)
        told = detector.predict(colours)
        assert told["unsafe"] > 0.2
        assert len(told["regions"]) == 1
        region = told["regions"][0]
        assert 0.5 <= region["box"]["left"] <= 0.7
        assert region["box"]["right"] == 1.0
        assert region["box"]["top"] == 0.0
        assert 0.3 <= region["box"]["bottom"] <= 0.7
        assert region["drop"] > 0.1
        assert np.shape(told["heat"]) == (6, 6)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
    def test_files_by_path_and_by_bytes(self, detector: NSFWDetector, tmp_path: Path, kind: str) -> None:
        Image.fromarray(of(RED)).save(tmp_path / "picture", kind)
        assert detector.predict(tmp_path / "picture")["is_nsfw"]
        assert detector.predict((tmp_path / "picture").read_bytes())["is_nsfw"]

    async def test_in_another_thread(self, detector: NSFWDetector) -> None:
        assert (await detector.detect(of(RED)))["is_nsfw"]

    def test_what_breaks_off_is_for_people(self, detector: NSFWDetector, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).integers(100, 140, (200, 200, 1), np.uint8).repeat(3, 2)
        Image.fromarray(noise).save(tmp_path / "whole.jpg", quality=95)
        whole = (tmp_path / "whole.jpg").read_bytes()
        told = detector.predict(whole[: len(whole) * 2 // 3])
        assert told["missing"] == [*UNKNOWN, "end"]
        assert told["recommended_action"] == "flag_for_review"

    def test_what_is_no_media(self, detector: NSFWDetector, tmp_path: Path) -> None:
        with pytest.raises(MediaUnreadable):
            detector.predict(b"hello")
        with pytest.raises(MediaUnreadable):
            detector.predict(tmp_path / "none.png")


def grained(colour: tuple[int, int, int]) -> np.ndarray:
    """A frame of about one colour with something to see on it."""
    frame = of(colour).astype(np.int16)
    frame[::2] += 30
    frame[1::2] -= 30
    return frame.clip(0, 255).astype(np.uint8)


class TestVideos:
    def test_when_it_is(self, detector: NSFWDetector, tmp_path: Path) -> None:
        frames = [*[grained(GREY)] * 15, *[grained(RED)] * 10, *[grained(GREY)] * 10]
        told = detector.predict(film(tmp_path / "clip.mp4", frames, rate=5))
        assert told["is_nsfw"]
        assert [(span["start"], span["end"]) for span in told["spans"]] == [(3.0, 5.0)]
        assert told["share"] == pytest.approx(2 / 7, abs=1e-3)
        assert 3.0 <= told["peak"]["seconds"] < 5.0
        assert len(told["timeline"]) == 7
        assert (told["status"], told["missing"]) == (Status.PARTIAL, UNKNOWN)
        assert told["recommended_action"] == "reject"
        json.dumps({name: value for name, value in told.items() if name != "provenance"})

    def test_harmless(self, detector: NSFWDetector, tmp_path: Path) -> None:
        told = detector.predict(film(tmp_path / "clip.mp4", [grained(GREY)] * 20, rate=5))
        assert (told["is_nsfw"], told["spans"], told["recommended_action"]) == (False, [], "approve")

    def test_a_single_second_is_for_people(self, detector: NSFWDetector, tmp_path: Path) -> None:
        frames = [*[grained(GREY)] * 15, *[grained(RED)] * 5, *[grained(GREY)] * 10]
        told = detector.predict(film(tmp_path / "clip.mp4", frames, rate=5))
        assert (told["is_nsfw"], told["recommended_action"]) == (True, "flag_for_review")

    def test_frames_that_show_nothing_are_not_judged(self, detector: NSFWDetector, tmp_path: Path) -> None:
        frames = [*[grained(GREY)] * 10, *[of(RED)] * 10]
        told = detector.predict(film(tmp_path / "clip.mp4", frames, rate=5))
        assert (told["is_nsfw"], len(told["timeline"])) == (False, 2)
        told = detector.predict(film(tmp_path / "plain.mp4", [plain(10)] * 10, rate=5))
        assert (told["status"], told["recommended_action"]) == (Status.ABSTAINED, "flag_for_review")
        assert told["missing"] == ["pictures", *UNKNOWN]

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.1, 1))
    def test_spans_hold_what_is_over_and_nothing_else(self, scores: list[float], threshold: float) -> None:
        found = spans(np.arange(len(scores), dtype=np.float64), np.array(scores), threshold)
        inside = [any(span["start"] <= second < span["end"] for span in found) for second in range(len(scores))]
        assert inside == [score >= threshold for score in scores]


class TestWithoutTheModel:
    def test_people_have_to_look(self) -> None:
        told = NSFWDetector(NoModels()).predict(of(GREY))
        assert (told["is_nsfw"], told["is_safe"]) == (None, False)
        assert told["recommended_action"] == "flag_for_review"
        assert told["status"] is Status.ABSTAINED
        assert told["missing"] == ["model:nsfw-mobilenet-v2", *UNKNOWN]
        assert set(told["categories"].values()) == {None}

    def test_at_videos_too(self, videos: VideoReader, tmp_path: Path) -> None:
        clip = film(tmp_path / "clip.mp4", [plain(120)] * 10)
        told = NSFWDetector(NoModels(), videos=videos).predict(clip)
        assert (told["status"], told["recommended_action"]) == (Status.ABSTAINED, "flag_for_review")


class TestJudging:
    @given(st.lists(st.floats(0.001, 1), min_size=5, max_size=5), st.floats(0.01, 1))
    def test_a_milder_threshold_never_approves_less(self, values: list[float], threshold: float) -> None:
        shares = dict(
            zip(("drawing", "hentai", "neutral", "porn", "sexy"), np.array(values) / sum(values), strict=True)
        )
        strict, mild = judged(shares, threshold), judged(shares, 1.0)
        order = ["approve", "flag_for_review", "reject"]
        assert order.index(mild["recommended_action"]) <= order.index(strict["recommended_action"])
        assert not (strict["is_nsfw"] and strict["is_safe"])

    @pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5])
    def test_a_threshold_is_a_probability(self, threshold: float) -> None:
        with pytest.raises(InvalidInput):
            NSFWDetector(NoModels(), threshold=threshold)


@pytest.mark.shared
def test_no_ordinary_photo_is_explicit(pictures: ImageReader, tmp_path: Path) -> None:
    detector = NSFWDetector(UpstreamModels(tmp_path, shared_models()), pictures=pictures)
    folder = media("photos")
    told = {path.name: detector.predict(path) for path in sorted(folder.glob("*.*g"))}
    assert len(told) == 55
    assert max(one["unsafe"] for one in told.values()) <= 0.5
    assert not any(one["is_nsfw"] for one in told.values())
    assert not any(one["recommended_action"] == "reject" for one in told.values())
    assert sum(one["recommended_action"] == "approve" for one in told.values()) >= 50


@pytest.mark.shared
@pytest.mark.parametrize("clip", ["video-film/big-buck-bunny_trailer.webm", "video-handheld/rabbit.mp4"])
def test_ordinary_clips_are_approved(videos: VideoReader, tmp_path: Path, clip: str) -> None:
    folder, _, name = clip.partition("/")
    detector = NSFWDetector(UpstreamModels(tmp_path, shared_models()), videos=videos)
    told = detector.predict(media(folder) / name)
    assert (told["is_nsfw"], told["recommended_action"]) == (False, "approve")
