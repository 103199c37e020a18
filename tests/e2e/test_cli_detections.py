"""`socialflow eval objects` and `eval faces` as people and scripts meet them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.shared_data import media, shared_models
from typer.testing import CliRunner, Result

from socialflow.catalogue.upstream import shared
from socialflow.doors.cli.app import app

PHOTOS = ("people-3104635.jpg", "openimages-cat_train_0.png")


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOCIALFLOW_MODEL_MIRROR", raising=False)
    shared.shared_models.cache_clear()
    yield tmp_path
    shared.shared_models.cache_clear()


@pytest.fixture
def photos(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIALFLOW_MODEL_MIRROR", str(shared_models()))
    (home / "photos").mkdir()
    for name in PHOTOS:
        shutil.copy(media("photos") / name, home / "photos")
    return home / "photos"


def written(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document))
    return path


class TestObjects:
    def test_labels_numbers_and_what_was_missed(self, photos: Path) -> None:
        truth = written(photos.parent / "truth.json", {PHOTOS[0]: {"person": 3}, PHOTOS[1]: ["cat", "zebra"]})
        result = cli("objects", "--images", photos, "--truth", truth, "--json", photos.parent / "report.json")
        assert result.exit_code == 0, result.output
        assert "2 of 3" in result.stdout
        assert f"{PHOTOS[1]}: no zebra found" in result.stderr
        told = json.loads((photos.parent / "report.json").read_text())
        assert told["labels"] == {"listed": 3, "found": 2, "recall": 0.6667}
        assert told["counts"] == {"right": 1, "of": 1, "mean_absolute_error": 0}
        assert (told["boxes"], told["model"]["name"]) == (None, "yolox-nano-coco")

    def test_boxes_where_they_are_drawn(self, photos: Path) -> None:
        boxes = [{"label": "cat", "box": [0.0, 0.0, 1.0, 1.0]}, {"label": "dog", "box": [0.0, 0.0, 0.1, 0.1]}]
        truth = written(photos.parent / "truth.json", {PHOTOS[1]: boxes})
        told = json.loads(cli("objects", "--images", photos, "--truth", truth, "--json", "-").stdout)
        assert (told["boxes"]["found"], told["boxes"]["there"]) == (1, 2)

    def test_without_a_model_its_command_is_told(self, home: Path) -> None:
        truth = written(home / "truth.json", {"a.jpg": ["dog"]})
        result = cli("objects", "--images", home, "--truth", truth)
        assert result.exit_code != 0
        assert "socialflow models pull yolox-nano-coco" in result.stderr


class TestFaces:
    def test_numbers_of_faces(self, photos: Path) -> None:
        truth = written(photos.parent / "truth.json", {PHOTOS[0]: 3, PHOTOS[1]: 1})
        result = cli("faces", "--images", photos, "--truth", truth)
        assert result.exit_code == 0, result.output
        assert "1 of 2" in result.stdout
        assert f"{PHOTOS[1]}: 0 found, 1 listed" in result.stderr

    def test_a_picture_that_is_not_there(self, home: Path) -> None:
        result = cli("faces", "--images", home, "--truth", written(home / "truth.json", {"a.jpg": 1}))
        assert result.exit_code == 2
        assert "a.jpg, which is not in the folder" in result.stderr
