"""Captions against those that somebody wrote."""

from pathlib import Path
from typing import Any, cast

import pytest

from socialflow.errors import InvalidInput
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.video.captions import SpeechCaptioner
from socialflow.video.captions_eval import evaluate_captions


class Told:
    """A captioner that tells what it is given: words and when they begin."""

    def __init__(self, *words: tuple[str, float]) -> None:
        self._words = words

    def predict(self, path: Path, watching: object = None) -> dict[str, Any]:
        words = [{"text": text, "start": at, "end": at + 0.2, "confidence": 1.0} for text, at in self._words]
        made = [Provenance("told", "1", Tier.BUNDLED)]
        rest = {"status": Status.COMPLETE, "missing": [], "language": "en", "confidence": 1.0}
        return {"words": words, "duration": 8.0, "provenance": made, **rest}


def measured(folder: Path, truth: str, *words: tuple[str, float]) -> dict[str, Any]:
    path = folder / "truth.srt"
    path.write_text(truth, encoding="utf-8")
    return evaluate_captions(path, path, cast("SpeechCaptioner", Told(*words)))


TRUTH = "1\n00:00:01,000 --> 00:00:02,000\nANN: Well, well!\n\n2\n00:00:03,500 --> 00:00:05,000\nMr. Fox is here.\n"


class TestEvaluating:
    def test_words_and_times_are_compared(self, tmp_path: Path) -> None:
        words = (("well", 1.2), ("bell", 1.5), ("mister", 3.4), ("fox", 3.8), ("here", 4.5))
        told = measured(tmp_path, TRUTH, *words)
        assert told["word_error_rate"] == pytest.approx(2 / 6, abs=1e-4)
        assert told["errors"] == {"changed": 1, "left_out": 1, "put_in": 0}
        assert (told["timing_errors_s"], told["timing_error_s"]) == ([0.2, 0.1], 0.15)
        assert told["data"] == {"seconds": 8.0, "cues": 2, "words": 6}

    def test_nothing_recognised_is_all_wrong(self, tmp_path: Path) -> None:
        told = measured(tmp_path, TRUTH)
        assert (told["word_error_rate"], told["timing_error_s"], told["timed"]) == (1.0, None, 0)

    def test_captions_without_words_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="no words"):
            measured(tmp_path, "1\n00:00:01,000 --> 00:00:02,000\n[door]\n")

    def test_what_is_no_text_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "film.srt"
        path.write_bytes(b"\xff\xfe\x00\x80")
        with pytest.raises(InvalidInput, match="UTF-8"):
            evaluate_captions(path, path, cast("SpeechCaptioner", Told()))
