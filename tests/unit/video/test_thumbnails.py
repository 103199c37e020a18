"""Thumbnails: the best scene first, none from fades, and what is told where something is missing."""

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import RATE, film, plain
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import InvalidInput
from socialflow.image.detections import Box
from socialflow.image.face_models import Face
from socialflow.image.records import Colours
from socialflow.kit.answers import Status, Tier
from socialflow.video import ThumbnailGenerator
from socialflow.video.candidates import ALIKE, Candidates, unlikeness, varied
from socialflow.video.fading import PLAIN, faded
from socialflow.video.reader import VideoReader
from socialflow.video.records import Luma, VideoInfo
from socialflow.video.thumbnails import ThumbnailAnalysis

stream = pytest.importorskip("socialflow.video.stream", reason="needs the media extra")
from socialflow.image.cv import smoothed, unpacked_jpeg  # noqa: E402 (needs the media extra)
from socialflow.video.observers import thumbnails  # noqa: E402
from socialflow.video.observers.shots import ShotObserver  # noqa: E402
from socialflow.video.observers.thumbnails import ThumbnailObserver  # noqa: E402

WIDTH, HEIGHT = 160, 96


def scene(seed: int, *, dull: bool = False, size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    """Patches of colour, or of nearly one grey."""
    rng = np.random.default_rng(seed)
    low, high = (95, 135) if dull else (20, 235)
    patches = rng.integers(low, high, (size[0] // 16 + 1, size[1] // 16 + 1, 3), np.uint8)
    if dull:
        patches[:] = patches[:, :, :1]
    return np.kron(patches, np.ones((16, 16, 1), np.uint8))[: size[0], : size[1]]


def soft(frame: np.ndarray) -> np.ndarray:
    """Out of focus."""
    return smoothed(frame.astype(np.float32), 6.0).astype(np.uint8)


def times(frame: np.ndarray, share: float) -> np.ndarray:
    """Darker."""
    return (frame * share).astype(np.uint8)


BEST = scene(1)
FEATURE = [
    *[plain(0, WIDTH, HEIGHT)] * 50,
    *[scene(2, dull=True)] * 50,
    *[soft(scene(3))] * 50,
    *[BEST] * 50,
    *[times(scene(4), 0.2)] * 50,
    *[plain(128, WIDTH, HEIGHT)] * 25,
]


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def feature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good scene among black, dull, blurred, dark and empty ones."""
    return film(tmp_path_factory.mktemp("films") / "feature.mp4", FEATURE)


def shown(told: Mapping[str, Any]) -> Colours:
    """The picture of a thumbnail."""
    return unpacked_jpeg(np.frombuffer(base64.b64decode(told["jpeg"]), np.uint8))


class TestChoice:
    def test_the_sharp_and_colourful_scene_comes_first(self, reader: VideoReader, feature: Path) -> None:
        told = ThumbnailGenerator(NoModels(), reader).predict(feature)
        first = told["thumbnails"][0]
        assert 150 <= first["frame"] < 200
        assert first["score"] == max(one["score"] for one in told["thumbnails"])
        assert np.abs(shown(first).astype(int) - BEST).mean() < 12
        assert not any(one["frame"] < 50 or one["frame"] >= 250 for one in told["thumbnails"])
        assert not any(100 <= one["frame"] < 150 for one in told["thumbnails"]), "it is out of focus"
        assert told["discarded"]["black"] > 0
        assert told["discarded"]["dull"] > 0
        assert told["discarded"]["blurred"] > 0

    def test_twice_is_the_same(self, reader: VideoReader, feature: Path) -> None:
        one, other = (ThumbnailGenerator(NoModels(), reader).predict(feature) for _ in range(2))
        assert one == other

    def test_awaited_it_tells_the_same(self, reader: VideoReader, feature: Path) -> None:
        generator = ThumbnailGenerator(NoModels(), reader, count=1)
        assert asyncio.run(generator.generate(feature)) == generator.predict(str(feature))

    def test_different_scenes_rather_than_the_same_again(self, reader: VideoReader, tmp_path: Path) -> None:
        frames = [frame for seed in range(4) for frame in [scene(seed)] * 60]
        told = ThumbnailGenerator(NoModels(), reader, count=4).predict(film(tmp_path / "four.mp4", frames))
        assert sorted(one["frame"] // 60 for one in told["thumbnails"]) == [0, 1, 2, 3]

    def test_none_from_fades_and_dissolves(self, reader: VideoReader, tmp_path: Path) -> None:
        one, other = scene(5), scene(6)
        up = [times(one, number / 50) for number in range(50)]
        mixed = [times(one, 1 - number / 50) + times(other, number / 50) for number in range(50)]
        down = [times(other, 1 - number / 50) for number in range(50)]
        frames = [*up, *[one] * 60, *mixed, *[other] * 60, *down, *[plain(0, WIDTH, HEIGHT)] * 10]
        told = ThumbnailGenerator(NoModels(), reader, count=20).predict(film(tmp_path / "fades.mp4", frames))
        assert told["thumbnails"]
        for thumbnail in told["thumbnails"]:
            assert 45 <= thumbnail["frame"] <= 112 or 158 <= thumbnail["frame"] <= 224, thumbnail["frame"]

    def test_what_is_blurred_throughout_is_told_as_such(self, reader: VideoReader, tmp_path: Path) -> None:
        told = ThumbnailGenerator(NoModels(), reader).predict(film(tmp_path / "soft.mp4", [soft(scene(3))] * 50))
        assert told["thumbnails"]
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["sharp", "model:face-yunet"])


class TestPictures:
    def test_crops_of_a_tall_video_hold_the_subject(self, reader: VideoReader, tmp_path: Path) -> None:
        frame = np.full((320, 180, 3), (70, 90, 70), np.uint8)
        frame[::6] += 20
        frame[60:110, 60:120] = (230, 40, 30)
        told = ThumbnailGenerator(NoModels(), reader, count=1).predict(film(tmp_path / "tall.mp4", [frame] * 30))
        box = told["thumbnails"][0]["crops"]["16:9"]
        assert box is not None
        assert (box["x"], box["width"], box["height"]) == (0, 180, 101)
        assert box["y"] <= 60
        assert box["y"] + box["height"] >= 110

    def test_large_frames_are_told_smaller(self, reader: VideoReader, tmp_path: Path) -> None:
        frames = [scene(7, size=(1088, 1920))] * 3
        thumbnail = ThumbnailGenerator(NoModels(), reader).predict(film(tmp_path / "large.mp4", frames))["thumbnails"][
            0
        ]
        assert (thumbnail["width"], thumbnail["height"]) == (1280, 725)
        assert shown(thumbnail).shape == (725, 1280, 3)

    def test_shapes_are_those_that_were_asked(self, reader: VideoReader, feature: Path) -> None:
        told = ThumbnailGenerator(NoModels(), reader, ratios=["4:5", "2:1"]).predict(feature)
        box = told["thumbnails"][0]["crops"]["4:5"]
        assert list(told["thumbnails"][0]["crops"]) == ["4:5", "2:1"]
        assert box is not None
        assert box["width"] / box["height"] == pytest.approx(0.8, abs=0.02)


class RedFaces:
    """Takes what is red for a face."""

    def find(self, colours: Colours) -> tuple[Face, ...]:
        rows, columns = np.nonzero((colours[:, :, 0] > 180) & (colours[:, :, 1:].max(2) < 90))
        if not len(rows):
            return ()
        height, width = colours.shape[:2]
        box = columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height
        return (Face(0.9, Box(*map(float, box))),)


class TestFaces:
    def test_crops_hold_them_and_frames_with_them_come_first(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(thumbnails, "opened", lambda told: RedFaces())
        ground = np.full((96, 160, 3), (60, 90, 140), np.uint8)
        ground[::6] += 40
        faced = ground.copy()
        faced[20:60, 8:40] = (230, 30, 30)
        path = film(tmp_path / "faces.mp4", [*[ground] * 40, *[faced] * 40])
        seen = stream.watch(path, [ThumbnailObserver(faces={}), ShotObserver()])
        first = ThumbnailAnalysis(NoModels(), count=2).conclude(seen).answer["thumbnails"][0]
        assert first["frame"] >= 40
        assert first["parts"]["faces"] > 0.8
        assert first["faces"][0]["left"] == pytest.approx(0.05, abs=0.02)
        for name in ("9:16", "1:1"):
            assert first["crops"][name]["faces"] == 1
            assert first["crops"][name]["x"] <= 9

    @pytest.mark.shared
    def test_a_signer_keeps_her_head(self, reader: VideoReader, tmp_path: Path) -> None:
        models = UpstreamModels(tmp_path, shared_models())
        models_pulled = asyncio.run(models.pull("face-yunet"))
        told = ThumbnailGenerator(models, reader, count=3).predict(media("video-actions") / "asl_walk.mkv")
        assert (told["status"], told["missing"]) == (Status.COMPLETE, [])
        assert models_pulled.card.name in {one.model for one in told["provenance"]}
        for one in told["thumbnails"]:
            assert len(one["faces"] or ()) == 1
            for box in one["crops"].values():
                assert box is None or box["faces"] == 1


class TestMissing:
    def test_without_pictures_it_abstains(self, reader: VideoReader, tmp_path: Path) -> None:
        import av

        path = tmp_path / "sound.wav"
        with av.open(str(path), "w") as container:
            heard = container.add_stream("pcm_s16le", rate=16_000)
            heard.layout = "mono"
            made = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.int16), format="s16", layout="mono")
            made.sample_rate = 16_000
            container.mux(heard.encode(made))
            container.mux(heard.encode())
        told = ThumbnailGenerator(NoModels(), reader).predict(path)
        assert (told["status"], told["missing"]) == (Status.ABSTAINED, ["pictures"])
        assert (told["thumbnails"], told["experiment"]) == ([], None)

    def test_without_anything_to_see_it_abstains(self, reader: VideoReader, tmp_path: Path) -> None:
        told = ThumbnailGenerator(NoModels(), reader).predict(film(tmp_path / "black.mp4", [plain(0)] * 40))
        assert (told["status"], told["missing"]) == (Status.ABSTAINED, ["usable"])

    def test_says_that_it_is_a_rule_of_thumb(self, reader: VideoReader, feature: Path) -> None:
        told = ThumbnailGenerator(NoModels(), reader).predict(feature)
        assert {one.tier for one in told["provenance"]} == {Tier.HEURISTIC}
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["model:face-yunet"])

    @pytest.mark.parametrize(
        ("options", "field"),
        [({"count": 0}, "count"), ({"count": 21}, "count"), ({"ratios": []}, "aspect_ratios")],
    )
    def test_what_cannot_be_asked(self, options: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            ThumbnailGenerator(NoModels(), **options).predict("film.mp4")
        assert refused.value.field == field


class TestExperiment:
    def test_ids_are_stable_and_shares_make_one(self, reader: VideoReader, tmp_path: Path) -> None:
        frames = [frame for seed in range(3) for frame in [scene(seed)] * 50]
        path = film(tmp_path / "three.mp4", frames)
        two, three = (ThumbnailGenerator(NoModels(), reader, count=count).predict(path) for count in (2, 3))
        test = three["experiment"]
        assert test is not None
        assert [one["id"] for one in two["thumbnails"]] == [one["id"] for one in three["thumbnails"]][:2]
        assert test["control"] == three["thumbnails"][0]["id"]
        assert [one["id"] for one in test["variants"]] == [one["id"] for one in three["thumbnails"]]
        assert sum(one["share"] for one in test["variants"]) == pytest.approx(1, abs=1e-4)
        assert test["variants"][0]["unlike"] == 0
        assert min(one["unlike"] for one in test["variants"][1:]) > ALIKE
        json.dumps([three["thumbnails"], three["experiment"], three["discarded"]], allow_nan=False)


class TestCandidates:
    @given(st.lists(st.tuples(st.floats(0.05, 1), st.integers(0, 255)), max_size=60), st.integers(1, 6))
    def test_few_are_kept_and_the_best_of_all_always(self, offers: list[tuple[float, int]], most: int) -> None:
        candidates: Candidates[float] = Candidates(most)
        for worth, shade in offers:
            candidates.offer(worth, np.full(192, shade, np.uint8), lambda worth=worth: worth)
        held = candidates.held()
        assert len(held) <= most
        assert bool(held) == bool(offers)
        if offers:
            assert max(one.worth for one in held) >= max(worth for worth, _ in offers) / 1.02 - 1e-9

    @given(st.lists(st.floats(0.05, 1), min_size=1, max_size=12), st.integers(1, 12), st.floats(0, 1))
    def test_the_worthiest_is_chosen_first_and_none_twice(
        self, worths: list[float], count: int, variety: float
    ) -> None:
        looks = np.random.default_rng(0).integers(0, 255, (len(worths), 192), np.uint8)
        chosen = varied(worths, looks, list(range(len(worths))), count, variety)
        assert worths[chosen[0]] == max(worths)
        assert len(chosen) == len(set(chosen)) == min(count, len(worths))

    def test_looks_alike(self) -> None:
        look = np.zeros(192, np.uint8)
        assert unlikeness(look, look[None])[0] == 0
        assert unlikeness(look, np.full((1, 192), 255, np.uint8))[0] == 1


class TestFading:
    def test_a_cut_from_black_is_none(self) -> None:
        contrasts = np.array([0.0] * 10 + [40.0] * 30, np.float32)
        assert faded(contrasts, RATE).sum() == 10

    def test_a_slow_rise_is_one_to_its_end(self) -> None:
        contrasts = np.concatenate([np.zeros(5), np.linspace(0, 40, 50), np.full(40, 40.0)]).astype(np.float32)
        assert faded(contrasts, RATE)[:52].all()
        assert not faded(contrasts, RATE)[58:].any()

    @given(st.lists(st.floats(0, 90, width=32), max_size=80))
    def test_any_contrasts(self, contrasts: list[float]) -> None:
        values = np.array(contrasts, np.float32)
        found = faded(values, RATE)
        assert found.shape == values.shape
        assert found[values < PLAIN].all()
        assert (faded(values[::-1].copy(), RATE)[::-1] == found).all()


class TestRate:
    @pytest.mark.parametrize(("duration", "looked"), [(5.0, 8), (300.0, 4), (3000.0, 2)])
    def test_long_videos_are_looked_at_less_often(self, duration: float, looked: int) -> None:
        class Shown:
            def __init__(self, number: int) -> None:
                self.number, self.seconds = number, number / 2

            def colours(self, largest: int | None = None) -> Colours:
                return scene(self.number)

            def luma(self) -> Luma:
                return scene(self.number)[:, :, 1]

        observer = ThumbnailObserver()
        observer.begin(VideoInfo("mp4", "h264", 160, 96, 0, 25.0, duration, None, None, None, 0, 0))
        for number in range(8):
            observer.frame(Shown(number))
        assert observer.end().body["looked"] == looked


@pytest.mark.shared
def test_public_films_have_varied_thumbnails(reader: VideoReader) -> None:
    told = ThumbnailGenerator(NoModels(), reader).predict(media("video-film") / "montage-known-cuts.mp4")
    seconds = [one["seconds"] for one in told["thumbnails"]]
    assert len(seconds) == 5
    assert max(seconds) - min(seconds) > 8
    assert all(one["parts"]["sharpness"] > 0.3 for one in told["thumbnails"])
