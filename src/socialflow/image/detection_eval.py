"""Objects and faces that were found, against what somebody saw."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from socialflow.catalogue.upstream.handed import command
from socialflow.catalogue.upstream.ports import Models
from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.evaluation.detection_truth import Listed, read_faces, read_objects
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.detecting import USUAL
from socialflow.image.detections import overlaps
from socialflow.image.faces import ImageFaces
from socialflow.image.objects import ImageObjects
from socialflow.image.reader import ImageReader
from socialflow.kit.answers import Answered, Status

LARGEST = 64 << 20
"""Bytes of a truth file."""
SAME = 0.5
"""Share in common from which a found box is the one that was drawn."""
Progress = Callable[[int, int], None]
"""Hears how many pictures are behind, of how many."""


def evaluate_objects(
    images: Path, truth: Path, models: Models, reader: ImageReader, progress: Progress
) -> dict[str, Any]:
    """Look at pictures and compare their objects with what is listed (`evaluation.detection_truth.read_objects`).

    Returns: task, version, model, status, data {pictures}, labels {listed, found, recall}, per_label, missed [{file,
    label}], counts {right, of, mean_absolute_error} where numbers are listed, boxes {precision, recall, f1, found,
    told, there} where they are drawn (else None), pictures_per_second of decoding and looking together.

    Raises:
        InvalidInput: the truth cannot be read, or a picture is not there.
        ModelUnavailable: no model that finds objects is at hand.
        MediaUnreadable: a picture cannot be decoded.
    """
    listed = read_objects(_text(truth))
    analysis = ImageObjects(models)
    if not analysis.watches:
        raise ModelUnavailable(f"there is no model that finds objects; get one with: {command(USUAL)}")
    begun = time.perf_counter()
    looks = _looks(analysis, images, [one.file for one in listed], reader, progress)
    answers = list(looks)
    seconds = time.perf_counter() - begun
    found = [answer.answer["objects"] for answer in answers]
    return {
        **_head("objects", answers, len(listed), seconds),
        **_labels(listed, found),
        "counts": _counted(listed, found),
        "boxes": _boxes(listed, found),
    }


def evaluate_faces(
    images: Path, truth: Path, models: Models, reader: ImageReader, progress: Progress
) -> dict[str, Any]:
    """Look at pictures and compare how many faces there are with what is listed (`read_faces`).

    Returns: task, version, model, data {pictures}, right, of, accuracy, mean_absolute_error, wrong [{file, listed,
    found}], pictures_per_second. Raises what `evaluate_objects` does; without a model the cascade is measured.
    """
    listed = read_faces(_text(truth))
    begun = time.perf_counter()
    looks = _looks(ImageFaces(models, expressions=False), images, list(listed), reader, progress)
    answers = list(looks)
    seconds = time.perf_counter() - begun
    found = [int(answer.answer["count"]) for answer in answers]
    pairs = list(zip(listed.items(), found, strict=True))
    wrong = [{"file": file, "listed": there, "found": told} for (file, there), told in pairs if there != told]
    return {
        **_head("faces", answers, len(listed), seconds),
        "right": len(pairs) - len(wrong),
        "of": len(pairs),
        "accuracy": round(1 - len(wrong) / len(pairs), 4) if pairs else None,
        "mean_absolute_error": _mean([abs(there - told) for (_, there), told in pairs]),
        "wrong": wrong,
    }


def _looks(
    analysis: ImageAnalysis, images: Path, files: Sequence[str], reader: ImageReader, progress: Progress
) -> Iterator[Answered]:
    """What the analysis says of each picture."""
    for file in files:
        if not (images / file).is_file():
            raise InvalidInput(f"the truth names {file}, which is not in the folder of pictures", field="truth")
    for number, file in enumerate(files, 1):
        yield analysis.conclude(reader.look(images / file, analysis.watches))
        progress(number, len(files))


def _head(task: str, answers: Sequence[Answered], pictures: int, seconds: float) -> dict[str, Any]:
    made = answers[0].provenance[0] if answers else None
    return {
        "task": task,
        "version": version("socialflow"),
        "model": None if made is None else {"name": made.model, "version": made.version, "tier": made.tier},
        "status": answers[0].status if answers else Status.ABSTAINED,
        "data": {"pictures": pictures},
        "pictures_per_second": round(pictures / seconds, 1) if seconds else None,
    }


def _labels(listed: Sequence[Listed], found: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Of labels that are listed, how many were found: each once a picture."""
    there, hit, missed = Counter[str](), Counter[str](), []
    for one, told in zip(listed, found, strict=True):
        seen = {thing["label"] for thing in told}
        there.update(one.labels)
        hit.update(label for label in one.labels if label in seen)
        missed += [{"file": one.file, "label": label} for label in one.labels if label not in seen]
    total, hits = there.total(), hit.total()
    return {
        "labels": {"listed": total, "found": hits, "recall": round(hits / total, 4) if total else None},
        "per_label": {label: {"listed": count, "found": hit[label]} for label, count in sorted(there.items())},
        "missed": missed,
    }


def _counted(listed: Sequence[Listed], found: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any] | None:
    """How numbers compare, label by label of each picture that has them."""
    off = [
        abs(number - sum(thing["label"] == label for thing in told))
        for one, told in zip(listed, found, strict=True)
        for label, number in (one.counts or {}).items()
    ]
    if not off:
        return None
    return {"right": sum(one == 0 for one in off), "of": len(off), "mean_absolute_error": _mean(off)}


def _boxes(listed: Sequence[Listed], found: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any] | None:
    """Precision and recall of boxes in pictures where they are drawn: the surest first takes the nearest left."""
    drawn = [(one.boxes, told) for one, told in zip(listed, found, strict=True) if one.boxes is not None]
    if not drawn:
        return None
    hits = sum(matched(boxes, told) for boxes, told in drawn)
    there, told_of = sum(len(boxes) for boxes, _ in drawn), sum(len(told) for _, told in drawn)
    precision, recall = hits / told_of if told_of else 0.0, hits / there if there else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    figures = {"precision": precision, "recall": recall, "f1": f1}
    return {**{name: round(one, 4) for name, one in figures.items()}, "found": hits, "told": told_of, "there": there}


def matched(boxes: Sequence[tuple[str, Sequence[float]]], told: Sequence[Mapping[str, Any]]) -> int:
    """How many found things, best first, are one that was drawn, each of these once.

    >>> dog = {"label": "dog", "box": {"left": 0.1, "top": 0.1, "right": 0.5, "bottom": 0.5}}
    >>> matched([("dog", (0.1, 0.1, 0.5, 0.45))], [dog, dog]), matched([("cat", (0.1, 0.1, 0.5, 0.45))], [dog])
    (1, 0)
    """
    left, hits = list(boxes), 0
    for thing in told:
        box = np.array([[thing["box"][side] for side in ("left", "top", "right", "bottom")]])
        shares = [overlaps(box, np.array([other]))[0, 0] if label == thing["label"] else 0.0 for label, other in left]
        if shares and max(shares) >= SAME:
            left.pop(int(np.argmax(shares)))
            hits += 1
    return hits


def _mean(values: Sequence[int]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise InvalidInput(f"the truth has more than {LARGEST} bytes; is it a picture?", field="truth")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidInput("the truth is no text in UTF-8; is it a picture?", field="truth") from problem
