"""ONNX graphs as they are written node by node."""

from typing import Any

import numpy as np
import numpy.typing as npt

OPSET, MICROSOFT = 20, "com.microsoft"


class Graph:
    """Nodes and constants as they are added; a node is called by what it gives."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, op: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        """A node with one output, whose name is returned."""
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def split(self, x: str, parts: list[str], sizes: list[int], *, axis: int = -1) -> None:
        """`x` cut into `parts` of these sizes."""
        from onnx import helper

        given = self.constant(f"{x}.sizes", np.array(sizes))
        self.nodes.append(helper.make_node("Split", [x, given], parts, name=f"{x}.split", axis=axis))

    def constant(self, name: str, value: np.ndarray) -> str:
        """An array of the graph, whose name is returned."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name


def quantised(matrix: np.ndarray, *, axis: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Levels -127 to 127, and the scale of each column (axis -2) or row (axis -1): ``matrix ~ levels * scale``.

    >>> levels, scale = quantised(np.array([[1.0, -4.0], [0.5, 2.0]], np.float32), axis=-2)
    >>> levels.tolist(), (scale * 127).tolist()
    ([[127, -127], [64, 64]], [1.0, 4.0])
    """
    scale = np.maximum(np.abs(matrix).max(axis=axis), 1e-12).astype(np.float32) / 127.0
    levels = np.round(matrix / np.expand_dims(scale, axis))
    return levels.astype(np.int8), scale
