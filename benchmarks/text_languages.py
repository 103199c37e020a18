"""The text models on languages other than English: test parts of public sets, beside the most frequent answer.

`python -m benchmarks text_languages [--shared DIR]`

`alone`: the small linear model, told which language it is; it knows no English. `served`: as texts are served, the
language found out; a text that gets no answer counts as wrong. `left`: the share of texts that are taken to be in
another language. Without the encoder there is no `served`. `english`: the share of English tweets that are taken
to be in another language.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results_file import write
from socialflow.errors import ModelUnavailable
from socialflow.kit.answers import Tier
from socialflow.text.analyser import Analyser, bundled
from socialflow.text.language import identifier
from socialflow.text.multilingual import MultilingualAnalyser, others
from socialflow.text.ngram_analyser import NgramAnalyser
from socialflow.text.ngram_bundle import PACKAGED, NgramBundle, read_ngrams
from socialflow.training.text.heads import HEADS
from socialflow.training.text.sources import SETS, load
from socialflow.training.text.text_eval import evaluate

TWEETS = tuple(name for name in SETS if name.startswith("xlmt_sentiment/"))
HARM = ("told_br", "germeval2018", "korean_hate", "mlma_hate/ar", "mlma_hate/fr", "indonesian_hate")


def run(shared: Path) -> Path:
    """Measure and write `results/text_languages.json`."""
    root, bundle = shared / "data" / "text", read_ngrams(PACKAGED, Tier.BUNDLED)
    models = others()
    served = MultilingualAnalyser(_encoder() or models["de"], models, identifier())
    report: dict[str, Any] = {"model": bundle.provenance.version, "megabytes": _size(), "sets": {}}
    for name in (*TWEETS, *HARM):
        report["sets"][name] = _measured(name, root, bundle, served)
        print(name, report["sets"][name], flush=True)
    report["xlmt_mean_macro_f1"] = {kind: _mean(report["sets"], kind) for kind in ("alone", "served", "majority")}
    english = load("tweeteval/sentiment", root).test.texts
    report["english"] = {"rows": len(english), "left": _left(served.spoken(english), "en")}
    return write("text_languages", "python -m benchmarks text_languages", report)


def _measured(name: str, root: Path, bundle: NgramBundle, served: MultilingualAnalyser) -> dict[str, Any]:
    part, head, language = load(name, root).test, HEADS[SETS[name].head], SETS[name].language
    told: dict[str, Any] = {"head": head.name, "language": language, "rows": len(part)}
    if language in bundle.heads[head.name].parts:
        alone = evaluate(head, part.texts, part.plain(), model=NgramAnalyser(bundle, language))
        told |= {"alone": _figure(alone["metrics"]), "auc": _rounded(alone["metrics"]["auc"])}
        told |= {"texts_per_second": alone["texts_per_second"]}
        if "calibration_error" in alone["metrics"]:
            told["calibration_error"] = round(alone["metrics"]["calibration_error"], 4)
    found = evaluate(head, part.texts, part.plain(), model=served)
    if _encoder() is not None:
        told["served"] = _figure(found["metrics"])
    return told | {"majority": _figure(found["majority"]), "left": _left(served.spoken(part.texts), language)}


def _figure(metrics: dict[str, Any]) -> float:
    """Macro-F1; of toxicity that of its first label, beside which the kinds are few: the F1 of being toxic."""
    return round(metrics["f1"].get("toxicity", metrics["macro_f1"]), 4)


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items() if not np.isnan(value)}


def _left(spoken: Sequence[str], language: str) -> float:
    return round(float(np.mean([code != language for code in spoken])), 4)


def _mean(sets: Mapping[str, Mapping[str, Any]], kind: str) -> dict[str, float]:
    told = [sets[name][kind] for name in TWEETS if kind in sets[name]]
    return {"languages": len(told), "mean": round(float(np.mean(told)), 4)} if told else {}


def _encoder() -> Analyser | None:
    try:
        return bundled()
    except ModelUnavailable:
        return None


def _size() -> float:
    return round(sum(file.stat().st_size for file in PACKAGED.iterdir()) / 1e6, 2)
