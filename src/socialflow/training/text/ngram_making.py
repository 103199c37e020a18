"""`socialflow train text-languages`: the small linear model for languages other than English.

It learns from public sets and, where there are none, from texts of our own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from socialflow.catalogue.records import Card, Version
from socialflow.catalogue.registry import Catalogue
from socialflow.kit.progress import Progress
from socialflow.text.bundle import ARRAYS_FILE, HEADS_FILE
from socialflow.text.ngram_bundle import NAME
from socialflow.text.ngrams import Shape
from socialflow.training.gate import Verdict
from socialflow.training.text.calibrate import Calibration, calibrated
from socialflow.training.text.lessons import Lesson, Tokens
from socialflow.training.text.ngram_fit import Design, Fitted, design, fitted
from socialflow.training.text.quality import quality
from socialflow.training.text.records import Head, Part, Task
from socialflow.training.text.shapes import spam
from socialflow.training.text.sources import SETS
from socialflow.training.text.tasks import tasks
from socialflow.training.text.terms import terms_of

SHAPE = Shape()
STRENGTH = 10.0
"""Inverse weight of the penalty."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sets that teach one head, and how many weights a label has: ``2^bits``."""

    head: str
    sources: tuple[str, ...]
    bits: int


_TWEETS = tuple(name for name in SETS if name.startswith("xlmt_sentiment/") and SETS[name].language != "en")
"""English is the encoder's; nearly all of its tweets here stand in a validation part of another set."""
RECIPES = (
    Recipe("sentiment", _TWEETS, 19),
    Recipe("toxicity", ("told_br",), 17),
    Recipe("offensive", ("germeval2018",), 17),
    Recipe("hate_speech", ("korean_hate",), 17),
    Recipe("hate", ("mlma_hate/ar", "mlma_hate/fr"), 17),
    Recipe("spam", tuple(f"{spam.SOURCE}/{language}" for language in spam.LANGUAGES), 17),
)


@dataclass(frozen=True, slots=True)
class Made:
    """One head: its labels, languages and bits, the fit, calibration and quality by language."""

    head: Head
    languages: tuple[str, ...]
    bits: int
    fit: Fitted
    calibrations: Mapping[str, Calibration]
    quality: Mapping[str, float]
    trivial: Mapping[str, float]
    rows: Mapping[str, int]


def train_languages(root: Path, catalogue: Catalogue, progress: Progress, *, seed: int = 0) -> Version:
    """Fit every head and store the model as a candidate version; the gate asks each to beat the most frequent answer.

    `root` is the folder of all sets. Raises InvalidInput where a file is missing.
    """
    begun = perf_counter()
    progress("reading texts", 0, 1)
    spoken = {language_of(name) for recipe in RECIPES for name in recipe.sources}
    found = {**tasks(root, seed=seed, languages=spoken), "spam": spam.task(seed)}
    wanted = [(recipe.bits, _task(found[recipe.head], recipe.sources)) for recipe in RECIPES]
    made = []
    for done, (bits, task) in enumerate(wanted):
        progress("fitting", done, len(wanted))
        made.append(_made(task, bits))
    metadata = {**_metadata(made), "fit_seconds": round(perf_counter() - begun, 1)}
    return catalogue.add(NAME, NAME, lambda directory: write(directory, made), metadata, card=_card(made))


def _task(task: Task, sources: Sequence[str]) -> Task:
    """The rows of some sets, and the labels that they know of."""
    train, validation = (part.take(_rows(part, sources)) for part in (task.train, task.validation))
    if task.head.kind != "multi_label":
        return Task(task.head, train, validation)
    known = [place for place in range(len(task.head.labels)) if not np.isnan(_told(train)[:, place]).all()]
    head = replace(task.head, labels=tuple(task.head.labels[place] for place in known))
    train, validation = (replace(part, targets=_told(part)[:, known]) for part in (train, validation))
    return Task(head, train, validation)


def _rows(part: Part, sources: Sequence[str]) -> np.ndarray:
    return np.flatnonzero(np.isin(part.sources, sources))


def _told(part: Part) -> np.ndarray:
    return np.asarray(part.targets)


def language_of(source: str) -> str:
    """Of a set, or of texts of our own."""
    return source.rpartition("/")[2] if source.startswith(spam.SOURCE) else SETS[source].language


def _made(task: Task, bits: int) -> Made:
    spoken = [language_of(source) for source in task.train.sources]
    languages = tuple(sorted(set(spoken)))
    seen, checked = (
        design(part.texts, [*map(language_of, part.sources)], languages, bits, SHAPE)
        for part in (task.train, task.validation)
    )
    truth = _told(task.validation)
    fit = fitted(seen, _told(task.train), task.head, STRENGTH)
    logits = fit.logits(checked, task.head.kind)
    by_language = dict(_by_language(checked))
    return Made(
        task.head,
        languages,
        bits,
        fit,
        {code: calibrated(_lesson(task.head, truth[rows]), logits[rows]) for code, rows in by_language.items()},
        dict(_qualities(task.head, truth, checked, fit)),
        {code: _trivial(task.head, truth[rows]) for code, rows in by_language.items()},
        {code: spoken.count(code) for code in languages},
    )


def _by_language(checked: Design) -> Iterator[tuple[str, np.ndarray]]:
    return ((code, np.flatnonzero(checked.spoken == place)) for place, code in enumerate(checked.languages))


def _qualities(head: Head, truth: np.ndarray, checked: Design, fit: Fitted) -> Iterator[tuple[str, float]]:
    logits = fit.logits(checked, head.kind).astype(np.float32)
    return ((code, quality(_lesson(head, truth[rows]), logits[rows])) for code, rows in _by_language(checked))


def _trivial(head: Head, truth: np.ndarray) -> float:
    """The quality of the most frequent answer."""
    if head.kind == "multi_label":
        return 0.5
    constant = np.tile(np.bincount(truth, minlength=len(head.labels)), (len(truth), 1))
    return quality(_lesson(head, truth), constant.astype(np.float32))


def _lesson(head: Head, targets: np.ndarray) -> Lesson:
    """Targets without tokens, of which neither calibration nor quality asks."""
    none = Tokens(np.empty(0, np.int32), np.zeros(len(targets) + 1, np.int64))
    return Lesson(head.name, head.kind, head.labels, none, targets)


def write(directory: Path, made: Sequence[Made]) -> None:
    """`heads.json` and `heads.npz` (`text.ngram_bundle`)."""
    heads = {
        one.head.name: {
            "kind": one.head.kind,
            "labels": one.head.labels,
            "bits": one.bits,
            "languages": {code: _calibration(one.calibrations[code]) for code in one.languages},
        }
        for one in made
    }
    shape = {"shortest": SHAPE.shortest, "longest": SHAPE.longest, "words": SHAPE.words}
    (directory / HEADS_FILE).write_text(json.dumps({"shape": shape, "heads": heads}, indent=1), encoding="utf-8")
    arrays: dict[str, Any] = {
        f"{one.head.name}/{name}": values
        for one in made
        for name, values in (("levels", one.fit.levels), ("scale", one.fit.scale), ("bias", one.fit.bias))
    }
    np.savez_compressed(directory / ARRAYS_FILE, **arrays)


def _calibration(found: Calibration) -> dict[str, object]:
    return {"temperature": found.temperature, "thresholds": [round(one, 4) for one in found.thresholds]}


def judged(made: Sequence[Made]) -> Verdict:
    """Whether every head beats the most frequent answer in every language."""
    worse = [
        f"{one.head.name} in {code}: {one.quality[code]:.4f}, the most frequent answer {one.trivial[code]:.4f}"
        for one in made
        for code in one.languages
        if one.quality[code] <= one.trivial[code]
    ]
    return Verdict(not worse, tuple(worse) or ("every head beats the most frequent answer in every language",))


def _metadata(made: Sequence[Made]) -> Mapping[str, object]:
    verdict = judged(made)
    return {
        "languages": sorted({code for one in made for code in one.languages}),
        "heads": {
            one.head.name: {
                "rows": dict(one.rows),
                "quality": {code: round(value, 4) for code, value in one.quality.items()},
                "most_frequent": {code: round(value, 4) for code, value in one.trivial.items()},
            }
            for one in made
        },
        "gate": {"accepted": verdict.accepted, "reasons": list(verdict.reasons)},
        "versions": {name: version(name) for name in ("socialflow", "scipy", "numpy")},
    }


def _card(made: Sequence[Made]) -> Card:
    known = "; ".join(f"{one.head.name}: {', '.join(one.languages)}" for one in made)
    public = [name for recipe in RECIPES for name in recipe.sources if name in SETS]
    sets = "; ".join(f"{name} ({terms_of(name).licence})" for name in public)
    return Card(
        summary=f"Logistic regression over hashed character n-grams and words, int8. {known}.",
        intended_use="Short texts of social platforms in languages that the encoder does not know. Scores support "
        "decisions of people and of policies; they are no verdicts.",
        data=f"Public sets: {sets}. Spam: texts of our own, written one by one.",
        limitations=(
            "Far weaker than the encoder is in English: it knows words and their pieces, no word order beyond pairs.",
            "Each question is known in the languages above only; hate, offence and toxicity are each set's own notion.",
            "What stands in a language's tweets of 2009 to 2020 may sound otherwise today.",
        ),
        licence="Apache-2.0; the sets keep their own terms",
    )
