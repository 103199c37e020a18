"""`socialflow eval text`: any head on anybody's labelled texts."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.evaluation.classification import (
    Counts,
    bias_aucs,
    by_name,
    calibration_error,
    class_counts,
    label_counts,
    offset_f1,
    roc_auc,
    stretch_counts,
)
from socialflow.text.multilingual import multilingual
from socialflow.text.records import Analysis, Choice, Detection, Emotions, Labels, Polarities, Sentiment, Spans
from socialflow.training.text.heads import HEADS
from socialflow.training.text.labelled_file import Columns, Format, read_labelled
from socialflow.training.text.records import Head, Stretch, Target

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Hears (stage, done, total)."""

AT_ONCE = 512


class Answering(Protocol):
    """What answers questions about texts, as `text.analyser.Analyser` does."""

    def analyse(
        self,
        texts: Sequence[str],
        questions: Collection[str],
        targets: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[Analysis]:
        """An analysis of each text."""


def evaluate_text(
    name: str,
    path: Path,
    columns: Columns,
    form: Format | None = None,
    *,
    model: Answering | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure one head on a labelled file (`labelled_file`), with the most frequent answer beside it.

    A text that gets no answer counts as wrong. `f1` is told for the labels that are there or were told, and `macro_f1`
    is their mean; `macro_recall` is that of the labels that are there; `accuracy` is the share of texts of which
    everything told is right. Heads of stretches add `micro_f1` (CoNLL), or `offset_f1` (SemEval-2021 task 5) where they
    have one label; heads of one label a text add `calibration_error`. Slices add AUCs of bias (`evaluation`).

    Returns:
        JSON-able: task, head, data {rows, labels, unanswered}, metrics {accuracy, macro_f1, macro_recall, f1, auc},
        majority {the same}, slices {value: {rows, the same}}, texts_per_second, version.

    Raises:
        InvalidInput: an unknown head, or a file that cannot be read as told.
        ModelUnavailable: the package holds no model.
    """
    if name not in HEADS:
        raise InvalidInput(f"no head {name!r} is measured by labels; there are {', '.join(HEADS)}", field="head")
    head = HEADS[name]
    data = read_labelled(path, head, columns, form)
    texts, targets = zip(*((example.text, example.target) for example in data.examples), strict=True)
    return evaluate(head, texts, targets, data.slices, model=model, progress=progress)


def evaluate(
    head: Head,
    texts: Sequence[str],
    targets: Sequence[Target],
    slices: Sequence[str] = (),
    *,
    model: Answering | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """`evaluate_text` of labelled texts."""
    tell = progress or (lambda _stage, _done, _total: None)
    begun = perf_counter()
    analyses = _analysed(head, texts, targets, model or multilingual(), tell)
    seconds = perf_counter() - begun
    answers = [_answer(head, analysis) for analysis in analyses]
    truth, told = [_plain(head, target) for target in targets], [answer[0] for answer in answers]
    scores = None if head.kind == "tokens" else np.array([answer[1] for answer in answers], np.float64)
    return {
        "task": "text",
        "head": head.name,
        "data": {
            "rows": len(truth),
            "labels": _frequencies(head, truth),
            "unanswered": sum(head.name not in analysis.answers for analysis in analyses),
        },
        "metrics": measures(head, truth, told, scores),
        "majority": measures(head, truth, [_most_frequent(head, truth)] * len(truth)),
        "slices": _slices(head, slices, truth, told, scores),
        "texts_per_second": round(len(truth) / seconds, 1),
        "version": version("socialflow"),
    }


def measures(
    head: Head, truth: Sequence[Target], told: Sequence[Target], scores: Floats | None = None
) -> dict[str, Any]:
    """Figures of answers beside what is true: places of labels (-1: none), 0, 1 and NaN per label, or stretches.

    `scores` (n, labels) are probabilities; without them nothing is said of AUC.
    """
    if head.kind == "tokens":
        return _measures_of_stretches(head, [*map(_stretches, truth)], [*map(_stretches, told)])
    if head.kind == "multi_label":
        there, found = np.array(truth, np.float64), np.array(told, np.float64) == 1
        counts = label_counts(there, found)
        right = (np.isnan(there) | (there == found)).all(axis=1)
    else:
        places, chosen = np.array(truth, np.int64), np.array(told, np.int64)
        there = np.eye(len(head.labels))[places]
        counts = class_counts(places, chosen, len(head.labels))
        right = places == chosen
    figures = {
        **_figures(head, counts, right),
        "auc": {} if scores is None else by_name(head.labels, _aucs(there, scores)),
    }
    if scores is not None and head.kind != "multi_label":
        figures["calibration_error"] = calibration_error(scores.max(axis=1), right)
    return figures


def _measures_of_stretches(
    head: Head, truth: Sequence[tuple[Stretch, ...]], told: Sequence[tuple[Stretch, ...]]
) -> dict[str, Any]:
    counts = stretch_counts(truth, told, len(head.labels))
    right = np.array([set(a) == set(b) for a, b in zip(truth, told, strict=True)])
    own = (
        {"offset_f1": offset_f1([*map(_offsets, truth)], [*map(_offsets, told)])}
        if len(head.labels) == 1
        else {"micro_f1": float(counts.total.f1[0])}
    )
    return {**_figures(head, counts, right), "auc": {}, **own}


def _figures(head: Head, counts: Counts, right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    occurring = counts.told + counts.there > 0
    return {
        "accuracy": float(right.mean()),
        "macro_f1": counts.macro_f1,
        "macro_recall": counts.macro_recall,
        "f1": by_name(head.labels, np.where(occurring, counts.f1, np.nan)),
    }


def _aucs(there: Floats, scores: Floats) -> Floats:
    columns = zip(there.T, scores.T, strict=True)
    return np.array(
        [roc_auc(real[known] == 1, column[known]) for real, column in columns for known in [~np.isnan(real)]]
    )


def _stretches(target: Target) -> tuple[Stretch, ...]:
    """A target of a head of stretches."""
    return cast("tuple[Stretch, ...]", target)


def _offsets(stretches: tuple[Stretch, ...]) -> set[int]:
    return {place for start, end, _ in stretches for place in range(start, end)}


def _analysed(
    head: Head, texts: Sequence[str], targets: Sequence[Target], model: Answering, tell: Progress
) -> list[Analysis]:
    found: list[Analysis] = []
    for first in range(0, len(texts), AT_ONCE):
        tell(head.name, first, len(texts))
        batch = slice(first, first + AT_ONCE)
        asked = (
            [[(start, end) for start, end, _ in _stretches(target)] for target in targets[batch]]
            if head.kind == "span"
            else None
        )
        found += model.analyse(texts[batch], [head.name], asked)
    tell(head.name, len(texts), len(texts))
    return found


def _answer(head: Head, analysis: Analysis) -> tuple[Target, Sequence[float]]:
    """What was told, and the probability of each label (none for stretches)."""
    answer = analysis.answers.get(head.name)
    match answer.record if answer else None:
        case Choice(label=label, probabilities=named) | Sentiment(label=label, probabilities=named):
            return head.labels.index(label), [named[one] for one in head.labels]
        case Detection(found=found, score=score):
            return int(found), [1.0 - score, score]
        case Emotions(scores=named, present=there) | Labels(scores=named, found=there):
            return tuple(float(one in there) for one in head.labels), [named.get(one, 0.0) for one in head.labels]
        case Spans(spans=spans):
            return tuple((one.start, one.end, head.labels.index(one.label)) for one in spans), ()
        case Polarities(targets=[polarity, *_]):
            named = polarity.sentiment.probabilities
            return head.labels.index(polarity.sentiment.label), [named[one] for one in head.labels]
        case _:
            return _nothing(head), [0.0] * len(head.labels)


def _nothing(head: Head) -> Target:
    if head.kind == "tokens":
        return ()
    return (0.0,) * len(head.labels) if head.kind == "multi_label" else -1


def _plain(head: Head, target: Target) -> Target:
    """A target as answers are told: of an aspect its label alone."""
    return _stretches(target)[0][2] if head.kind == "span" else target


def _most_frequent(head: Head, truth: Sequence[Target]) -> Target:
    """What is right most often if told of every text: a label, for each label whether it is there, no stretch."""
    if head.kind == "multi_label":
        rows = np.array(truth, np.float64)
        return tuple(((rows == 1).sum(axis=0) > (rows == 0).sum(axis=0)).astype(np.float64).tolist())
    return () if head.kind == "tokens" else Counter(truth).most_common(1)[0][0]


def _frequencies(head: Head, truth: Sequence[Target]) -> dict[str, int]:
    if head.kind == "multi_label":
        counts = (np.array(truth, np.float64) == 1).sum(axis=0).tolist()
    else:
        found = (
            Counter(label for row in truth for _, _, label in _stretches(row))
            if head.kind == "tokens"
            else Counter(truth)
        )
        counts = [found[place] for place in range(len(head.labels))]
    return dict(zip(head.labels, counts, strict=True))


def _slices(
    head: Head, slices: Sequence[str], truth: Sequence[Target], told: Sequence[Target], scores: Floats | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in sorted(set(slices)):
        inside = np.array([one == value for one in slices])
        rows = np.flatnonzero(inside).tolist()
        own = None if scores is None else scores[rows]
        found[value] = {
            "rows": len(rows),
            **measures(head, [truth[row] for row in rows], [told[row] for row in rows], own),
            **({} if scores is None else _bias(head, truth, scores, inside)),
        }
    return found


def _bias(
    head: Head, truth: Sequence[Target], scores: Floats, inside: npt.NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    there = (
        np.array(truth, np.float64)
        if head.kind == "multi_label"
        else np.eye(len(head.labels))[np.array(truth, np.int64)]
    )
    found: dict[str, dict[str, float]] = {"bpsn_auc": {}, "bnsp_auc": {}}
    for label, real, column in zip(head.labels, there.T, scores.T, strict=True):
        known = ~np.isnan(real)
        aucs = bias_aucs(real[known] == 1, column[known], inside[known])
        for name, told in found.items():
            if not np.isnan(aucs[name]):
                told[label] = aucs[name]
    return found
