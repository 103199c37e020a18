"""How well each attribute of `comments:analyze` tells labelled comments apart: ROC AUC on texts that taught nothing.

`python -m benchmarks perspective [--shared DIR]`

Scored one by one by the function that serves, the language told. Of `cad_reddit` and `unintended_bias/natural` no text
was ever used for training; of the others these are test parts, whose other parts were. Labels that are only near an
attribute are measured as such: `labels` says which.
"""

import csv
import lzma
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.results_file import write
from socialflow.evaluation.classification import roc_auc
from socialflow.moderation.perspective import ATTRIBUTES, scored
from socialflow.text.multilingual import multilingual
from socialflow.training.text.heads import HEADS
from socialflow.training.text.sources import SETS, load

Truth = Mapping[str, npt.NDArray[np.float64]]
"""Attribute -> 1 where it is there, 0 where not, NaN where nobody was asked."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts of one language with what is known of them, and which labels were taken for the attributes."""

    language: str
    texts: Sequence[str]
    truth: Truth
    labels: Mapping[str, str]


def run(shared: Path) -> Path:
    """Measure and write `results/perspective.json`."""
    root = shared / "data" / "text"
    report: dict[str, Any] = {"sets": {}}
    for name, read in MEASURED.items():
        report["sets"][name] = _measured(read(name, root))
        print(name, report["sets"][name], flush=True)
    return write("perspective", "python -m benchmarks perspective", report)


def _measured(given: Labelled) -> dict[str, Any]:
    model = multilingual()
    told = [scored(model, text, list(given.truth), [given.language]).summary for text in given.texts]
    report: dict[str, Any] = {"language": given.language, "texts": len(told), "attributes": {}}
    for name, truth in given.truth.items():
        rows = [place for place, one in enumerate(told) if name in one and not np.isnan(truth[place])]
        positive, scores = truth[rows] > 0.5, np.array([told[place][name] for place in rows])
        auc = round(roc_auc(positive, scores), 4)
        report["attributes"][name] = {
            "labels": given.labels[name],
            "rows": len(rows),
            "positive": int(positive.sum()),
            "auc": auc,
        }
    return report


def _of_toxicity(name: str, root: Path) -> Labelled:
    """A set that says of each label of `toxicity` whether it applies."""
    part, labels = load(name, root).test, HEADS["toxicity"].labels
    columns = np.asarray(part.plain(), dtype=np.float64).T
    known = {attribute: columns[labels.index(label)] for attribute, label in ATTRIBUTES.items()}
    truth = {attribute: column for attribute, column in known.items() if not np.isnan(column).all()}
    return Labelled(SETS[name].language, part.texts, truth, {one: ATTRIBUTES[one] for one in truth})


def _of_one(attribute: str, *wanted: str) -> Callable[[str, Path], Labelled]:
    """A set whose texts have one label each, some of which are taken for the attribute."""

    def read(name: str, root: Path) -> Labelled:
        part, labels = load(name, root).test, HEADS[SETS[name].head].labels
        places = [labels.index(label) for label in wanted]
        truth = np.isin(np.asarray(part.plain()), places).astype(np.float64)
        return Labelled(SETS[name].language, part.texts, {attribute: truth}, {attribute: " or ".join(wanted)})

    return read


_CAD = {
    "TOXICITY": ("IdentityDirectedAbuse", "AffiliationDirectedAbuse", "PersonDirectedAbuse", "Slur"),
    "IDENTITY_ATTACK": ("IdentityDirectedAbuse",),
    "INSULT": ("PersonDirectedAbuse",),
}


def _cad(name: str, root: Path) -> Labelled:
    with lzma.open(root / name / "cad_v1_1_test.tsv.xz", "rt", encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    marked = [set(row["labels"].replace(" ", "").split(",")) for row in rows]
    truth = {
        attribute: np.array([float(bool(one & set(labels))) for one in marked]) for attribute, labels in _CAD.items()
    }
    labels = {attribute: " or ".join(labels) for attribute, labels in _CAD.items()}
    return Labelled("en", [row["text"].replace("[linebreak]", "\n") for row in rows], truth, labels)


MEASURED: Mapping[str, Callable[[str, Path], Labelled]] = {
    "cad_reddit": _cad,
    "unintended_bias/natural": _of_toxicity,
    "jigsaw_partial/subset": _of_toxicity,
    "told_br": _of_toxicity,
    "germeval2018": _of_one("TOXICITY", "offensive"),
    "korean_hate": _of_one("TOXICITY", "offensive", "hatespeech"),
    "mlma_hate/ar": _of_one("IDENTITY_ATTACK", "hate"),
}
"""Set -> how it is read."""
