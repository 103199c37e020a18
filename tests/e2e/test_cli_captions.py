"""`socialflow eval captions` as people and scripts meet it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.clips import film, plain
from typer.testing import CliRunner, Result

from socialflow.catalogue.upstream.shared import shared_models
from socialflow.doors.cli.app import app


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["eval", "captions", *map(str, arguments)])


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOCIALFLOW_MODEL_MIRROR", raising=False)
    shared_models.cache_clear()
    return film(tmp_path / "clip.mp4", [plain(90)] * 30, sound=np.zeros(20_000, np.float32))


class TestEvalCaptions:
    def test_facts_for_people_and_a_report_in_a_file(self, clip: Path, tmp_path: Path) -> None:
        truth, report = tmp_path / "truth.srt", tmp_path / "report.json"
        truth.write_text("1\n00:00:00,100 --> 00:00:01,000\nHello there\n")
        result = cli("--media", clip, "--truth", truth, "--json", report)
        shared_models.cache_clear()
        assert result.exit_code == 0, result.output
        assert "1.0000 of 2 words" in result.stdout
        told = json.loads(report.read_text())
        assert (told["word_error_rate"], told["timing_error_s"]) == (1.0, None)
        assert (told["status"], told["missing"]) == (
            "abstained",
            ["speech", "model:vad-silero", "model:speech-whisper-base"],
        )

    def test_bad_captions_are_one_line(self, clip: Path, tmp_path: Path) -> None:
        truth = tmp_path / "truth.srt"
        truth.write_text("hello\n")
        result = cli("--media", clip, "--truth", truth)
        shared_models.cache_clear()
        assert result.exit_code == 2
        assert "line 1" in result.stderr
        assert len(result.stderr.splitlines()) == 1
