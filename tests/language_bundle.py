"""A small text model for two languages whose answers can be worked out by hand: a word each decides."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from socialflow.catalogue.registry import Catalogue
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock
from socialflow.text.ngram_bundle import NAME, NgramBundle, read_ngrams
from socialflow.text.ngrams import Shape, features

BITS = 16
HEADS: Mapping[str, Mapping[str, Any]] = {
    "sentiment": {
        "kind": "multi_class",
        "labels": ["negative", "neutral", "positive"],
        "words": {("es", "bueno"): "positive", ("es", "malo"): "negative", ("de", "gut"): "positive"},
    },
    "toxicity": {
        "kind": "multi_label",
        "labels": ["toxicity", "insult"],
        "words": {("es", "tonto"): "insult", ("es", "basura"): "toxicity"},
    },
    "spam": {"kind": "multi_class", "labels": ["ham", "spam"], "words": {("de", "gratis"): "spam"}},
}
Change = Callable[[dict[str, Any], dict[str, np.ndarray]], None]


def small_languages(directory: Path, change: Change = lambda _document, _arrays: None) -> Path:
    """A catalogue version; `change` may spoil what is written. Without a known word: neutral, nothing, ham."""
    document: dict[str, Any] = {"shape": {"shortest": 2, "longest": 3, "words": 1}, "heads": {}}
    arrays: dict[str, np.ndarray] = {}
    for name, head in HEADS.items():
        languages = sorted({language for language, _ in head["words"]})
        many = head["kind"] == "multi_label"
        columns = head["labels"] if many else head["labels"][1:]
        levels = np.zeros((1 << BITS, len(columns)), np.int8)
        for (language, word), label in head["words"].items():
            buckets = features(word, language, Shape(2, 3, 1)).buckets(BITS)
            levels[buckets] = [[20 * (label == column) - 20 * (label not in columns) for column in columns]]
        thresholds = [0.5] * len(columns) if many else []
        document["heads"][name] = {
            "kind": head["kind"],
            "labels": head["labels"],
            "bits": BITS,
            "languages": {code: {"temperature": 1.0, "thresholds": thresholds} for code in languages},
        }
        bias = np.full((len(languages), len(columns)), -1.0 if name != "sentiment" else 0.0)
        bias[:, 0] += name == "sentiment"
        arrays |= {f"{name}/levels": levels, f"{name}/scale": np.full(len(columns), 0.1), f"{name}/bias": bias}
    change(document, arrays)

    def files(where: Path) -> None:
        (where / "heads.json").write_text(json.dumps(document), encoding="utf-8")
        np.savez_compressed(where / "heads.npz", **arrays)

    catalogue = Catalogue(directory, clock=FixedClock(datetime(2026, 1, 2, tzinfo=UTC)))
    about = catalogue.add(NAME, NAME, files, {}, version="small")
    return catalogue.open(NAME, about.version)


def small_bundle(directory: Path) -> NgramBundle:
    return read_ngrams(small_languages(directory), Tier.BUNDLED)
