"""Objects in pictures: what a model's output means, which boxes are one thing, and what is said without a model."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError, InvalidInput, MediaUnreadable, RefusedAddress
from socialflow.image import ImageObjectDetector
from socialflow.image.detecting import SMALLER, USUAL, ObjectModel, cells, object_model
from socialflow.image.detections import best, detections, overlaps
from socialflow.image.reader import ImageReader
from socialflow.image.service import ImageService
from socialflow.kit.answers import Status, Tier

pytest.importorskip("cv2", reason="needs the media extra")
pytest.importorskip("PIL", reason="needs the media extra")

SIDE = 32  # an input with (32/8)^2 + (32/16)^2 + (32/32)^2 cells


@pytest.fixture(scope="module")
def reader() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return UpstreamModels(tmp_path_factory.mktemp("models"), shared_models())


class Only:
    """Some of the models."""

    def __init__(self, models: UpstreamModels, *names: str) -> None:
        self._models, self._names = models, names

    def open(self, name: str):
        return self._models.open(name) if name in self._names else NoModels().open(name)


class TestCells:
    def test_a_cell_tells_its_centre_and_size(self) -> None:
        rows = np.zeros((21, 7), np.float32)
        rows[5] = [0.5, 0.25, np.log(2), np.log(1), 0.9, 0.2, 0.8]  # stride 8, row 1, column 1
        rows[20] = [0.5, 0.5, 0, 0, 0.5, 1, 0]  # stride 32, the only one
        boxes, scores, classes = cells(rows, (SIDE, SIDE), 0.3)
        assert boxes.tolist() == pytest.approx(np.array([[4, 6, 20, 14], [0, 0, 32, 32]]))
        assert scores.tolist() == pytest.approx([0.72, 0.5])
        assert classes.tolist() == [1, 0]

    def test_what_is_not_sure_enough_is_left_out(self) -> None:
        rows = np.full((21, 7), 0.5, np.float32)
        assert all(len(part) == 0 for part in cells(rows, (SIDE, SIDE), 0.3))


boxes_of = st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=12)


def _boxes(drawn: list[tuple[float, ...]]) -> np.ndarray:
    rows = np.array(drawn)
    return np.hstack((np.minimum(rows[:, :2], rows[:, 2:]), np.maximum(rows[:, :2], rows[:, 2:])))


class TestSuppression:
    @given(boxes_of)
    def test_overlaps_are_even_shares(self, drawn: list[tuple[float, ...]]) -> None:
        boxes = _boxes(drawn)
        shares = overlaps(boxes, boxes)
        assert ((shares >= 0) & (shares <= 1 + 1e-9)).all()
        assert shares == pytest.approx(shares.T)

    @given(boxes_of, st.integers(0, 99))
    def test_what_is_kept_is_apart_and_covers_the_rest(self, drawn: list[tuple[float, ...]], seed: int) -> None:
        boxes = _boxes(drawn)
        rng = np.random.default_rng(seed)
        scores, classes = rng.random(len(boxes)), rng.integers(0, 2, len(boxes))
        kept = best(boxes, scores, classes, 0.5)
        same = classes[:, None] == classes[None]
        near = same & (overlaps(boxes, boxes) > 0.5)
        assert not (near[np.ix_(kept, kept)] & ~np.eye(len(kept), dtype=bool)).any()
        assert all(row in kept or near[row, kept].any() for row in range(len(boxes)))
        assert scores[kept].tolist() == sorted(scores[kept], reverse=True)

    def test_what_lies_outside_or_has_no_name_is_no_detection(self) -> None:
        boxes = np.array([[-0.5, 0.2, 0.5, 1.5], [1.1, 0, 1.4, 1], [0, 0, 1, 1]])
        found = detections(boxes, np.array([0.4, 0.9, 0.8]), np.array([0, 0, 1]), ["dog", "???"])
        assert [one.told() for one in found] == [
            {"label": "dog", "score": 0.4, "box": {"left": 0.0, "top": 0.2, "right": 0.5, "bottom": 1.0}}
        ]


class TestTiers:
    def test_without_models_it_abstains(self, reader: ImageReader) -> None:
        told = ImageObjectDetector(NoModels(), reader).predict(np.zeros((48, 64, 3), np.uint8))
        assert (told["status"], told["objects"], told["missing"]) == (Status.ABSTAINED, [], ["model:yolox-nano-coco"])

    def test_the_second_choice_is_partial(self, models: UpstreamModels, reader: ImageReader) -> None:
        photo = media("photos") / "openimages-cat_train_0.png"
        told = ImageObjectDetector(Only(models, SMALLER), reader).predict(photo)
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["model:yolox-nano-coco"])
        assert told["objects"][0]["label"] == "cat"
        assert told["provenance"][0].model == SMALLER

    def test_the_usual_one_is_complete(self, models: UpstreamModels) -> None:
        assert object_model(models, still=True)[1] == ()

    def test_another_kind_of_model_is_refused(self, models: UpstreamModels) -> None:
        with pytest.raises(ArtefactError, match="finds no objects"):
            ObjectModel(handed(models.open("face-yunet")))


class TestPhotos:
    @pytest.mark.parametrize("name", [USUAL, SMALLER])
    def test_a_box_lies_where_the_thing_is(self, models: UpstreamModels, reader: ImageReader, name: str) -> None:
        told = ImageObjectDetector(Only(models, name), reader).predict(media("photos") / "skimage-astronaut.png")
        person = told["objects"][0]
        assert person["label"] == "person"
        assert person["box"]["left"] < 0.4 < 0.6 < person["box"]["right"]
        assert told["counts"]["person"] == sum(one["label"] == "person" for one in told["objects"])
        assert told["provenance"][0].tier is Tier.DOWNLOADED
        assert json.loads(json.dumps(told["objects"])) == told["objects"]

    def test_path_bytes_pixels_and_waiting_tell_the_same(self, models: UpstreamModels, reader: ImageReader) -> None:
        from PIL import Image

        path = media("photos") / "openimages-cat_train_0.png"
        detector = ImageObjectDetector(Only(models, USUAL), reader)
        told = detector.predict(str(path))
        assert told["objects"]
        assert detector.predict(path.read_bytes()) == told
        assert detector.predict(np.asarray(Image.open(path).convert("RGB"))) == told
        assert asyncio.run(detector.detect(path)) == told

    def test_nothing_is_found_in_nothing(self, models: UpstreamModels) -> None:
        told = ImageObjectDetector(Only(models, USUAL)).predict(np.full((90, 500), 128, np.uint8))
        assert (told["status"], told["objects"], told["counts"]) == (Status.COMPLETE, [], {})


class TestService:
    async def test_asked_by_name(self, models: UpstreamModels, reader: ImageReader) -> None:
        service = ImageService(reader, models=models)
        told = await service.analyse(media("photos") / "openimages-cat_train_0.png", ["objects"])
        assert told.status is Status.COMPLETE
        assert "cat" in told.analyses["objects"].answer["counts"]

    async def test_without_models_it_is_named(self, reader: ImageReader, tmp_path: Path) -> None:
        from PIL import Image

        Image.new("RGB", (40, 30)).save(tmp_path / "plain.png")
        told = await ImageService(reader).analyse(tmp_path / "plain.png", ["objects"])
        assert (told.status, told.missing) == (Status.ABSTAINED, ("objects:model:yolox-nano-coco",))


class TestRefused:
    def test_what_is_no_picture(self, reader: ImageReader) -> None:
        detector = ImageObjectDetector(NoModels(), reader)
        with pytest.raises(MediaUnreadable):
            detector.predict(b"hello")
        with pytest.raises(MediaUnreadable, match="no such file"):
            detector.predict("none.png")
        with pytest.raises(InvalidInput, match="uint8"):
            detector.predict(np.zeros((4, 4, 3)))

    async def test_addresses_that_are_not_public(self, reader: ImageReader) -> None:
        with pytest.raises(RefusedAddress):
            ImageObjectDetector(NoModels(), reader).predict("http://127.0.0.1/picture.png")
