"""The encoder as an ONNX graph, written node by node from its weights: in floats, or with integer products.

Integer products (`int8`): weight matrices are kept as int8 with one scale a column, the word embedding with one a row.
The input of a product is quantised row by row: divided by its largest value, brought to 255 levels, multiplied by it
after. So no text depends on who stands beside it. Channels that a layer norm makes large by its gain and bias are made
even before, their size going over to the weights (as Xiao et al., SmoothQuant, ICML 2023, here without data). Layer
norms, biases, attention and places stay floats.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.training.text.shape import Shape

Weights = Mapping[str, npt.NDArray[np.float32]]
_OPSET, _MICROSOFT = 17, "com.microsoft"
_EPSILON = 1e-12


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self, int8: bool) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._int8 = int8
        if int8:
            self._constants = (
                self.constant("step", np.array(1.0 / 127.0, np.float32)),
                self.constant("middle", np.array(128, np.uint8)),
            )

    def add(self, op: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def norm(self, x: str, weights: Weights, name: str) -> str:
        gain, shift = (self.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.add("LayerNormalization", [x, gain, shift], f"{name}.out", axis=-1, epsilon=_EPSILON)

    def skip_norm(self, x: str, rest: str, weights: Weights, name: str, bias: str) -> str:
        """The norm of ``x + bias + rest``. Written out: ONNX Runtime's SkipLayerNormalization takes eight times as
        long on a processor as LayerNormalization does."""
        whole = self.add("Add", [self.add("Add", [x, rest], f"{name}.skip"), bias], f"{name}.in")
        return self.norm(whole, weights, name)

    def bias(self, weights: Weights, name: str) -> str:
        return self.constant(f"{name}.bias", weights[f"{name}.bias"])

    def product(self, x: str, weights: Weights, name: str, norm: str | None = None) -> str:
        """`x`, which the layer norm `norm` made if one is named, by a weight matrix; the bias is not added yet."""
        matrix = weights[f"{name}.weight"].T
        if not self._int8:
            return self.add("MatMul", [x, self.constant(f"{name}.weight", matrix)], f"{name}.product")
        if norm is not None:
            sizes = sizes_after(weights[f"{norm}.weight"], weights[f"{norm}.bias"])
            x = self.add("Mul", [x, self.constant(f"{name}.even", 1.0 / sizes)], f"{name}.evened")
            matrix = matrix * sizes[:, None]
        size = self.add("ReduceMax", [self.add("Abs", [x], f"{name}.abs")], f"{name}.size", axes=[-1], keepdims=1)
        rows = self.add("Div", [x, size], f"{name}.rows")
        step, middle = self._constants
        levels, scale = quantised(matrix, axis=0)
        inputs = [
            self.add("QuantizeLinear", [rows, step, middle], f"{name}.levels"),
            self.constant(f"{name}.weight", levels),
            step,
            self.constant(f"{name}.scale", scale),
            middle,
            self.constant(f"{name}.zero", np.zeros(len(scale), np.int8)),
        ]
        found = self.add("MatMulIntegerToFloat", inputs, f"{name}.sums", domain=_MICROSOFT)
        return self.add("Mul", [found, size], f"{name}.product")

    def words(self, ids: str, weights: Weights) -> str:
        if not self._int8:
            return self.add("Gather", [self.constant("words.weight", weights["words.weight"]), ids], "words.out")
        levels, scale = quantised(weights["words.weight"], axis=1)
        found = self.add("Gather", [self.constant("words.weight", levels), ids], "words.levels")
        whole = self.add("Cast", [found], "words.floats", to=1)
        size = self.add("Gather", [self.constant("words.scale", scale[:, None]), ids], "words.sizes")
        return self.add("Mul", [whole, size], "words.out")


def quantised(matrix: np.ndarray, *, axis: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Levels -127 to 127, and the scale of each column (axis 0) or row (axis 1): ``matrix ~ levels * scale``.

    >>> levels, scale = quantised(np.array([[1.0, -4.0], [0.5, 2.0]], np.float32), axis=0)
    >>> levels.tolist(), (scale * 127).tolist()
    ([[127, -127], [64, 64]], [1.0, 4.0])
    """
    scale = np.maximum(np.abs(matrix).max(axis=axis), 1e-12).astype(np.float32) / 127.0
    levels = np.round(matrix / (scale if axis == 0 else scale[:, None]))
    return levels.astype(np.int8), scale


def sizes_after(gain: np.ndarray, bias: np.ndarray) -> npt.NDArray[np.float32]:
    """How large each channel after a layer norm gets, relative to the others: ``2.5 |gain| + |bias|``, their geometric
    mean 1. A normalised value is seldom beyond 2.5."""
    reach = np.maximum(2.5 * np.abs(gain) + np.abs(bias), 1e-6)
    sizes: npt.NDArray[np.float32] = (reach / np.exp(np.log(reach).mean())).astype(np.float32)
    return sizes


def encoder_graph(weights: Weights, shape: Shape, *, int8: bool) -> bytes:
    """An ONNX model: `input_ids`, `attention_mask` int64 (b, t) to `hidden` float32 (b, t, width).

    `weights` are those of `network.Encoder`.
    """
    from onnx import TensorProto, helper

    graph = _Graph(int8)
    x = graph.add("Add", [graph.words("input_ids", weights), _places(graph, weights)], "together")
    x = graph.norm(x, weights, "first")
    mask = graph.add("Cast", ["attention_mask"], "real", to=TensorProto.INT32)
    norm = "first"
    for number in range(shape.layers):
        name = f"layers.{number}"
        three = graph.product(x, weights, f"{name}.inward", norm)
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        graph.nodes.append(helper.make_node("Split", [three], parts, name=f"{name}.split", axis=-1))
        attention = [*parts, graph.bias(weights, f"{name}.inward"), mask]
        mixed = graph.add("MultiHeadAttention", attention, f"{name}.mixed", domain=_MICROSOFT, num_heads=shape.heads)
        inner, norm = f"{name}.after_attention", f"{name}.after_all"
        out = graph.product(mixed, weights, f"{name}.outward")
        x = graph.skip_norm(out, x, weights, inner, graph.bias(weights, f"{name}.outward"))
        up = [graph.product(x, weights, f"{name}.up", inner), graph.bias(weights, f"{name}.up")]
        bent = graph.add("BiasGelu", up, f"{name}.bent", domain=_MICROSOFT)
        down = graph.product(bent, weights, f"{name}.down")
        x = graph.skip_norm(down, x, weights, norm, graph.bias(weights, f"{name}.down"))
    graph.add("Identity", [x], "hidden")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["b", "t", shape.width])
    whole = helper.make_graph(graph.nodes, "encoder", inputs, [output], graph.constants)
    model = helper.make_model(
        whole,
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=9,
        producer_name="socialflow",
    )
    return bytes(model.SerializeToString())


def _places(graph: _Graph, weights: Weights) -> str:
    """The first t rows of the places, (t, width)."""
    table = graph.constant("places.weight", weights["places.weight"])
    size = graph.add("Shape", ["input_ids"], "size")
    steps = graph.add("Gather", [size, graph.constant("second", np.array([1], np.int64))], "steps")
    ends = [graph.constant("start", np.array([0], np.int64)), steps, graph.constant("axis", np.array([0], np.int64))]
    return graph.add("Slice", [table, *ends], "places.out")
