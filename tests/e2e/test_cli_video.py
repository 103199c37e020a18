"""`socialflow analyze video` as people and scripts meet it."""

import json
from pathlib import Path

import pytest
from tests.clips import film, plain
from typer.testing import CliRunner, Result

from socialflow.doors.cli.app import app


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["analyze", "video", *map(str, arguments)])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return film(tmp_path / "clip.mp4", [plain(90)] * 50)


class TestAnalyzeVideo:
    def test_facts_for_people(self, clip: Path) -> None:
        result = cli(clip)
        assert result.exit_code == 0, result.output
        assert "64 x 48, mpeg4, 25 frames/s" in result.stdout
        assert "50 frames, 2.0 s" in result.stdout

    def test_one_document_for_programs(self, clip: Path) -> None:
        told = json.loads(cli(clip, "--ask", "scene", "--json").stdout)
        assert (told["status"], told["missing"], told["read"]["frames"]) == ("partial", ["scene:sound"], 50)
        assert [shot["last"] for shot in told["analyses"]["scene"]["answer"]["shots"]] == [49]

    def test_bad_input_is_one_line(self, tmp_path: Path, clip: Path) -> None:
        (tmp_path / "text.mp4").write_text("hello")
        for arguments, said in (
            ((tmp_path / "text.mp4",), "no video or sound"),
            ((tmp_path / "none.mp4",), "no such file"),
            ((clip, "--ask", "smell"), "no analysis"),
        ):
            result = cli(*arguments)
            assert result.exit_code == 2
            assert said in result.stderr
            assert len(result.stderr.splitlines()) == 1
