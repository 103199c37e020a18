"""Graphs of ONNX Runtime, loaded as all of them are: one thread, no spinning."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from socialflow.errors import ArtefactError
from socialflow.inference.feeds import check_feeds
from socialflow.inference.records import Array, Tensor

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, NodeArg

_TYPES: Mapping[str, str] = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}


def open_session(graph: Path | bytes, name: str = "the graph") -> "InferenceSession":
    """Load a graph from its file, or from its bytes; `name` stands for bytes in messages.

    Of two threads one would wait for the other's core, and spinning takes it from the lanes beside.

    Raises:
        ArtefactError: the file is missing, damaged, or a graph that this runtime cannot run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    source, told = (str(graph), str(graph)) if isinstance(graph, Path) else (graph, name)
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # one class for each way in which a graph can be wrong
        raise ArtefactError(f"{told} cannot be loaded: {problem}") from problem


class OnnxGraph:
    """An ONNX file as a `Graph`. Raises ArtefactError where it cannot be loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session = open_session(path)
        self.inputs = tuple(map(_tensor, self._session.get_inputs()))
        self.outputs = tuple(map(_tensor, self._session.get_outputs()))

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Every output by name. Raises InvalidInput, ArtefactError."""
        check_feeds(self.inputs, feeds)
        names = [tensor.name for tensor in self.outputs]
        try:
            values = self._session.run(names, dict(feeds))
        except Exception as problem:  # as above: the runtime's own classes have no common base
            raise ArtefactError(f"{self._path} cannot be run: {problem}") from problem
        return {name: np.asarray(value) for name, value in zip(names, values, strict=True)}


def _tensor(node: "NodeArg") -> Tensor:
    """A runtime's description of a tensor; a free dimension without a name becomes `?`."""
    dtype = _TYPES.get(node.type, node.type.removeprefix("tensor(").removesuffix(")"))
    shape = tuple(length if isinstance(length, int) else length or "?" for length in node.shape)
    return Tensor(node.name, dtype, shape)
