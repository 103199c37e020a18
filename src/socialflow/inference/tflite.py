"""Graphs of TensorFlow Lite, run by LiteRT on one thread."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from socialflow.errors import ArtefactError, ModelUnavailable
from socialflow.inference.feeds import check_feeds
from socialflow.inference.records import Array, Tensor

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter


class TfliteGraph:
    """A TFLite file as a `Graph`; its interpreter has one set of buffers, so runs take turns.

    Raises:
        ModelUnavailable: the package that runs such graphs is not installed.
        ArtefactError: the file is missing, damaged, or a graph that this runtime cannot run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._interpreter = _interpreter(path)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self.inputs = tuple(map(_tensor, inputs))
        self.outputs = tuple(map(_tensor, outputs))
        self._places = {detail["name"]: int(detail["index"]) for detail in (*inputs, *outputs)}

    def run(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        """Every output by name. Raises InvalidInput, ArtefactError."""
        check_feeds(self.inputs, feeds)
        with self._turn:
            try:
                for name, value in feeds.items():
                    self._interpreter.set_tensor(self._places[name], np.ascontiguousarray(value))
                self._interpreter.invoke()
            except (RuntimeError, ValueError) as problem:
                raise ArtefactError(f"{self._path} cannot be run: {problem}") from problem
            return {tensor.name: self._interpreter.get_tensor(self._places[tensor.name]) for tensor in self.outputs}


def _interpreter(path: Path) -> "Interpreter":
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as problem:
        raise ModelUnavailable(
            f"{path.name} is a TFLite model, and what runs it is missing; get it with: pip install 'socialflow[media]'"
        ) from problem
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as problem:
        raise ArtefactError(f"{path} cannot be loaded: {problem}") from problem
    return interpreter


def _tensor(detail: Mapping[str, Any]) -> Tensor:
    """A runtime's description of a tensor; a free dimension becomes `?`."""
    shape = tuple("?" if length < 0 else int(length) for length in detail["shape_signature"])
    return Tensor(str(detail["name"]), np.dtype(detail["dtype"]).name, shape)
