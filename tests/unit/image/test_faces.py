"""Faces in pictures: what outputs mean, tiles of large pictures, expressions, and what is said without models."""

import asyncio
import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.records import Installed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError
from socialflow.image import FaceDetector
from socialflow.image.detections import Box, overlaps
from socialflow.image.expressions import EXPRESSIONS, ExpressionModel
from socialflow.image.face_models import SHARED, SMALLER, TILE, USUAL, opened, starts, whole, yunet_rows
from socialflow.image.reader import ImageReader
from socialflow.kit.answers import Status, Tier

cv2 = pytest.importorskip("cv2", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")

WOMEN, ASTRONAUT = "people-3104635.jpg", "skimage-astronaut.png"


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

    def open(self, name: str) -> Installed:
        return self._models.open(name) if name in self._names else NoModels().open(name)


def photo(name: str) -> np.ndarray:
    return np.asarray(Image.open(media("photos") / name).convert("RGB"))


class TestRows:
    def test_a_cell_tells_a_box_and_landmarks(self) -> None:
        values = {
            f"{name}_{stride}": np.zeros((1, (32 // stride) ** 2, width), np.float32)
            for stride in (8, 16, 32)
            for name, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        }
        values["cls_16"][0, 3], values["obj_16"][0, 3] = 1.0, 0.81
        values["bbox_16"][0, 3] = [0.5, 0.5, np.log(0.5), np.log(1)]
        values["kps_16"][0, 3] = [0.25] * 10
        (row,) = yunet_rows(values, (32, 32), 0.8)
        assert row[0] == pytest.approx(0.9)
        assert row[1:5].tolist() == pytest.approx([20, 16, 28, 32])
        assert row[5:].tolist() == pytest.approx([20] * 10)


class TestTiles:
    @given(st.integers(1, 4000))
    def test_they_cover_a_side_and_share_enough(self, length: int) -> None:
        first = starts(length)
        assert first[0] == 0
        assert max(first[-1] + TILE, length) == max(length, TILE)
        assert all(one + TILE - other >= SHARED for one, other in pairwise(first))

    def test_what_is_cut_off_between_tiles_is_left_to_the_next(self) -> None:
        boxes = np.array([[0.0, 0.1, 0.2, 0.3], [0.4, 0.4, 0.6, 1.0], [0.4, 0.4, 0.6, 0.6], [0.9, 0.0, 1.0, 0.2]])
        assert whole(boxes, (640, 640), (0, 640), (1000, 1280)).tolist() == [False, False, True, True]
        assert whole(boxes, (640, 640), (0, 0), (640, 640)).all()

    def test_small_faces_of_a_large_picture_are_found_once(self, models: UpstreamModels) -> None:
        large = np.full((1500, 1900, 3), 128, np.uint8)
        small = cv2.resize(photo(WOMEN), (160, 107), interpolation=cv2.INTER_AREA)
        large[700:807, 1000:1160] = small
        faces = opened(handed(models.open(USUAL))).find(large)
        assert len(faces) == 3
        assert all(0.52 < face.box.left < face.box.right < 0.62 for face in faces)


class TestAgainstOpenCv:
    def test_boxes_landmarks_and_scores_are_those_of_its_own_reader(self, models: UpstreamModels) -> None:
        installed = models.open(USUAL)
        picture = np.full((640, 640, 3), 0, np.uint8)
        shown = photo(WOMEN)
        picture[: shown.shape[0]] = shown
        theirs = cv2.FaceDetectorYN_create(
            str(installed.path("face_detection_yunet_2023mar.onnx")), "", (640, 640), 0.8
        )
        _, rows = theirs.detect(picture[:, :, ::-1].copy())
        ours = opened(handed(installed)).find(picture)
        assert len(rows) == len(ours) == 3
        for row, face in zip(sorted(rows, key=lambda row: -row[-1]), ours, strict=True):
            assert np.array(face.box) * 640 == pytest.approx(
                [row[0], row[1], row[0] + row[2], row[1] + row[3]], abs=0.5
            )
            assert np.array(face.landmarks).ravel() * 640 == pytest.approx(row[4:14], abs=0.5)
            assert face.score == pytest.approx(row[14], abs=0.01)


class TestTiers:
    def test_without_models_a_cascade_that_says_so(self, reader: ImageReader) -> None:
        told = FaceDetector(NoModels(), reader).predict(media("photos") / ASTRONAUT)
        assert (told["status"], told["count"]) == (Status.PARTIAL, 1)
        assert told["missing"] == ["model:face-yunet", "model:face-emotion-mini-xception"]
        assert [one.tier for one in told["provenance"]] == [Tier.HEURISTIC]
        assert told["faces"][0]["landmarks"] is None
        assert told["faces"][0]["box"]["left"] < 0.44 < told["faces"][0]["box"]["right"]

    def test_the_second_choice_has_no_landmarks(self, models: UpstreamModels, reader: ImageReader) -> None:
        told = FaceDetector(Only(models, SMALLER), reader, expressions=False).predict(media("photos") / WOMEN)
        assert (told["count"], told["missing"]) == (3, ["model:face-yunet"])
        assert {face["landmarks"] for face in told["faces"]} == {None}

    def test_they_find_the_same_face(self, models: UpstreamModels) -> None:
        picture = photo(ASTRONAUT)
        found = [opened(told).find(picture)[0].box for told in (*map(_handed(models), (USUAL, SMALLER)), None)]
        assert (overlaps(np.array(found), np.array(found)) > 0.4).all()

    def test_another_kind_of_model_is_refused(self, models: UpstreamModels) -> None:
        with pytest.raises(ArtefactError, match="finds no faces"):
            opened(handed(models.open("yolox-nano-coco")))
        with pytest.raises(ArtefactError, match="tells no expressions"):
            ExpressionModel(handed(models.open(USUAL)))


def _handed(models: UpstreamModels):
    return lambda name: handed(models.open(name))


class TestPhotos:
    def test_faces_with_landmarks_and_expressions(self, models: UpstreamModels, reader: ImageReader) -> None:
        detector = FaceDetector(Only(models, USUAL, EXPRESSIONS), reader)
        told = detector.predict(media("photos") / WOMEN)
        assert (told["status"], told["count"], told["missing"]) == (Status.COMPLETE, 3, [])
        assert [face["expression"]["label"] for face in told["faces"] if face["expression"]] == ["happy"] * 3
        for face in told["faces"]:
            points, box = face["landmarks"], face["box"]
            assert points is not None
            assert points["right_eye"]["x"] < points["left_eye"]["x"]  # who looks at us has the right eye on our left
            assert points["right_eye"]["y"] < points["nose"]["y"] < points["mouth_left"]["y"]
            assert all(box["left"] < one["x"] < box["right"] for one in points.values())
        assert json.loads(json.dumps(told["faces"])) == told["faces"]
        assert asyncio.run(detector.detect(media("photos") / WOMEN)) == told

    def test_of_a_small_face_no_expression_is_told(self, models: UpstreamModels) -> None:
        model = ExpressionModel(handed(models.open(EXPRESSIONS)))
        picture = photo(ASTRONAUT)
        read = model.read(picture, [Box(0.3, 0.1, 0.32, 0.12), Box(0.34, 0.14, 0.54, 0.4)])
        assert read[0] is None
        assert read[1] is not None
        assert sum(read[1]["scores"].values()) == pytest.approx(1, abs=0.01)
        assert model.read(picture, []) == []
