"""Objects and faces of videos: tracks, counts, and what is said without models."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.clips import film, noise
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.kit.analyses import watched_by
from socialflow.kit.answers import Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video import ObjectDetector
from socialflow.video.analysis import report
from socialflow.video.objects import FaceAnalysis, ObjectAnalysis, timeline_of, tracks_of
from socialflow.video.reader import VideoReader

av = pytest.importorskip("av", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return UpstreamModels(tmp_path_factory.mktemp("models"), shared_models())


@pytest.fixture(scope="module")
def panned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three women, from left to right and away, over four seconds."""
    photo = np.asarray(Image.open(media("photos") / "people-3104635.jpg").convert("RGB"))[:426]
    wide = np.hstack((photo, np.full((426, 640, 3), 120, np.uint8)))
    frames = [wide[:, 5 * number : 5 * number + 640] for number in range(40)]
    return film(tmp_path_factory.mktemp("clips") / "panned.mp4", frames, rate=10)


class TestWithoutModels:
    def test_objects_abstain(self, reader: VideoReader, tmp_path: Path) -> None:
        told = ObjectDetector(NoModels(), reader).predict(film(tmp_path / "clip.mp4", [noise(1)] * 5))
        assert (told["status"], told["missing"]) == (Status.ABSTAINED, ["model:yolox-nano-coco"])
        assert (told["tracks"], told["counts"], told["timeline"]) == ([], {}, [])

    def test_faces_are_partial(self, reader: VideoReader, tmp_path: Path) -> None:
        analysis = FaceAnalysis(NoModels())
        seen = reader.watch(film(tmp_path / "clip.mp4", [noise(1)] * 5), watched_by([analysis]))
        answer = report(seen, [analysis]).analyses["faces"]
        assert (answer.status, answer.missing) == (Status.PARTIAL, ("model:face-yunet",))
        assert {one.tier for one in answer.provenance} == {Tier.HEURISTIC}


class TestPeople:
    def test_each_is_one_track(self, models: UpstreamModels, reader: VideoReader, panned: Path) -> None:
        detector = ObjectDetector(models, reader)
        told = detector.predict(panned)
        assert (told["status"], told["missing"]) == (Status.COMPLETE, [])
        assert told["counts"]["person"] == told["most"]["person"] == 3
        assert [track["id"] for track in told["tracks"]] == list(range(1, len(told["tracks"]) + 1))
        assert json.loads(json.dumps(told["tracks"])) == told["tracks"]
        assert asyncio.run(detector.detect(str(panned))) == told

    def test_faces_as_well_in_the_same_pass(self, models: UpstreamModels, reader: VideoReader, panned: Path) -> None:
        analyses = [FaceAnalysis(models), ObjectAnalysis(models)]
        told = report(reader.watch(panned, watched_by(analyses)), analyses)
        assert told.status is Status.COMPLETE
        assert told.analyses["faces"].answer["counts"] == {"face": 3}
        assert told.analyses["objects"].answer["counts"]["person"] == 3


class TestTraffic:
    def test_two_cars_at_the_same_time(self, models: UpstreamModels, reader: VideoReader, tmp_path: Path) -> None:
        """In frames 182 to 229 and 192 to 239; seen from above, the model calls them by other names."""
        with av.open(str(media("video-people-traffic") / "car-detection.mp4")) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][170:250]
        told = ObjectDetector(models, reader).predict(film(tmp_path / "cars.mp4", frames, rate=12))
        assert len(told["tracks"]) == 2
        one, other = told["tracks"]
        assert one["first"] < other["first"] < one["last"] < other["last"]


class TestTimeline:
    def test_it_tells_wherever_a_number_changes(self) -> None:
        rows = [[0, 0, 0, 0, 1, 1], [0, 1, 0, 0, 1, 1], [1, 0.5, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1]]
        body = {
            "tracks": [{"label": "dog", "score": 0.9}, {"label": "dog", "score": 0.8}],
            "seconds": [0.0, 0.5, 1.0, 1.5],
        }
        tracks = tracks_of(Finding(body, (np.array(rows),)))
        assert [(track["id"], track["first"], track["last"]) for track in tracks] == [(1, 0, 1), (2, 0.5, 1)]
        assert timeline_of(tracks, body["seconds"]) == [
            {"seconds": 0.0, "counts": {"dog": 1}},
            {"seconds": 0.5, "counts": {"dog": 2}},
            {"seconds": 1.5, "counts": {}},
        ]

    def test_nothing_is_no_track(self) -> None:
        assert tracks_of(Finding({"tracks": [], "seconds": [0.0]}, (np.zeros((0, 6)),))) == []
