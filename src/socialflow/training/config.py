"""What a training run is asked to do: one table per algorithm, unknown keys refused.

A file is TOML or JSON of this shape; every key has a default::

    [parameters]            # the algorithm's own, e.g. for als
    factors = 64
    [evaluation]
    users = 2000
    [gate]
    tolerance = 0.02
"""

import inspect
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from socialflow.errors import InvalidInput
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.ranker import RANKER
from socialflow.training.ranker_fit import RankerFit

_FORBID = ConfigDict(extra="forbid", frozen=True, validate_default=False)
_JUDGED_AGAINST_CHANCE = ("trending", "content_based")
"""Algorithms that serve where popularity is not the point (fresh items, new items): any item may be the right one, so
they are judged by how high they place it among all, not by the first ten."""

_LEARNED_WIDTH = {"als": "factors", "svd": "factors", "svdpp": "factors", "transformer": "width", "deep": "width"}
"""Parameter that is the width of an algorithm's learned user and item vectors."""
_CONSTRUCTORS: Mapping[str, type[Recommender] | type[RankerFit]] = {**ALGORITHMS, RANKER: RankerFit}
"""What can be trained, by name."""


class EvaluationConfig(BaseModel):
    """How a candidate is measured: leave-one-out by time over sampled users."""

    model_config = _FORBID

    users: int = Field(default=2000, ge=1, description="Users sampled at most.")
    min_positives: int = Field(default=5, ge=2, description="Distinct liked items a user must have to be sampled.")
    min_weight: float = Field(
        default=0.5, gt=0.0, description="Summed weight from which an item counts as liked (half a video watched)."
    )
    k: tuple[int, ...] = Field(default=(10, 20), min_length=1, description="Lengths of the ranked lists.")
    seed: int = Field(default=42, ge=0, description="Seed of the sample.")


class GateConfig(BaseModel):
    """What a candidate must reach."""

    model_config = _FORBID

    metric: str = Field(default="ndcg@10", description="Metric that decides; auc where the floor is chance.")
    tolerance: float = Field(
        default=0.02, ge=0.0, lt=1.0, description="How much worse than the active version is allowed."
    )
    floor: Literal["popularity", "chance", "base_rate"] = Field(
        default="popularity", description="What must be beaten in any case."
    )
    min_users: int = Field(default=50, ge=1, description="Fewer sampled users than this decide nothing.")


class TrainConfig(BaseModel):
    """One training run. `parameters` are the algorithm's constructor arguments, complete with defaults."""

    model_config = _FORBID

    model: str
    parameters: Mapping[str, Any] = Field(default_factory=dict)
    evaluation: EvaluationConfig = EvaluationConfig()
    gate: GateConfig = GateConfig()

    def build(self) -> Recommender:
        """A new, unfitted recommender. Raises InvalidInput for a parameter the algorithm refuses."""
        return build(self.model, self.parameters)


def build(model: str, parameters: Mapping[str, Any]) -> Recommender:
    """A new recommender from a table of parameters.

    Raises:
        InvalidInput: an unknown model or parameter, or a value of the wrong type or range.
    """
    checked = _parameters_of(model)(**dict(parameters))
    return ALGORITHMS[model](**{name: getattr(checked, name) for name in type(checked).model_fields})


def load_config(
    model: str, file: Path | None = None, overrides: Sequence[str] = (), *, width: int | None = None
) -> TrainConfig:
    """A checked configuration from defaults, then a file, then `key=value` texts.

    `width` is the default of learned vectors (setting `EMBEDDING_DIM`); None: the algorithm's own.

    A key is `evaluation.x`, `gate.x`, or a parameter of the algorithm (with or without `parameters.`); a value is
    read as JSON, else as text.

    Raises:
        InvalidInput: naming the key, what is wrong and what is allowed.
    """
    if model not in _CONSTRUCTORS:
        raise InvalidInput(f"there is no model {model!r}; models: {', '.join(_CONSTRUCTORS)}", field="model")
    gate = {"floor": "chance", "metric": "auc"} if model in _JUDGED_AGAINST_CHANCE else {}
    gate = {"floor": "base_rate", "metric": "log_likelihood"} if model == RANKER else gate
    learned = {} if width is None or model not in _LEARNED_WIDTH else {_LEARNED_WIDTH[model]: width}
    document: dict[str, Any] = {"gate": gate, "evaluation": {}, "parameters": learned}
    for section, values in (read_table(file) if file else {}).items():
        if section in document and isinstance(values, dict):
            document[section].update(values)
        else:
            document[section] = values
    for text in overrides:
        _override(document, text)
    try:
        config = TrainConfig(model=model, **document)
        _parameters_of(model)(**dict(config.parameters))
        _CONSTRUCTORS[model](**dict(config.parameters))
    except ValidationError as error:
        raise InvalidInput(_explain(model, error), field="config") from None
    return config


def _parameters_of(model: str) -> type[BaseModel]:
    """A pydantic model of the constructor's keyword arguments."""
    constructor = _CONSTRUCTORS[model].__init__
    hints = get_type_hints(constructor)
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for name, parameter in inspect.signature(constructor).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    return create_model(f"{_CONSTRUCTORS[model].__name__}Parameters", __config__=_FORBID, **fields)


def read_table(file: Path) -> dict[str, Any]:
    """The table that a TOML or JSON file holds. Raises InvalidInput."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", field="config") from error
    try:
        document = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise InvalidInput(
            f"{file} is not {'JSON' if file.suffix == '.json' else 'TOML'}: {error}", field="config"
        ) from (error)
    if not isinstance(document, dict):
        raise InvalidInput(f"{file} must hold one table", field="config")
    if document.pop("model", None) is not None:
        raise InvalidInput(f"{file} must not name a model; the command does", field="config")
    return document


def _override(document: dict[str, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InvalidInput(f"{text!r} is not key=value, like factors=64 or gate.tolerance=0.05", field="set")
    section, dot, name = key.partition(".")
    if not dot:
        section, name = "parameters", key
    if section not in ("parameters", "evaluation", "gate"):
        raise InvalidInput(f"{key!r} is no section; use parameters.x, evaluation.x or gate.x", field="set")
    try:
        document[section][name] = json.loads(value)
    except ValueError:
        document[section][name] = value


def _explain(model: str, error: ValidationError) -> str:
    """One line: the first wrong key, why, and the keys there are."""
    problem = error.errors()[0]
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        section = problem["loc"][0] if len(problem["loc"]) > 1 else None
        known: Sequence[str] = list(_parameters_of(model).model_fields)
        if section in ("evaluation", "gate"):
            known = list((EvaluationConfig if section == "evaluation" else GateConfig).model_fields)
        return f"{model} has no setting {key!r}; there are: {', '.join(known)}"
    return f"{key}: {problem['msg']} (got {problem['input']!r})"
