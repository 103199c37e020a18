"""All listed labels and faces of the photos."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.detection_eval import evaluate_faces, evaluate_objects
from socialflow.image.reader import ImageReader

pytest.importorskip("cv2", reason="needs the media extra")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


@pytest.fixture
def models(tmp_path: Path) -> UpstreamModels:
    return UpstreamModels(tmp_path, shared_models())


def silent(done: int, of: int) -> None:
    """Hears nothing."""


class TestPhotos:
    def test_as_many_labels_as_its_readme_reports(self, models: UpstreamModels, reader: ImageReader) -> None:
        folder = media("photos")
        told = evaluate_objects(folder, folder / "labels.json", models, reader, silent)
        assert told["labels"]["recall"] >= 42 / 48

    def test_faces_as_listed_but_for_one(self, models: UpstreamModels, reader: ImageReader) -> None:
        folder = media("photos")
        told = evaluate_faces(folder, folder / "labels.json", models, reader, silent)
        assert len(told["wrong"]) <= 1
