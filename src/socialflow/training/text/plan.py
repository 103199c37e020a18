"""What a training of the text model is told: a file of settings."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.training.text.tasks import Licence

SHIPPED = Path(__file__).parent / "shipped.toml"
"""The settings of the weights in the package."""


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to learn.

    Parameters:
        rounds: passes; a large set gives a part of itself to each (`lessons.shares`).
        size: texts of a step.
        rate, head_rate: greatest learning rates of the encoder and of the heads; both rise over `rise` of all steps and
            fall evenly to 0.
        words: whether the embedding of words learns too; most of the weights are its.
        most: texts of a set that count fully in a round.
        weights: by head, how much more or less often than others its texts are drawn.
        patience: rounds without a better quality after which learning ends.
    """

    rounds: int = 4
    size: int = 64
    rate: float = 1e-4
    head_rate: float = 1e-3
    rise: float = 0.06
    words: bool = True
    most: int = 8000
    weights: dict[str, float] = field(default_factory=dict)
    patience: int = 3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole training.

    Parameters:
        licence: "all" sets that may train weights which ship, or those with an "open" licence only.
        languages: of the public sets (ISO 639-1); generated text is English.
        generated: whether text of our own is learnt from as well.
        caps: by set, the most texts of it that one head learns from (`shapes/harm` and such are our own).
        anchors: texts that hold the sentence vector where the base has it.
        checks: validation texts of each head that a round is judged by.
        width: of the heads' inner layer.
        dropout: share of values set to zero while learning.
    """

    licence: Licence = "all"
    languages: tuple[str, ...] = ("en",)
    generated: bool = True
    caps: dict[str, int] = field(default_factory=dict)
    anchors: int = 24_000
    checks: int = 600
    width: int = 128
    dropout: float = 0.1
    seed: int = 0
    course: Course = field(default_factory=Course)


def read_plan(path: Path) -> Plan:
    """A plan from TOML: fields of `Plan`, those of `Course` in the table `course`. Raises InvalidInput."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise InvalidInput(f"{path} cannot be read: {problem}", field="config") from problem
    course = told.pop("course", {})
    if not isinstance(course, dict):
        raise InvalidInput("course is a table", field="course")
    plan = replace(Plan(), **_known(Plan(), told, ""), course=replace(Course(), **_known(Course(), course, "course.")))
    if plan.licence not in ("all", "open"):
        raise InvalidInput(f"licence is all or open, not {plan.licence!r}", field="licence")
    if min(plan.course.rounds, plan.course.size, plan.course.most, plan.checks, plan.width) < 1:
        raise InvalidInput("rounds, size, most, checks and width are at least 1", field="course")
    return plan


def _known(defaults: Any, told: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Settings by name, each of the kind its default is of."""
    kinds = {entry.name: type(getattr(defaults, entry.name)) for entry in fields(defaults) if entry.name != "course"}
    found: dict[str, Any] = {}
    for name, value in told.items():
        if name not in kinds:
            raise InvalidInput(f"no setting {prefix}{name}; there are {', '.join(kinds)}", field=f"{prefix}{name}")
        kind = kinds[name]
        plain = tuple(value) if kind is tuple and isinstance(value, list) else value
        plain = float(plain) if kind is float and type(plain) is int else plain
        if type(plain) is not kind:
            raise InvalidInput(f"{prefix}{name} is a {kind.__name__}, not {value!r}", field=f"{prefix}{name}")
        found[name] = plain
    return found
