"""What the configuration of a job may hold: one model a pipeline type, unknown keys refused."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from socialflow.errors import InvalidInput
from socialflow.jobs.records import JsonObject


class JobConfig(BaseModel):
    """Base of all; ids may be given as numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


C = TypeVar("C", bound=JobConfig)


def read_config(shape: type[C], config: JsonObject) -> C:
    """The checked configuration.

    Raises:
        InvalidInput: naming the first wrong key, what is wrong with it and which keys there are.
    """
    try:
        return shape.model_validate(dict(config))
    except ValidationError as error:
        raise InvalidInput(_explain(shape, error.errors()[0]), field="config") from None


def _explain(shape: type[JobConfig], problem: Mapping[str, object] | object) -> str:
    told = dict(problem) if isinstance(problem, Mapping) else {}
    place = told.get("loc", ())
    key = ".".join(map(str, place)) if isinstance(place, tuple) else ""
    keys = ", ".join(shape.model_fields)
    if told.get("type") == "extra_forbidden":
        return f"config has no key {key!r}; there are: {keys}"
    reason = str(told.get("msg", "")).removeprefix("Value error, ")
    return f"config.{key}: {reason}" if key else f"config: {reason}; keys: {keys}"
