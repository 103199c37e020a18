"""What is served of a network: its weights as arrays."""

import numpy as np
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


def _arrays(head: nn.Module) -> list[tuple[str, FloatArray]]:
    if isinstance(head, Vector):
        return [("w", _array(head.turn.weight.T))]
    own = []
    if isinstance(head, Pooled):
        own.append(("pool", _array(head.pool)))
    if isinstance(head, Spanned):
        own.append(("wq", _array(head.query.weight)))
    if isinstance(head, Tagged):
        own.append(("case", _array(head.case.weight)))
    for number, name in (("1", "inward"), ("2", "outward")):
        layer = head.get_submodule(name)
        own += [(f"w{number}", _array(layer.weight.T)), (f"b{number}", _array(layer.bias))]
    return own


def _array(value: Tensor) -> FloatArray:
    found: FloatArray = np.ascontiguousarray(value.detach().float().cpu().numpy())
    return found
