"""Models from the store as graphs that run, held to what their cards say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialflow.catalogue.upstream.records import Installed, Runtime, UpstreamGraph
from socialflow.errors import ArtefactError, InvalidInput
from socialflow.inference.onnx import OnnxGraph
from socialflow.inference.ports import Graph
from socialflow.inference.records import Tensor
from socialflow.inference.tflite import TfliteGraph


@dataclass(frozen=True, slots=True)
class Runnable:
    """A model in memory: what was installed, and its graphs by the names of the card."""

    installed: Installed
    graphs: Mapping[str, Graph]

    def graph(self, name: str = "model") -> Graph:
        """One of its graphs. Raises ArtefactError for a name that the card has not."""
        if name not in self.graphs:
            raise ArtefactError(f"{self.installed.card.name} has no graph {name}; it has: {', '.join(self.graphs)}")
        return self.graphs[name]


def load(installed: Installed) -> Runnable:
    """Load every graph of a model.

    Raises:
        InvalidInput: what runs it reads the files itself (`opencv`).
        ModelUnavailable: its runtime is not installed.
        ArtefactError: a graph cannot be loaded, or has other tensors than the card says.
    """
    card = installed.card
    if card.runtime is Runtime.OPENCV:
        raise InvalidInput(f"{card.name} is read by OpenCV itself; it is not loaded but opened", field="name")
    make = OnnxGraph if card.runtime is Runtime.ONNX else TfliteGraph
    graphs: dict[str, Graph] = {}
    for told in card.graphs:
        graph = make(installed.path(told.file))
        _compare(card.name, told, graph)
        graphs[told.name] = graph
    return Runnable(installed, graphs)


def _compare(model: str, told: UpstreamGraph, graph: Graph) -> None:
    """Raise ArtefactError unless a graph has the tensors of its card, and no others unless the card says so."""
    for side, named, found in (("takes", told.inputs, graph.inputs), ("gives", told.outputs, graph.outputs)):
        there = {tensor.name: tensor for tensor in found}
        wrong = [one.name for one in named if one.name not in there or not there[one.name].covers(one)]
        more = set(there) - {one.name for one in named}
        if wrong or (more and not told.partial):
            raise ArtefactError(f"{told.file} of {model} {side} {_listed(found)}, where its card says {_listed(named)}")


def _listed(tensors: Sequence[Tensor]) -> str:
    return ", ".join(f"{one.name} {one.dtype}{list(one.shape)}" for one in tensors) or "nothing"
