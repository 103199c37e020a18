"""`socialflow eval shots` as people and scripts meet it."""

import json
from pathlib import Path

import pytest
from tests.clips import film, noise
from typer.testing import CliRunner, Result

from socialflow.doors.cli.app import app


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", "shots", *map(str, arguments)])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return film(tmp_path / "clip.mp4", [noise(1)] * 30 + [noise(2)] * 30)


class TestEvalShots:
    def test_a_table_for_people_and_a_report_in_a_file(self, clip: Path, tmp_path: Path) -> None:
        truth, report = tmp_path / "truth.csv", tmp_path / "report.json"
        truth.write_text("kind,first,last\ncut,30\n")
        result = cli("--video", clip, "--truth", truth, "--json", report)
        assert result.exit_code == 0, result.output
        assert "gradual" in result.stdout
        told = json.loads(report.read_text())
        assert told["cuts"] == {"precision": 1, "recall": 1, "f1": 1, "found": 1, "told": 1, "there": 1}
        assert (told["task"], told["data"]["frames"]) == ("shots", 60)
        assert told["frames_per_second"] > 0

    def test_one_document_for_programs(self, clip: Path, tmp_path: Path) -> None:
        truth = tmp_path / "truth.json"
        truth.write_text(json.dumps({"transitions": [{"type": "cut", "first_frame_of_new_shot": 40}]}))
        told = json.loads(cli("--video", clip, "--truth", truth, "--json", "-").stdout)
        assert told["cuts"]["f1"] == 0.0
        assert told["gradual"]["f1"] == 1.0

    def test_bad_input_is_one_line(self, clip: Path, tmp_path: Path) -> None:
        truth = tmp_path / "truth.csv"
        truth.write_text("jump,30\n")
        for arguments, said in (
            (("--video", clip, "--truth", truth), "line 1 of the truth is a 'jump'"),
            (("--video", truth, "--truth", clip), "is it the film?"),
        ):
            result = cli(*arguments)
            assert result.exit_code == 2
            assert said in result.stderr
            assert len(result.stderr.splitlines()) == 1
