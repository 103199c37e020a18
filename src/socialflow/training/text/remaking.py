"""A model with some heads anew, everything else as it was: calibrated as it is served, compared with the old ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from typing import Any

from socialflow.catalogue.contents import read_manifest
from socialflow.catalogue.records import Version
from socialflow.catalogue.registry import Catalogue
from socialflow.kit.progress import Progress
from socialflow.text.bundle import ENCODER_FILE, NAME, TOKENIZER_FILE, Bundle, HeadPart
from socialflow.training.gate import Verdict
from socialflow.training.text.bias import Probe
from socialflow.training.text.curriculum import Curriculum
from socialflow.training.text.lessons import Lesson
from socialflow.training.text.making import ONE_SIDED_95, biased, card_of, fitted_to, write_heads
from socialflow.training.text.plan import Plan
from socialflow.training.text.quality import quality
from socialflow.training.text.served import served


@dataclass(frozen=True, slots=True)
class Compared:
    """One head on its `rows` validation texts: quality `before`, None where the model had no such head, and `now`."""

    rows: int
    before: float | None
    now: float


@dataclass(frozen=True, slots=True)
class Revision:
    """Uncalibrated heads that learnt from `curriculum` on the encoder of the bundle `before`."""

    before: Bundle
    heads: Mapping[str, HeadPart]
    curriculum: Curriculum
    plan: Plan
    probes: Mapping[str, Probe] = field(default_factory=dict)


def remade(revision: Revision, catalogue: Catalogue, progress: Progress) -> Version:
    """Store the model with its new heads as a candidate version, with the gate's verdict."""
    before = revision.before
    graph = (before.directory / ENCODER_FILE).read_bytes()
    found, compared = dict[str, HeadPart](before.heads), dict[str, Compared]()
    for done, (name, head) in enumerate(sorted(revision.heads.items())):
        progress("calibrating", done, len(revision.heads))
        found[name], compared[name] = _calibrated(head, before.heads.get(name), revision.curriculum.checks[name], graph)
    verdict = judged(compared, revision.plan.gate.loss)

    def write(directory: Path) -> None:
        for file in (ENCODER_FILE, TOKENIZER_FILE):
            copyfile(before.directory / file, directory / file)
        write_heads(directory, found)

    metadata = _metadata(revision, compared, verdict)
    if "toxicity" in revision.heads:
        progress("probing", 0, 1)
        probes = revision.probes.items()
        metadata["unintended_bias"] = {name: biased(probe, found["toxicity"], graph) for name, probe in probes}
    card = card_of(metadata["data"]["texts"], before.languages, metadata["unintended_bias"])
    return catalogue.add(NAME, NAME, write, metadata, card=card)


def judged(compared: Mapping[str, Compared], loss: float) -> Verdict:
    """Whether no head is worse than before by more than `loss` and chance: the one-sided 95 % bound of a
    share of `rows` texts.

    >>> judged({"spam": Compared(1000, 0.98, 0.90)}, 0.01).reasons
    ('spam: quality falls from 0.9800 to 0.9000',)
    """
    known = {name: (one, one.before) for name, one in compared.items() if one.before is not None}
    worse = [
        f"{name}: quality falls from {before:.4f} to {one.now:.4f}"
        for name, (one, before) in known.items()
        if before - one.now > loss + ONE_SIDED_95 * (before * (1.0 - before) / one.rows) ** 0.5
    ]
    told = [f"{name}: {before:.4f} before, {one.now:.4f} now" for name, (one, before) in known.items()]
    new = [f"{name}: {one.now:.4f}, new" for name, one in compared.items() if one.before is None]
    return Verdict(not worse, tuple(worse or [*told, *new]))


def _calibrated(head: HeadPart, old: HeadPart | None, check: Lesson, graph: bytes) -> tuple[HeadPart, Compared]:
    told = served(graph, head, check)
    before = None if old is None else quality(check, served(graph, old, check))
    return fitted_to(head, check, told), Compared(len(check), before, quality(check, told))


def _metadata(revision: Revision, compared: Mapping[str, Compared], verdict: Verdict) -> dict[str, Any]:
    """What the old model tells of itself, with what is new in it."""
    before, plan, learnt = revision.before, revision.plan, revision.curriculum
    old: dict[str, Any] = {**read_manifest(before.directory).about.metadata}
    data, heads = dict(old.get("data", {})), dict(old.get("heads", {}))
    texts = {**data.get("texts", {}), **learnt.sources()}
    left_out = {**data.get("left_out", {}), **{name: dict(one.dropped) for name, one in learnt.tasks.items()}}
    anew = {
        name: {"rows": one.rows, "integers": round(one.now, 4)}
        | ({} if one.before is None else {"before": round(one.before, 4)})
        for name, one in compared.items()
    }
    alone = {name: plan.alone(name).model_dump(mode="json") for name in compared}
    learnt_alone = {**old.get("learnt_alone", {}), **alone}
    return {
        "unintended_bias": {},
        **old,
        "data": {**data, "texts": texts, "left_out": left_out},
        "heads": {**heads, **anew},
        "learnt_alone": learnt_alone,
        "encoder_of": {"version": before.provenance.version, "digest": before.digest},
        "gate": {"accepted": verdict.accepted, "reasons": list(verdict.reasons)},
    }
