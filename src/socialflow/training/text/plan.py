"""What a training of the text model is told."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from socialflow.errors import InvalidInput
from socialflow.training.config import read_table
from socialflow.training.text.tasks import Licence

SHIPPED = Path(__file__).parent / "shipped.toml"
"""The plan of the weights in the package."""

_FORBID = ConfigDict(extra="forbid", frozen=True)


class Course(BaseModel):
    """How long and how fast to learn."""

    model_config = _FORBID

    rounds: int = Field(default=4, ge=1, description="Passes; a large set gives a part of itself to each.")
    size: int = Field(default=64, ge=1, description="Texts of a step.")
    rate: float = Field(default=1e-4, gt=0, description="Greatest learning rate of the encoder.")
    head_rate: float = Field(default=1e-3, gt=0, description="Greatest learning rate of the heads.")
    rise: float = Field(
        default=0.06, gt=0, lt=1, description="Share of the steps over which rates rise; they fall after it."
    )
    learns: Literal["whole", "layers", "heads"] = Field(
        default="whole",
        description="The whole network; all but the embedding of words, which has most of the weights; heads alone.",
    )
    most: int = Field(default=8000, ge=1, description="Texts of a head that count fully in a round.")
    weights: Mapping[str, float] = Field(
        default={}, description="By head: how much more often than others its texts come."
    )
    patience: int = Field(default=3, ge=1, description="Rounds without a better quality after which learning ends.")
    anew: bool = Field(default=False, description="Heads begin from nothing, not from where they are.")
    seed: int = Field(default=0, ge=0)


_ALONE = Course(learns="heads", most=20_000)


class Gate(BaseModel):
    """What a new model must reach."""

    model_config = _FORBID

    agreement: float = Field(
        default=0.99, ge=0, le=1, description="Decisions that integer products must share with floats."
    )
    loss: float = Field(
        default=0.01, ge=0, description="Quality that integer products, or learning alone, may cost a head."
    )


class Plan(BaseModel):
    """A whole training."""

    model_config = _FORBID

    licence: Licence = Field(default="all", description="all sets that may train weights which ship, or open ones.")
    languages: tuple[str, ...] = Field(
        default=("en",), description="Of the public sets (ISO 639-1); our own are English."
    )
    generated: bool = Field(default=True, description="Whether text of our own is learnt from as well.")
    without: tuple[str, ...] = Field(default=(), description="Public sets that are left out, their checks too.")
    caps: Mapping[str, Mapping[str, int]] = Field(
        default={}, description="By head and set: the most texts of the set that the head learns from."
    )
    anchors: int = Field(default=24_000, ge=1, description="Texts that hold the sentence vector where the base has it.")
    checks: int = Field(default=600, ge=1, description="Validation texts of each head that a round is judged by.")
    width: int = Field(default=128, ge=1, description="Of the heads' inner layer.")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="Share of values set to zero while learning.")
    seed: int = Field(default=0, ge=0)
    course: Course = Course()
    afterwards: Mapping[str, Course] = Field(
        default={}, description="By head: how it learns on alone, the encoder at rest; kept where that is better."
    )
    gate: Gate = Gate()

    def alone(self, head: str) -> Course:
        """How a head learns while the encoder rests."""
        return self.afterwards.get(head, _ALONE)


def read_plan(file: Path = SHIPPED, overrides: Sequence[str] = ()) -> Plan:
    """A plan from TOML or JSON, then `key=value` texts like `course.rounds=2`. Raises InvalidInput, naming the key."""
    document = read_table(file)
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InvalidInput(f"{text!r} is not key=value, like course.rounds=2", field="set")
        _put(document, key.split("."), value)
    try:
        return Plan(**document)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        raise InvalidInput(f"{key}: {problem['msg']} (got {problem['input']!r})", field=f"config.{key}") from None


def _put(document: dict[str, Any], path: Sequence[str], value: str) -> None:
    for name in path[:-1]:
        inner = document.setdefault(name, {})
        if not isinstance(inner, dict):
            raise InvalidInput(f"{name} is no table", field="set")
        document = inner
    try:
        document[path[-1]] = json.loads(value)
    except ValueError:
        document[path[-1]] = value
