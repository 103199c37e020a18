"""Every head of the text model in the package on the test parts of public sets, beside the most frequent answer.

`python -m benchmarks text [--shared DIR]`

TweetEval's figures are its own: macro-F1, of irony the F1 of ironic, of sentiment the macro recall, of stance the mean
F1 of favor and against; its mean is of emotion, hate, irony, offensive and sentiment. What was published without a test
part is cut by `training.text.sources`; of four videos' YouTube spam one is held back.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results_file import write
from socialflow.text.analyser import bundled
from socialflow.training.text.heads import STANCE_TOPICS
from socialflow.training.text.sources import SETS, load
from socialflow.training.text.text_eval import HEADS, evaluate

Figure = Callable[[Mapping[str, Any]], float]


def run(shared: Path) -> Path:
    """Measure and write `results/text.json`."""
    report: dict[str, Any] = {"model": _model(), "sets": {}}
    for name, (called, figure) in MEASURED.items():
        report["sets"][name] = _measured(name, called, figure, shared / "data" / "text")
        print(name, report["sets"][name], flush=True)
    five = [report["sets"][f"tweeteval/{name}"]["value"] for name in _FIVE]
    report["tweeteval_mean"] = round(float(np.mean(five)), 4)
    report["unintended_bias"] = {name: _bias(name, shared / "data" / "text") for name in _BIAS}
    return write("text", "python -m benchmarks text", report)


def _measured(name: str, called: str, figure: Figure, root: Path) -> dict[str, Any]:
    part = load(name, root).test
    found = evaluate(HEADS[SETS[name].head], part.texts, part.plain())
    told = {"head": found["head"], "rows": len(part), "figure": called}
    return told | {"value": round(figure(found["metrics"]), 4), "majority": round(figure(found["majority"]), 4)}


def _bias(name: str, root: Path) -> dict[str, float]:
    """AUC of toxicity on sentences that name groups of people."""
    parts = load(name, root)
    part = next(one for one in (parts.test, parts.validation, parts.train) if len(one))
    found = evaluate(HEADS["toxicity"], part.texts, part.plain())
    return {"rows": len(part), "auc": round(found["metrics"]["auc"]["toxicity"], 4)}


def _model() -> str:
    (analysis,) = bundled().analyse(["a"], ["sentiment"])
    return analysis.answers["sentiment"].provenance.version


def _label(*names: str) -> Figure:
    return lambda told: float(np.mean([told["f1"].get(name, 0.0) for name in names]))


def _plain(name: str) -> Figure:
    return lambda told: float(told[name])


_MACRO, _RIGHT = ("macro F1", _plain("macro_f1")), ("accuracy", _plain("accuracy"))
MEASURED: Mapping[str, tuple[str, Figure]] = {
    "tweeteval/emotion": _MACRO,
    "tweeteval/hate": _MACRO,
    "tweeteval/irony": ("F1 of irony", _label("irony")),
    "tweeteval/offensive": _MACRO,
    "tweeteval/sentiment": ("macro recall", _plain("macro_recall")),
    "tweeteval/emoji": _MACRO,
    **{
        f"tweeteval/stance/{topic}": ("mean F1 of favor, against", _label("favor", "against"))
        for topic in STANCE_TOPICS
    },
    "goemotions/ekman": _MACRO,
    "hatexplain": _MACRO,
    "davidson2017": _MACRO,
    "sms_spam": _RIGHT,
    "youtube_spam": _RIGHT,
    "wnut17": ("F1 of stretches", _plain("micro_f1")),
    "broad_twitter_corpus": ("F1 of stretches", _plain("micro_f1")),
    "toxic_spans": ("F1 of characters", _plain("offset_f1")),
    "absa/laptops": _RIGHT,
    "absa/mams": _RIGHT,
    "clinc150": _RIGHT,
    "imperatives": _RIGHT,
    "complaints_twitter": _RIGHT,
    "politeness_requests": _RIGHT,
    "news_headlines_sarcasm": _MACRO,
    "jigsaw_partial/subset": ("AUC of toxicity", lambda told: float(told["auc"].get("toxicity", 0.5))),
}
"""Set -> what its figure is called, and the figure."""
_FIVE = ("emotion", "hate", "irony", "offensive", "sentiment")
_BIAS = ("unintended_bias/madlibs", "unintended_bias/swapped", "unintended_bias/natural")
