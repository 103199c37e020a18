"""A picture as a vector, near to those of pictures that look alike or show the like."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic_core import from_json, to_json

from socialflow.catalogue.upstream.handed import Handed, received
from socialflow.errors import ArtefactError
from socialflow.image.pictures import at_most, luma
from socialflow.image.prepare import batch
from socialflow.image.records import Colours
from socialflow.inference.onnx import OnnxGraph

MODEL = "imagenet-mobilenet-v2-onnx"
LAYER = "627"
"""The value before the logits' pooling in the model's graph, (n, 1280, 7, 7)."""
LEARNT = f"{MODEL}:{LAYER}"
"""Name of the space of vectors that the model makes."""
DRAWN = "colour_edge_grid:1"
"""Name of the space of vectors that colours and edges make."""
_GRID, _BINS, _HUES = 3, 8, 12
"""Parts in a row; directions of edges; hues told apart."""

Vector = npt.NDArray[np.float32]


def learnt(model: Handed, pictures: list[Colours]) -> Vector:
    """What the last layer of a classifier sees of pictures, mean over places (n, 1280), of length 1.

    Raises:
        ArtefactError, ModelUnavailable: the model cannot be loaded, or has no such layer.
    """
    graph = _graph(to_json(model))
    installed = received(model)
    if installed.card.image is None:
        raise ArtefactError(f"the card of {installed.card.name} does not say how a picture becomes its input")
    tensor = graph.inputs[0]
    seen = graph.run({tensor.name: batch(pictures, installed.card.image, tensor.dtype)})[LAYER]
    if seen.ndim != 4:
        raise ArtefactError(f"layer {LAYER} of {installed.card.name} is not (n, channels, rows, columns)")
    return unit(seen.mean((2, 3)).astype(np.float32))


def drawn(picture: Colours) -> Vector:
    """Colours and edges of a picture's nine parts (252,), of length 1; no model, and no idea of what it shows.

    For each part a histogram of 12 hues weighted by saturation, of 4 + 4 levels of brightness and saturation, and of 8
    directions of edges weighted by strength (after MPEG-7's colour layout and edge histogram); square roots are taken.
    """
    small = at_most(picture, 192)
    values = small / np.float32(255)
    light = luma(small) / np.float32(255)
    high, low = values.max(2), values.min(2)
    colourful = np.divide(high - low, high, out=np.zeros_like(high), where=high > 0)
    hue = _hue(values, high, high - low)
    down, across = (np.gradient(light, axis=axis) if light.shape[axis] > 1 else np.zeros_like(light) for axis in (0, 1))
    strength, direction = np.hypot(down, across), np.arctan2(down, across) % np.pi
    parts = []
    for rows in np.array_split(np.arange(light.shape[0]), _GRID):
        for columns in np.array_split(np.arange(light.shape[1]), _GRID):
            part = np.ix_(rows, columns)
            hues = np.histogram(hue[part], _HUES, (0, 1), weights=colourful[part] * high[part])[0]
            tones = [np.histogram(one[part], 4, (0, 1))[0] for one in (light, colourful)]
            edges = np.histogram(direction[part], _BINS, (0, np.pi), weights=strength[part])[0]
            area = max(1, len(rows) * len(columns))
            parts += [hues / area, *(tone / area for tone in tones), edges * 4 / area]
    whole: Vector = unit(np.sqrt(np.concatenate(parts)).astype(np.float32))
    return whole


def unit(rows: Vector) -> Vector:
    """Rows (n, d) of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    made: Vector = np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)
    return made


def _hue(values: npt.NDArray[Any], high: npt.NDArray[Any], spread: npt.NDArray[Any]) -> Vector:
    """Hue of each pixel, 0 to 1."""
    safe = np.where(spread > 0, spread, 1)
    red, green, blue = np.moveaxis(values, 2, 0)
    sixths: npt.NDArray[Any] = np.select(
        [spread <= 0, high == red, high == green],
        [np.zeros_like(high), ((green - blue) / safe) % 6, (blue - red) / safe + 2],
        (red - green) / safe + 4,
    )
    made: Vector = (sixths / 6).astype(np.float32)
    return made


@lru_cache(2)
def _graph(told: bytes) -> OnnxGraph:
    installed = received(from_json(told))
    return OnnxGraph(installed.path(installed.card.graphs[0].file), also=[LAYER])
