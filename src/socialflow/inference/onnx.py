"""Graphs of ONNX Runtime, loaded as all of them are: one thread unless told, no spinning between runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from socialflow.errors import ArtefactError
from socialflow.inference.feeds import check_feeds
from socialflow.inference.records import Array, Tensor

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, NodeArg

_TYPES: Mapping[str, str] = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}


def open_session(graph: Path | bytes, name: str = "the graph", *, threads: int = 1) -> "InferenceSession":
    """Load a graph from its file, or from its bytes; `name` stands for bytes in messages.

    Where other lanes compute, one of two threads waits for the other's core, and spinning takes it from them. `threads`
    of a run that has the machine to itself spin while it lasts, and sleep when it is done.

    Raises:
        ArtefactError: the file is missing, damaged, or a graph that this runtime cannot run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads > 1 else "0")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 3
    source, told = (str(graph), str(graph)) if isinstance(graph, Path) else (graph, name)
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # one class for each way in which a graph can be wrong
        raise ArtefactError(f"{told} cannot be loaded: {problem}") from problem


def with_outputs(path: Path, names: Sequence[str]) -> bytes:
    """A graph's file with further outputs. Raises ArtefactError where it cannot be read.

    An ONNX file is one message of Protocol Buffers, and of messages written one after the other a reader makes one,
    their lists joined. What is appended is a model (field 7: graph) whose graph has outputs (field 12) alone, of a name
    (field 1) each; their types the runtime infers.
    """
    try:
        model = path.read_bytes()
    except OSError as problem:
        raise ArtefactError(f"{path} cannot be read: {type(problem).__name__}") from problem
    return model + _field(7, b"".join(_field(12, _field(1, name.encode())) for name in names))


def _field(number: int, content: bytes) -> bytes:
    """A field of variable length: its number and wire type 2, its length in groups of seven bits, its bytes."""
    length, groups = len(content), list[int]()
    while True:
        length, low = length >> 7, length & 0x7F
        groups.append(low | (0x80 if length else 0))
        if not length:
            return bytes([number << 3 | 2, *groups]) + content


class OnnxGraph:
    """An ONNX file as a `Graph`. Raises ArtefactError where it cannot be loaded.

    Args:
        path: the file.
        also: values inside of the graph that are given too, by name, after its own outputs.
    """

    def __init__(self, path: Path, also: Sequence[str] = ()) -> None:
        self._path = path
        self._session = open_session(with_outputs(path, also), str(path)) if also else open_session(path)
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
