"""From a trained encoder and heads to a bundle: calibrated as it is served, compared with floats, judged, written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np

from socialflow.catalogue.records import Card, Version
from socialflow.catalogue.registry import Catalogue
from socialflow.kit.progress import Progress
from socialflow.text.builders import HEADS
from socialflow.text.bundle import (
    ARRAYS_FILE,
    ENCODER_FILE,
    HEADS_FILE,
    NAME,
    NODES_FILE,
    TOKENIZER_FILE,
    FloatArray,
    HeadPart,
)
from socialflow.text.records import Combination
from socialflow.training.gate import Verdict
from socialflow.training.text.bias import Probe, unintended_bias
from socialflow.training.text.calibrate import calibrated
from socialflow.training.text.curriculum import Curriculum
from socialflow.training.text.export import Weights, encoder_graph
from socialflow.training.text.heads_export import heads_graph
from socialflow.training.text.lessons import Lesson
from socialflow.training.text.plan import Gate, Plan
from socialflow.training.text.quality import agreement, quality
from socialflow.training.text.reach import reaches
from socialflow.training.text.served import answered, served
from socialflow.training.text.shape import Shape
from socialflow.training.text.terms import terms_of

ONE_SIDED_95 = 1.645
"""Standard deviations that chance exceeds one time in twenty, on one side."""
_EVEN = np.float32(0.5)
"""Harm is not told at less than even odds, even where that would give the best F1: a false alarm falls on somebody."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One head on its `rows` validation texts: quality with `floats` and with `integers`, and the share of decisions
    that both make (`agreement`)."""

    rows: int
    floats: float
    integers: float
    agreement: float


@dataclass(frozen=True, slots=True)
class Draft:
    """A trained model that was not measured yet: weights of the encoder and uncalibrated heads, and how it was made."""

    encoder: Weights
    shape: Shape
    heads: Mapping[str, HeadPart]
    curriculum: Curriculum
    plan: Plan
    probes: Mapping[str, Probe] = field(default_factory=dict)


def made(draft: Draft, tokenizer: Path, catalogue: Catalogue, progress: Progress) -> Version:
    """Store a model as a candidate version, with the gate's verdict."""
    learnt, plan = draft.curriculum, draft.plan
    exact = encoder_graph(draft.encoder, draft.shape)
    graph = encoder_graph(draft.encoder, draft.shape, reaches(exact, draft.shape, learnt.lessons, plan.seed))
    calibrations, measured = dict[str, HeadPart](), dict[str, Measured]()
    for done, (name, check) in enumerate(sorted(learnt.checks.items())):
        progress("calibrating", done, len(learnt.checks))
        calibrations[name], measured[name] = _calibrated(draft.heads[name], check, graph, exact)
    verdict = judged(measured, plan.gate)

    def write(directory: Path) -> None:
        (directory / ENCODER_FILE).write_bytes(graph)
        copyfile(tokenizer, directory / TOKENIZER_FILE)
        write_heads(directory, calibrations)

    progress("probing", 0, 1)
    bias = {name: biased(probe, calibrations["toxicity"], graph) for name, probe in draft.probes.items()}
    metadata = {**_metadata(plan, learnt, measured, verdict), "unintended_bias": bias}
    return catalogue.add(NAME, NAME, write, metadata, card=card_of(learnt.sources(), plan.languages, bias))


def write_heads(directory: Path, parts: Mapping[str, HeadPart]) -> None:
    """`heads.json` and `heads.npz` of a bundle, arrays in half precision, and `heads.onnx`, made of these."""
    documents = {
        name: {
            "kind": part.kind,
            "labels": part.labels,
            "temperature": part.temperature,
            "thresholds": [round(float(one), 4) for one in part.thresholds],
        }
        for name, part in parts.items()
    }
    (directory / HEADS_FILE).write_text(json.dumps({"heads": documents}, indent=1), encoding="utf-8")
    halves = {
        name: {array: values.astype(np.float16) for array, values in part.arrays.items()}
        for name, part in parts.items()
    }
    arrays: dict[str, Any] = {f"{name}/{array}": half for name, own in halves.items() for array, half in own.items()}
    np.savez_compressed(directory / ARRAYS_FILE, **arrays)
    stored = {
        name: replace(part, arrays={array: half.astype(np.float32) for array, half in halves[name].items()})
        for name, part in parts.items()
    }
    (directory / NODES_FILE).write_bytes(heads_graph(stored))


def judged(measured: Mapping[str, Measured], gate: Gate) -> Verdict:
    """Whether integer products decide as floats do: over all decisions, and in the quality of each head.

    A head is refused for a loss beyond `gate.loss` and beyond chance: the one-sided 95 % bound of a mean of n changes,
    of which ``1 - agreement`` are not 0.

    >>> judged({"spam": Measured(1000, 0.98, 0.95, 0.999)}, Gate(agreement=0.99, loss=0.01)).reasons
    ('spam: quality falls from 0.9800 to 0.9500 by integer products',)
    """
    worse = [
        f"{name}: quality falls from {one.floats:.4f} to {one.integers:.4f} by integer products"
        for name, one in measured.items()
        if one.floats - one.integers > gate.loss + ONE_SIDED_95 * ((1.0 - one.agreement) / one.rows) ** 0.5
    ]
    share = float(
        np.average([one.agreement for one in measured.values()], weights=[one.rows for one in measured.values()])
    )
    if share < gate.agreement:
        worse.append(f"integer products share {share:.4f} of the decisions; {gate.agreement} are wanted")
    return Verdict(not worse, tuple(worse) or (f"integer products share {share:.4f} of the decisions",))


def _calibrated(head: HeadPart, check: Lesson, graph: bytes, exact: bytes) -> tuple[HeadPart, Measured]:
    told, floats = served(graph, head, check), served(exact, head, check)
    part = fitted_to(head, check, told)
    heat, integers = 1.0 if check.kind == "vector" else part.temperature, answered(graph, part, check)
    shared = agreement(check, integers, floats / heat, part.thresholds)
    return part, Measured(len(check), quality(check, floats), quality(check, integers), shared)


def fitted_to(head: HeadPart, check: Lesson, told: FloatArray) -> HeadPart:
    """A head with the temperature and the thresholds that suit what it `told` of its validation part."""
    found = calibrated(check, told.astype(np.float64))
    thresholds = np.asarray(found.thresholds, np.float32)
    if HEADS[check.head].combination is Combination.MAX:
        thresholds = np.maximum(thresholds, _EVEN)
    return replace(head, temperature=found.temperature, thresholds=thresholds)


def _metadata(
    plan: Plan, learnt: Curriculum, measured: Mapping[str, Measured], verdict: Verdict
) -> Mapping[str, object]:
    return {
        "plan": plan.model_dump(mode="json"),
        "data": {
            "texts": learnt.sources(),
            "left_out": {name: dict(one.dropped) for name, one in learnt.tasks.items()},
        },
        "heads": {
            name: {
                "rows": one.rows,
                "floats": round(one.floats, 4),
                "integers": round(one.integers, 4),
                "agreement": round(one.agreement, 4),
            }
            for name, one in measured.items()
        },
        "gate": {"accepted": verdict.accepted, "reasons": list(verdict.reasons)},
        "versions": {name: version(name) for name in ("socialflow", "onnx", "tokenizers", "numpy")},
    }


def biased(probe: Probe, head: HeadPart, graph: bytes) -> Mapping[str, Any]:
    """AUCs of a head of toxicity on texts that name groups of people."""
    scores = served(graph, head, probe.lesson)[:, head.labels.index("toxicity")]
    return unintended_bias(probe.groups, probe.harmful, scores.astype(np.float64))


def card_of(
    texts: Mapping[str, Mapping[str, int]], languages: Sequence[str], bias: Mapping[str, Mapping[str, Any]]
) -> Card:
    """The card of a model that learnt from these sets (texts by head and set)."""
    sets = sorted({name for counts in texts.values() for name in counts})
    terms = "; ".join(f"{name} ({_terms(name)})" for name in sets)
    read = ", ".join(languages)
    return Card(
        summary="One small encoder (6 layers, 384 wide, started from all-MiniLM-L6-v2) with a head a question.",
        intended_use="Short texts of social platforms: posts, comments, titles. Scores support decisions of people and "
        "of policies; they are no verdicts.",
        data=f"Public sets and generated text, by head in the manifest. Terms: {terms}.",
        limitations=(
            f"Trained on these languages only: {read}; other languages are for other models.",
            "Casing is not seen. At most 32 windows of 128 tokens of a text are read.",
            "Category, intent and harm are partly learnt from generated text.",
            "Toxicity is learnt from part of one set of encyclopaedia discussions and from generated text.",
            *(f"Where groups are named ({name}), {_told(aucs)}." for name, aucs in bias.items()),
        ),
        licence="Apache-2.0; the sets keep their own terms",
    )


def _terms(source: str) -> str:
    return "our own" if source.startswith("shapes/") else terms_of(source).licence


def _told(aucs: Mapping[str, Any]) -> str:
    """AUC of toxicity in words."""
    ways = {"subgroup": "within a group", "bpsn": "harmless of it", "bnsp": "harmful of it"}
    each = (f"{said} {aucs[way]['mean']:.3f} (least {aucs[way]['least']:.3f})" for way, said in ways.items())
    return f"AUC of toxicity is {aucs['auc']:.3f}; by group, " + ", ".join(each)
