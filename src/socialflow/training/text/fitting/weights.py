"""What is served of a network: its weights as arrays."""

import numpy as np
import torch
from torch import Tensor, nn

from socialflow.text.bundle import FloatArray, HeadPart
from socialflow.training.text.export import Weights
from socialflow.training.text.fitting.losses import Network
from socialflow.training.text.fitting.network import Pooled, Spanned, Tagged, Vector
from socialflow.training.text.lessons import Lesson

_NONE = np.empty(0, np.float32)


def encoder_weights(network: Network) -> Weights:
    """By name, as `export.encoder_graph` takes them."""
    return {name: _array(value) for name, value in network.encoder.state_dict().items()}


def head_part(network: Network, lesson: Lesson) -> HeadPart:
    """A head, not yet calibrated, its arrays rounded to the half precision they are kept in."""
    arrays = {name: value.astype(np.float16).astype(np.float32) for name, value in _arrays(network.heads[lesson.head])}
    thresholds = np.full(len(lesson.labels), 0.5, np.float32) if lesson.kind == "multi_label" else _NONE
    return HeadPart(lesson.kind, lesson.labels, 1.0, thresholds, arrays)


def take_up(head: nn.Module, part: HeadPart) -> None:
    """Let a head begin where `part` is; as it is made where the part has another width."""
    own = dict(_arrays(head))
    if {name: value.shape for name, value in own.items()} != {name: one.shape for name, one in part.arrays.items()}:
        return
    with torch.no_grad():
        for name, parameter, turned in _places(head):
            value = torch.from_numpy(np.array(part.arrays[name]))
            parameter.copy_(value.T if turned else value)


def _arrays(head: nn.Module) -> list[tuple[str, FloatArray]]:
    return [(name, _array(value.T if turned else value)) for name, value, turned in _places(head)]


def _places(head: nn.Module) -> list[tuple[str, Tensor, bool]]:
    """By name in a bundle, the parameters of a head, and whether they are kept the other way round."""
    if isinstance(head, Vector):
        return [("w", head.turn.weight, True)]
    own = []
    if isinstance(head, Pooled):
        own.append(("pool", head.pool, False))
    if isinstance(head, Spanned):
        own.append(("wq", head.query.weight, False))
    if isinstance(head, Tagged):
        own.append(("case", head.case.weight, False))
    for number, name in (("1", "inward"), ("2", "outward")):
        layer = head.get_submodule(name)
        own += [(f"w{number}", layer.weight, True), (f"b{number}", layer.bias, False)]
    return own


def _array(value: Tensor) -> FloatArray:
    found: FloatArray = np.ascontiguousarray(value.detach().float().cpu().numpy())
    return found
