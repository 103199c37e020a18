"""All heads of a bundle as nodes that go on from the encoder's, so that one run answers every question.

What is written is no model by itself: its bytes behind those of `encoder.onnx` are one, as messages of protobuf that
stand one after the other are read as one whose lists are joined. It takes `hidden` from the encoder, and as an input
`cases` int64 (b, t); it gives what `text.layout` says.

The first layers are integer products, matrices as int8 with a scale a column. Their inputs are divided row by row by
their largest value, and the product multiplied by it after, so that no text depends on who stands beside it. All heads
for whole texts are one product of H vectors with H matrices, since what such small products cost is the way of their
weights from memory. A vector head is among them: the mean of the tokens is what attention without a query gives, and
its matrix is cut into as many as it takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from socialflow.text.bundle import FloatArray, HeadPart
from socialflow.text.layout import CHANCES, HIDDEN, LABELS, POOLED, TAGS, VECTORS, WHOLE, Layout, of_kind
from socialflow.training.text.graph import MICROSOFT, Graph, quantised

_NAME = "heads"
"""What names of nodes and constants begin with, which the encoder's do not."""
_SHUT = np.float32(-1e9)
"""A logit of what is not there."""
_MIDDLE = np.uint8(128)
"""Level of zero."""
_STEP = np.float32(1.0 / 127.0)
"""From one level to the next, of rows that reach from -1 to 1."""


@dataclass(frozen=True, slots=True)
class _First:
    """R first layers of what looks at whole texts: `pool` (R, d), `w1` (R, d, h), `b1` (R, 1, h)."""

    pool: FloatArray
    w1: FloatArray
    b1: FloatArray


def heads_graph(heads: Mapping[str, HeadPart]) -> bytes:
    """The nodes of all heads but those of spans, to stand behind an encoder's graph."""
    from onnx import ModelProto, TensorProto, helper

    graph, outputs = Graph(), dict[str, list[str | int]]()
    graph.add("ReduceSum", [HIDDEN], WHOLE, keepdims=0)
    outputs[WHOLE] = []
    pooled, tokens, vectors = (_of_kind(heads, *kinds) for kinds in (POOLED, ("tokens",), ("vector",)))
    sizes = Layout.of(heads).sizes
    if pooled or vectors:
        first = _first(pooled, [part.arrays["w"] for part in vectors])
        inner, pieces = _cut(graph, _first_layers(graph, first), len(pooled), len(first.pool))
        if pooled:
            _labels(graph, inner, pooled)
            rows, most = sizes[CHANCES]
            outputs |= {name: [rows, "b", most] for name in (LABELS, CHANCES)}
        if vectors:
            _vectors(graph, pieces)
            outputs[VECTORS] = ["b", (len(first.pool) - len(pooled)) * first.b1.shape[-1]]
    if tokens:
        _tags(graph, tokens)
        outputs[TAGS] = ["b", "t", *sizes[TAGS]]
    model = ModelProto()
    model.graph.node.extend(graph.nodes)
    model.graph.initializer.extend(graph.constants)
    model.graph.input.append(helper.make_tensor_value_info("cases", TensorProto.INT64, ["b", "t"]))
    for name, shape in outputs.items():
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    return bytes(model.SerializeToString())


def _of_kind(heads: Mapping[str, HeadPart], *kinds: str) -> Sequence[HeadPart]:
    return [heads[name] for name in of_kind(heads, *kinds)]


def _first(pooled: Sequence[HeadPart], vectors: Sequence[FloatArray]) -> _First:
    """Of heads, padded with zeros to the widest, then of the matrices of vectors (d, v), cut into that width."""
    matrix = np.concatenate(vectors, axis=1) if vectors else pooled[0].arrays["w1"][:, :0]
    d, v = matrix.shape
    h = max((len(part.arrays["b1"]) for part in pooled), default=v)
    cuts = -(-v // h)
    pieces = _widened(matrix, (d, cuts * h)).reshape(d, cuts, h).transpose(1, 0, 2)
    empty = np.zeros((cuts, d), np.float32)
    return _First(
        np.concatenate([empty[:0], *(part.arrays["pool"][None] for part in pooled), empty]),
        np.concatenate([*(_widened(part.arrays["w1"], (d, h))[None] for part in pooled), pieces]),
        np.concatenate(
            [*(_widened(part.arrays["b1"], (h,))[None, None] for part in pooled), np.zeros((cuts, 1, h))]
        ).astype(np.float32),
    )


def _first_layers(graph: Graph, first: _First) -> str:
    """``p_r W1_r + b1_r`` of each text, (R, b, h): ``p_r = sum_t a_t hidden_t``, ``a = softmax(hidden . pool_r /
    sqrt(d))`` over the tokens that are not padding."""
    made, d = f"{_NAME}.whole", first.pool.shape[1]
    shut = graph.constant(f"{made}.shut", np.array([[_SHUT], [0.0]], np.float32))
    pool = graph.constant(f"{made}.pool", first.pool.T * np.float32(d**-0.5))
    likeness = graph.add("MatMul", [HIDDEN, pool], f"{made}.likeness")
    masks = graph.add("Gather", [shut, "attention_mask"], f"{made}.masks")
    likeness = graph.add("Add", [likeness, masks], f"{made}.open")
    likeness = graph.add("Transpose", [likeness], f"{made}.turned", perm=[0, 2, 1])
    shares = graph.add("Softmax", [likeness], f"{made}.shares", axis=-1)
    pooled = graph.add("MatMul", [shares, HIDDEN], f"{made}.pooled")
    pooled = graph.add("Transpose", [pooled], f"{made}.rows", perm=[1, 0, 2])
    levels, size = _by_rows(graph, pooled, made)
    matrix, scale = quantised(first.w1, axis=-2)
    zero = (int(_MIDDLE) * matrix.sum(axis=1, keepdims=True, dtype=np.int32)).astype(np.float32)
    sums = graph.add("MatMulInteger", [levels, graph.constant(f"{made}.w1", matrix)], f"{made}.sums")
    x = graph.add("Cast", [sums], f"{made}.floats", to=1)
    x = graph.add("Sub", [x, graph.constant(f"{made}.zero", zero)], f"{made}.signed")
    x = graph.add("Mul", [x, graph.constant(f"{made}.scale", scale[:, None] * _STEP)], f"{made}.scaled")
    x = graph.add("Mul", [x, size], f"{made}.sized")
    return graph.add("Add", [x, graph.constant(f"{made}.b1", first.b1)], f"{made}.first")


def _cut(graph: Graph, x: str, first: int, rows: int) -> tuple[str, str]:
    """The `first` of some rows, and the others."""
    if first in (0, rows):
        return x, x
    parts = (f"{_NAME}.inner", f"{_NAME}.pieces")
    graph.split(x, [*parts], [first, rows - first], axis=0)
    return parts


def _labels(graph: Graph, inner: str, heads: Sequence[HeadPart]) -> None:
    """Logits and probabilities from the first layers (H, b, h) of heads."""
    made, most = f"{_NAME}.labels", max(len(part.labels) for part in heads)
    bent = graph.add("Gelu", [inner], f"{made}.bent", approximate="tanh")
    h = max(len(part.arrays["b1"]) for part in heads)
    w2 = np.stack([_widened(part.arrays["w2"] / _heat(part), (h, most)) for part in heads])
    b2 = np.full((len(heads), 1, most), _SHUT)
    several = np.zeros((len(heads), 1, most), np.bool_)
    for place, part in enumerate(heads):
        b2[place, 0, : len(part.labels)] = part.arrays["b2"] / _heat(part)
        several[place] = part.kind == "multi_label"
    x = graph.add("MatMul", [bent, graph.constant(f"{made}.w2", w2)], f"{made}.product")
    x = graph.add("Add", [x, graph.constant(f"{made}.b2", b2)], LABELS)
    either = [graph.add("Sigmoid", [x], f"{made}.sigmoid"), graph.add("Softmax", [x], f"{made}.softmax", axis=-1)]
    graph.add("Where", [graph.constant(f"{made}.several", several), *either], CHANCES)


def _vectors(graph: Graph, pieces: str) -> None:
    """Vectors (b, R h) from their pieces (R, b, h)."""
    graph.add("Flatten", [graph.add("Transpose", [pieces], f"{pieces}.turned", perm=[1, 0, 2])], VECTORS)


def _tags(graph: Graph, heads: Sequence[HeadPart]) -> None:
    """Logits of tokens, of heads side by side: one product for all first layers, one for all second ones."""
    made = f"{_NAME}.tags"
    levels, size = _by_rows(graph, HIDDEN, made)
    matrix, scale = quantised(np.concatenate([part.arrays["w1"] for part in heads], axis=1), axis=-2)
    weights = [graph.constant(f"{made}.w1", matrix), f"{made}.step", graph.constant(f"{made}.scale", scale)]
    x = graph.add("MatMulIntegerToFloat", [levels, *weights, f"{made}.middle"], f"{made}.product", domain=MICROSOFT)
    x = graph.add("Mul", [x, size], f"{made}.sized")
    case = np.concatenate([part.arrays["case"] + part.arrays["b1"] for part in heads], axis=1)
    of_case = graph.add("Gather", [graph.constant(f"{made}.case", case), "cases"], f"{made}.cases")
    x = graph.add("Add", [x, of_case], f"{made}.first")
    x = graph.add("Gelu", [x], f"{made}.bent", approximate="tanh")
    w2 = graph.constant(f"{made}.w2", block_diag(*(part.arrays["w2"] / _heat(part) for part in heads)))
    b2 = graph.constant(f"{made}.b2", np.concatenate([part.arrays["b2"] / _heat(part) for part in heads]))
    graph.add("Add", [graph.add("MatMul", [x, w2], f"{made}.second"), b2], TAGS)


def _by_rows(graph: Graph, x: str, made: str) -> tuple[str, str]:
    """Levels of the rows of `x`, each divided by its largest value, and that value. Where that is 0, the levels are any
    at all, and nothing is left of them once they are multiplied by it."""
    last = graph.constant(f"{made}.last", np.array([-1]))
    size = graph.add("ReduceMax", [graph.add("Abs", [x], f"{made}.abs"), last], f"{made}.size", keepdims=1)
    even = graph.add("Div", [x, size], f"{made}.even")
    step, middle = graph.constant(f"{made}.step", np.array(_STEP)), graph.constant(f"{made}.middle", np.array(_MIDDLE))
    return graph.add("QuantizeLinear", [even, step, middle], f"{made}.levels"), size


def _heat(part: HeadPart) -> np.float32:
    return np.float32(part.temperature)


def _widened(array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """With zeros behind, up to `shape`."""
    return np.pad(array, [(0, size - own) for size, own in zip(shape, array.shape, strict=True)])
