"""How far the inputs of the encoder's products reach, found on texts: what integer products bring them to levels by."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from socialflow.training.text.lessons import FloatArray, Lesson, drawn
from socialflow.training.text.served import runs
from socialflow.training.text.shape import Shape

TEXTS = 400
"""Enough for some 10,000 tokens."""
_VALUES = 200_000
_LEVELS = 127
"""Above zero."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one input: how large its channels get relative to each other, (width,), their geometric mean 1 (None: alike),
    and the `step` from one level to the next once they are divided by that."""

    step: float
    sizes: FloatArray | None = None


def watched(shape: Shape) -> Mapping[str, str]:
    """By product: its input's name in `export.encoder_graph`'s graph."""
    found, norm = dict[str, str](), "first"
    for number in range(shape.layers):
        name = f"layers.{number}"
        found |= {f"{name}.inward": f"{norm}.out", f"{name}.outward": f"{name}.mixed"}
        found[f"{name}.up"] = f"{name}.after_attention.out"
        norm = f"{name}.after_all"
    return found


def reaches(graph: bytes, shape: Shape, lessons: Mapping[str, Lesson], seed: int) -> Mapping[str, Reach]:
    """By product: what its input reaches in texts of these lessons, as `graph`, in floats, encodes them."""
    tokens = drawn(lessons, TEXTS, np.random.default_rng(seed))
    text = Lesson("", "vector", (), tokens, np.empty((len(tokens), 0), np.float32))
    names = sorted(set(watched(shape).values()))
    seen: dict[str, list[FloatArray]] = {name: [] for name in names}
    for run in runs(_telling(graph, names), text, names):
        for name, found in zip(names, run.found, strict=True):
            seen[name].append(found[run.mask])
    values = {name: np.concatenate(parts) for name, parts in seen.items()}
    return {product: _reach(values[name], even=name.endswith(".out")) for product, name in watched(shape).items()}


def _reach(values: FloatArray, *, even: bool) -> Reach:
    """Of tokens' values (n, width)."""
    if not even:
        return Reach(best_step(values))
    most = np.maximum(np.abs(values).max(axis=0), 1e-6)
    sizes = (most / np.exp(np.log(most).mean())).astype(np.float32)
    return Reach(best_step(values / sizes), sizes)


def best_step(values: FloatArray) -> float:
    """The step between levels by which values change least in the mean of squares; those beyond the last level are cut.

    >>> round(best_step(np.linspace(-2.54, 2.54, 999, dtype=np.float32)), 3)
    0.02
    """
    some = values.ravel()[:: max(1, values.size // _VALUES)]
    steps = np.linspace(0.1, 1.0, 37) * float(np.abs(values).max()) / _LEVELS
    errors = [_error(some, step) for step in steps.tolist()]
    return float(steps[int(np.argmin(errors))])


def _error(values: FloatArray, step: float) -> float:
    brought = np.clip(np.round(values / step), -_LEVELS - 1, _LEVELS) * step
    return float(np.mean(np.square(brought - values)))


def _telling(graph: bytes, names: list[str]) -> bytes:
    """A graph that gives these of its values as well."""
    from onnx import TensorProto, helper, load_from_string

    model = load_from_string(graph)
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    return bytes(model.SerializeToString())
