"""What videos are of, second by second."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.clips import film
from tests.stocked import colour_classes, stocked

from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.kit.answers import Status
from socialflow.video.analysis import report
from socialflow.video.observers import tags as observing
from socialflow.video.observers.tags import TagObserver
from socialflow.video.reader import VideoReader
from socialflow.video.tags import TagAnalysis

pytest.importorskip("cv2", reason="needs the media extra")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("models"), {"imagenet-mobilenet-v2-onnx": colour_classes(207, 970)})


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


class Shade:
    """A frame of one colour."""

    number = 0

    def __init__(self, seconds: float, red: int = 250) -> None:
        self.seconds, self._red = seconds, red

    def colours(self, largest: int | None = None) -> np.ndarray:
        return np.full((24, 32, 3), (self._red, 10, 10), np.uint8)


class TestTags:
    def test_when_and_how_long(self, models: UpstreamModels, reader: VideoReader, tmp_path: Path) -> None:
        red, green = (np.full((48, 64, 3), colour, np.uint8) for colour in ((250, 10, 10), (10, 250, 10)))
        clip = film(tmp_path / "clip.mp4", [*[red] * 30, *[green] * 10], rate=5)
        analysis = TagAnalysis(models)
        seen = reader.watch(clip, analysis.watches)
        told = report(seen, [analysis]).analyses["tags"]
        assert told.status is Status.COMPLETE
        tags = {one["tag"]: one for one in told.answer["tags"]}
        assert (tags["dog"]["seconds"], tags["dog"]["share"]) == (0.0, 0.75)
        assert (tags["landscape"]["seconds"], tags["landscape"]["share"]) == (6.0, 0.25)
        rows = seen.findings["tags"].arrays[0]
        assert rows.shape == (8, 1000)
        assert rows.sum(1) == pytest.approx(1, abs=1e-3)

    def test_without_a_model(self, reader: VideoReader, tmp_path: Path) -> None:
        analysis = TagAnalysis(NoModels())
        clip = film(tmp_path / "clip.mp4", [np.zeros((48, 64, 3), np.uint8)] * 5)
        told = report(reader.watch(clip, analysis.watches), [analysis]).analyses["tags"]
        assert (told.status, told.missing) == (Status.ABSTAINED, ("model:imagenet-mobilenet-v2",))


class TestLongFilms:
    def test_stretches_become_one_when_there_are_too_many(
        self, models: UpstreamModels, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(observing, "ROWS", 4)
        observer = TagObserver(handed(models.open("imagenet-mobilenet-v2-onnx")))
        for second in range(11):
            observer.frame(Shade(float(second), red=250 if second < 4 else 10))
        finding = observer.end()
        assert finding.body["stretch"] == 4.0
        rows = finding.arrays[0]
        assert rows.shape == (3, 1000)
        assert rows.sum(1) == pytest.approx(1, abs=1e-3)
        assert rows[0, 207] > 0.8 > 0.3 > rows[1, 207]
