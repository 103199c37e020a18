"""`socialflow analyze image` as people and scripts meet it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from socialflow.catalogue.upstream.shared import shared_models
from socialflow.doors.cli.app import app

Image = pytest.importorskip("PIL.Image", reason="needs the media extra")


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOCIALFLOW_MODEL_MIRROR", raising=False)
    shared_models.cache_clear()
    yield
    shared_models.cache_clear()


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["analyze", "image", *map(str, arguments)])


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "plain.png"
    Image.new("RGB", (64, 48), (90, 120, 30)).save(path)
    return path


class TestAnalyzeImage:
    def test_facts_for_people_and_what_brings_models(self, picture: Path) -> None:
        result = cli(picture, "--ask", "objects,faces")
        assert result.exit_code == 0, result.output
        assert "64 x 48, PNG" in result.stdout
        assert "get it with: socialflow models pull yolox-nano-coco" in result.stderr

    def test_one_document_for_programs(self, picture: Path) -> None:
        told = json.loads(cli(picture, "--ask", "objects", "--json").stdout)
        assert (told["status"], told["missing"]) == ("abstained", ["objects:model:yolox-nano-coco"])
        assert told["commands"] == {"yolox-nano-coco": "socialflow models pull yolox-nano-coco"}
        assert (told["info"]["width"], told["analyses"]["objects"]["answer"]) == (64, {})

    def test_bad_input_is_one_line(self, tmp_path: Path, picture: Path) -> None:
        (tmp_path / "text.png").write_text("hello")
        for arguments, said in (
            ((tmp_path / "text.png",), "no picture"),
            ((tmp_path / "none.png",), "no such file"),
            ((picture, "--ask", "smell"), "no analysis"),
        ):
            result = cli(*arguments)
            assert result.exit_code == 2
            assert said in result.stderr
            assert len(result.stderr.splitlines()) == 1
