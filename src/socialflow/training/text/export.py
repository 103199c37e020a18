"""The encoder as an ONNX graph, written node by node from its weights: in floats, or with integer products.

Integer products keep weight matrices as int8 with one scale a column, the word embedding with one a row. No text
depends on who stands beside it:

- The input of `inward`, `up` and `outward` is brought to 256 levels a fixed step apart (`reach`). Channels that a layer
  norm makes large are made even before, their size going over to the weights (as Xiao et al., SmoothQuant, ICML 2023).
- The input of `down`, whose values lie too far apart for one step, is divided row by row by its largest value, and
  multiplied by it after. It is what a gelu gave, so nothing in it lies below -0.17.

Layer norms, biases, attention and places stay floats.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.training.text.graph import MICROSOFT, OPSET, Graph, quantised
from socialflow.training.text.reach import Reach
from socialflow.training.text.shape import Shape

Weights = Mapping[str, npt.NDArray[np.float32]]
_EPSILON = 1e-12
_MIDDLE = 128
"""Level of zero where values lie on both sides of it."""
_LOW = 35
"""Levels below zero of what a gelu gave: ``0.17 / _LEAST`` of the 220 above it."""
_LEAST = 1.08
"""What rows are divided by at least, so that those levels are enough."""


@dataclass(frozen=True, slots=True)
class _Integers:
    """Names of the two sides of an integer product: `levels` a `step` apart, of which number `zero` stands for 0, and
    the `matrix` of levels with a `scale` a column, 0 at `zeros`."""

    levels: str
    step: str
    zero: str
    matrix: str
    scale: str
    zeros: str


class _Encoder(Graph):
    """Nodes and constants of an encoder as they are added."""

    def __init__(self, reach: Mapping[str, Reach] | None) -> None:
        super().__init__()
        self._reach = reach

    def norm(self, x: str, weights: Weights, name: str) -> str:
        gain, shift = (self.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.add("LayerNormalization", [x, gain, shift], f"{name}.out", axis=-1, epsilon=_EPSILON)

    def skip_norm(self, x: str, rest: str, weights: Weights, name: str) -> str:
        """The norm of ``x + rest``. Written out: ONNX Runtime's SkipLayerNormalization takes eight times as long on a
        processor as LayerNormalization does."""
        return self.norm(self.add("Add", [x, rest], f"{name}.in"), weights, name)

    def linear(self, x: str, weights: Weights, name: str) -> str:
        """`x` by a weight matrix, and the bias."""
        matrix, bias = weights[f"{name}.weight"].T, self.constant(f"{name}.bias", weights[f"{name}.bias"])
        if self._reach is None:
            product = self.add("MatMul", [x, self.constant(f"{name}.weight", matrix)], f"{name}.product")
            return self.add("Add", [product, bias], f"{name}.out")
        if name not in self._reach:
            return self.add("Add", [self._by_rows(x, matrix, name), bias], f"{name}.out")
        return self._product(self._even(x, matrix, name), f"{name}.out", bias)

    def attention(self, x: str, mask: str, weights: Weights, layer: str, heads: int) -> str:
        """What the tokens of `x` gather from each other."""
        name, options = f"{layer}.inward", dict[str, Any](domain=MICROSOFT, num_heads=heads)
        matrix = weights[f"{name}.weight"].T
        if self._reach is None:
            parts = [f"{layer}.{part}" for part in ("query", "key", "value")]
            self.split(self.linear(x, weights, name), parts, [matrix.shape[1] // 3] * 3)
            return self.add("MultiHeadAttention", [*parts, "", mask], f"{layer}.mixed", **options)
        one, bias = self._even(x, matrix, name), self.constant(f"{name}.bias", weights[f"{name}.bias"])
        inputs = [one.levels, one.matrix, bias, one.step, one.scale, mask, one.zero, one.zeros]
        return self.add("QAttention", inputs, f"{layer}.mixed", **options)

    def _even(self, x: str, matrix: np.ndarray, name: str) -> _Integers:
        """By the reach of the input."""
        reach = (self._reach or {})[name]
        if reach.sizes is not None:
            x = self.add("Mul", [x, self.constant(f"{name}.even", 1.0 / reach.sizes)], f"{name}.evened")
            matrix = matrix * reach.sizes[:, None]
        return self._integers(x, matrix, name, reach.step, _MIDDLE)

    def _by_rows(self, x: str, matrix: np.ndarray, name: str) -> str:
        last = self.constant(f"{name}.last", np.array([-1]))
        least = self.constant(f"{name}.least", np.array(_LEAST, np.float32))
        size = self.add("Max", [self.add("ReduceMax", [x, last], f"{name}.most", keepdims=1), least], f"{name}.size")
        rows = self.add("Div", [x, size], f"{name}.rows")
        found = self._product(self._integers(rows, matrix, name, 1.0 / (255 - _LOW), _LOW), f"{name}.sums")
        return self.add("Mul", [found, size], f"{name}.product")

    def _integers(self, x: str, matrix: np.ndarray, name: str, step: float, zero: int) -> _Integers:
        levels, scale = quantised(matrix, axis=-2)
        apart = self.constant(f"{name}.step", np.array(step, np.float32))
        middle = self.constant(f"{name}.middle", np.array(zero, np.uint8))
        return _Integers(
            self.add("QuantizeLinear", [x, apart, middle], f"{name}.levels"),
            apart,
            middle,
            self.constant(f"{name}.weight", levels),
            self.constant(f"{name}.scale", scale),
            self.constant(f"{name}.zeros", np.zeros(len(scale), np.int8)),
        )

    def _product(self, one: _Integers, output: str, bias: str = "") -> str:
        inputs = [one.levels, one.matrix, one.step, one.scale, one.zero, one.zeros, bias]
        return self.add("MatMulIntegerToFloat", inputs, output, domain=MICROSOFT)

    def words(self, ids: str, weights: Weights) -> str:
        if self._reach is None:
            return self.add("Gather", [self.constant("words.weight", weights["words.weight"]), ids], "words.out")
        levels, scale = quantised(weights["words.weight"], axis=-1)
        found = self.add("Gather", [self.constant("words.weight", levels), ids], "words.levels")
        whole = self.add("Cast", [found], "words.floats", to=1)
        size = self.add("Gather", [self.constant("words.scale", scale[:, None]), ids], "words.sizes")
        return self.add("Mul", [whole, size], "words.out")


def encoder_graph(weights: Weights, shape: Shape, reach: Mapping[str, Reach] | None = None) -> bytes:
    """An ONNX model: `input_ids`, `attention_mask` int64 (b, t) to `hidden` float32 (b, t, width).

    `weights` are those of `network.Encoder`; with `reach`, by product as `reach.watched` names them, products are of
    integers.
    """
    from onnx import TensorProto, helper

    graph = _Encoder(reach)
    x = graph.add("Add", [graph.words("input_ids", weights), _places(graph, weights)], "together")
    x = graph.norm(x, weights, "first")
    mask = graph.add("Cast", ["attention_mask"], "real", to=TensorProto.INT32)
    for number in range(shape.layers):
        name = f"layers.{number}"
        mixed = graph.attention(x, mask, weights, name, shape.heads)
        x = graph.skip_norm(x, graph.linear(mixed, weights, f"{name}.outward"), weights, f"{name}.after_attention")
        bent = graph.add("Gelu", [graph.linear(x, weights, f"{name}.up")], f"{name}.bent")
        x = graph.skip_norm(x, graph.linear(bent, weights, f"{name}.down"), weights, f"{name}.after_all")
    graph.add("Identity", [x], "hidden")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["b", "t", shape.width])
    whole = helper.make_graph(graph.nodes, "encoder", inputs, [output], graph.constants)
    model = helper.make_model(
        whole,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
        ir_version=9,
        producer_name="socialflow",
    )
    return bytes(model.SerializeToString())


def _places(graph: _Encoder, weights: Weights) -> str:
    """The first t rows of the places, (t, width)."""
    table = graph.constant("places.weight", weights["places.weight"])
    size = graph.add("Shape", ["input_ids"], "size")
    steps = graph.add("Gather", [size, graph.constant("second", np.array([1], np.int64))], "steps")
    ends = [graph.constant("start", np.array([0], np.int64)), steps, graph.constant("axis", np.array([0], np.int64))]
    return graph.add("Slice", [table, *ends], "places.out")
