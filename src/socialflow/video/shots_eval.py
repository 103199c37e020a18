"""Found changes of shot against those that somebody marked."""

import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.evaluation.shots import Found, ShotScore, score
from socialflow.evaluation.shots_truth import read_truth, truth_of
from socialflow.video.reader import VideoReader, Watching

LARGEST = 16 << 20
"""Bytes of an annotation."""


def evaluate_shots(video: Path, truth: Path, reader: VideoReader, watching: Watching | None = None) -> dict[str, Any]:
    """Watch a film and compare its changes of shot with an annotation (`evaluation.shots_truth.read_truth`).

    Returns: task, version, data {frames, seconds, cuts, gradual}, cuts and gradual and all {precision, recall, f1,
    found, told, there}, frames_per_second of decoding and looking together, one pass.

    Raises:
        InvalidInput: the annotation cannot be read, and where.
        MediaUnreadable: the film cannot.
    """
    wanted = read_truth(_text(truth))
    begun = time.perf_counter()
    seen = reader.watch(video, {"shots": {}}, watching)
    seconds = time.perf_counter() - begun
    scored = score(wanted, truth_of(seen.findings["shots"].body["transitions"]))
    return {
        "task": "shots",
        "version": version("socialflow"),
        "data": {
            "frames": seen.read.frames,
            "seconds": round(seen.read.seconds, 3),
            "cuts": scored.cuts.there,
            "gradual": scored.gradual.there,
        },
        **figures(scored),
        "frames_per_second": round(seen.read.frames / seconds, 1),
    }


def figures(scored: ShotScore) -> dict[str, dict[str, float]]:
    """A score as a document."""
    return {name: _figures(found) for name, found in zip(("cuts", "gradual", "all"), _parts(scored), strict=True)}


def _parts(scored: ShotScore) -> tuple[Found, Found, Found]:
    return scored.cuts, scored.gradual, scored.all


def _figures(found: Found) -> dict[str, float]:
    return {
        "precision": round(found.precision, 4),
        "recall": round(found.recall, 4),
        "f1": round(found.f1, 4),
        "found": found.hits,
        "told": found.told,
        "there": found.there,
    }


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise InvalidInput(f"the truth has more than {LARGEST} bytes; is it the film?", field="truth")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidInput("the truth is no text in UTF-8; is it the film?", field="truth") from problem
