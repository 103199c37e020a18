"""Every head of the text model in the package on the test parts of public sets, beside the most frequent answer.

`python -m benchmarks text [--shared DIR] [--text-model DIR]`; a model of open sets only is written to `text_open.json`.

TweetEval's figures are its own: macro-F1, of irony the F1 of ironic, of sentiment the macro recall, of stance the mean
F1 of favor and against; its mean is of emotion, hate, irony, offensive and sentiment. What was published without a test
part is cut by `training.text.sources`; of four videos' YouTube spam one is held back.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results_file import write
from socialflow.catalogue.contents import read_manifest
from socialflow.kit.answers import Tier
from socialflow.text.analyser import Analyser
from socialflow.text.bundle import PACKAGED, read_bundle
from socialflow.text.records import Labels
from socialflow.training.text.bias import NAMES, named, unintended_bias
from socialflow.training.text.heads import STANCE_TOPICS
from socialflow.training.text.sources import SETS, load
from socialflow.training.text.text_eval import HEADS, evaluate

Figure = Callable[[Mapping[str, Any]], float]


def run(shared: Path, directory: Path = PACKAGED) -> Path:
    """Measure and write `results/text.json`."""
    model, root = Analyser(read_bundle(directory, Tier.BUNDLED)), shared / "data" / "text"
    about = read_manifest(directory).about
    licence = about.metadata["plan"]["licence"]
    report: dict[str, Any] = {"model": about.version, "licence": licence, "sets": {}}
    for name, (called, figure) in MEASURED.items():
        if SETS[name].head not in model.questions:
            continue
        part = load(name, root).test
        found = evaluate(HEADS[SETS[name].head], part.texts, part.plain(), model=model)
        told = {"head": found["head"], "rows": len(part), "figure": called}
        told |= {"value": round(figure(found["metrics"]), 4), "majority": round(figure(found["majority"]), 4)}
        report["sets"][name] = told
        print(name, told, flush=True)
    five = [report["sets"][name]["value"] for name in _FIVE if name in report["sets"]]
    if len(five) == len(_FIVE):
        report["tweeteval_mean"] = round(float(np.mean(five)), 4)
    report["hate_elsewhere"] = {name: _hate(name, root, model) for name in _ELSEWHERE}
    report["unintended_bias"] = {name: _bias(name, root, model) for name in NAMES}
    return write("text" if licence == "all" else f"text_{licence}", "python -m benchmarks text", report)


def _hate(name: str, root: Path, model: Analyser) -> dict[str, Any]:
    """The head of hate on a set that it does not learn from: hateful texts against normal ones."""
    labels, part = HEADS["hate_speech"].labels, load(name, root).test
    told = [(text, labels[target]) for text, target in zip(part.texts, part.plain(), strict=True)]
    texts, truth = zip(
        *((text, int(label == "hatespeech")) for text, label in told if label != "offensive"), strict=True
    )
    found = evaluate(HEADS["hate"], texts, truth, model=model)
    measured = {called: round(found[called]["macro_f1"], 4) for called in ("metrics", "majority")}
    return {"rows": len(texts), "macro_f1": measured["metrics"], "majority": measured["majority"]}


def _bias(name: str, root: Path, model: Analyser) -> dict[str, Any]:
    part = load(name, root).test
    scores = [
        labels.scores["toxicity"] if (labels := told.record("toxicity", Labels)) else 0.0
        for first in range(0, len(part), _AT_ONCE)
        for told in model.analyse(part.texts[first : first + _AT_ONCE], ["toxicity"])
    ]
    harmful = np.array([target[0] for target in part.plain()]) > 0.5
    return unintended_bias([named(text) for text in part.texts], harmful, np.array(scores))


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
_FIVE = tuple(f"tweeteval/{name}" for name in ("emotion", "hate", "irony", "offensive", "sentiment"))
_ELSEWHERE = ("hatexplain", "davidson2017")
_AT_ONCE = 4096
