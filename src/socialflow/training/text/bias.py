"""Whether sentences that name groups of people are judged like others: toxicity on the sets of unintended bias."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from socialflow.evaluation.classification import bias_aucs, roc_auc
from socialflow.training.text.heads import HEADS
from socialflow.training.text.lessons import Lesson
from socialflow.training.text.prepare import lesson
from socialflow.training.text.sources import load

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAMES = ("unintended_bias/madlibs", "unintended_bias/swapped", "unintended_bias/natural")
"""Of the sets; none of them trains anything."""
_WORD = re.compile(r"[a-z]+")
_GROUPS = frozenset(
    """
    african american asian bisexual black blind buddhist canadian catholic chinese christian deaf elderly european
    female gay heterosexual hispanic homosexual indian japanese jewish latina latino latinx lesbian lgbt lgbtq male
    mexican millenial muslim nonbinary old older paralyzed protestant queer sikh straight taoist teenage trans
    transgender white young younger
    """.split()  # noqa: SIM905  a list of fifty strings is no better to read
)


@dataclass(frozen=True, slots=True)
class Probe:
    """n sentences, the group that each names, whether it is `harmful` (n,), and the same as a lesson of toxicity."""

    groups: Sequence[str]
    harmful: npt.NDArray[np.bool_]
    lesson: Lesson


def probes(root: Path, by: "Tokenizer") -> Mapping[str, Probe]:
    """The sets in the folder of all sets. Raises InvalidInput."""
    found = {}
    for name in NAMES:
        part = load(name, root).test
        taught = lesson(HEADS["toxicity"], part, by)
        found[name] = Probe([named(text) for text in part.texts], taught.targets[:, 0] > 0.5, taught)
    return found


def named(text: str) -> str:
    """The first group that a text names, or nothing.

    >>> named("My neighbour is a deaf woman"), named("Hello")
    ('deaf', '')
    """
    return next((word for word in _WORD.findall(text.lower()) if word in _GROUPS), "")


def unintended_bias(
    groups: Sequence[str], harmful: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """ROC AUC of scores (n,): of all rows, and as its mean and least over the groups that of the rows that name one
    (`subgroup`), of its harmless rows among the other groups' harmful ones (`bpsn`), and the reverse (`bnsp`).

    Reference: Borkan et al., "Nuanced metrics for measuring unintended bias with real data for text classification",
    WWW 2019 companion.
    """
    told = np.array(groups)
    each = [bias_aucs(harmful, scores, told == group) for group in sorted(set(groups) - {""})]
    report: dict[str, Any] = {"rows": len(scores), "auc": round(roc_auc(harmful, scores), 4)}
    for figure in ("subgroup", "bpsn", "bnsp"):
        values = [aucs[f"{figure}_auc"] for aucs in each if not np.isnan(aucs[f"{figure}_auc"])]
        if values:
            mean, least = round(float(np.mean(values)), 4), round(min(values), 4)
            report[figure] = {"groups": len(values), "mean": mean, "least": least}
    return report
