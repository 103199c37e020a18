"""Predicts what a person will do with an item they look at: watch, like, share, skip, report and others, at once.

One small network with an output a head, on the signals of `ranker_signals`::

    x = clip((s - centre) / scale, -4, 4), 0 where s is not known, and beside it which are not
    P(act | looked at) = sigmoid(W3 relu(W2 relu(W1 x + b1) + b2) + b3)

The head of `view` predicts the watched fraction. Fitted by `training.ranker_fit`; what is here needs numpy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from socialflow.content.records import InteractionType
from socialflow.errors import ArtefactError
from socialflow.kit.answers import Provenance
from socialflow.recommendation import artefacts
from socialflow.recommendation.interactions import FloatArray

RANKER = "ranker"
"""Its name in the catalogue."""
HEADS = (
    InteractionType.VIEW,
    InteractionType.LIKE,
    InteractionType.SHARE,
    InteractionType.COMMENT,
    InteractionType.SAVE,
    InteractionType.SKIP,
    InteractionType.HIDE,
    InteractionType.NOT_INTERESTED,
    InteractionType.REPORT,
)
"""What is predicted, as far as it was seen often enough: the first as a fraction, the others as yes or no."""
_FAR = 4.0


@dataclass(frozen=True, slots=True)
class Network:
    """Layers of a perceptron: `weights[i]` (in, out) and `biases[i]` (out,)."""

    weights: Sequence[FloatArray]
    biases: Sequence[FloatArray]

    def __call__(self, x: FloatArray) -> FloatArray:
        """Outputs (n, out of the last layer), before the sigmoid."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = np.maximum(x @ weight + bias, 0.0)
        return np.asarray(x @ self.weights[-1] + self.biases[-1], np.float32)


@dataclass(frozen=True, slots=True)
class Inputs:
    """How signals become inputs. `names` (s,) in the order of the columns, `centre` and `scale` (s,)."""

    names: tuple[str, ...]
    centre: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, names: Sequence[str], signals: FloatArray) -> "Inputs":
        """Centre and spread of each column of `signals` (n, s); a column that says nothing becomes 0."""
        known = np.isfinite(signals)
        counts = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, signals, 0.0).sum(axis=0) / counts
        spread = np.sqrt(np.where(known, np.square(signals - centre), 0.0).sum(axis=0) / counts)
        return cls(tuple(names), centre.astype(np.float32), np.where(spread > 0, spread, 1.0).astype(np.float32))

    def __call__(self, signals: FloatArray) -> FloatArray:
        """Inputs (n, 2 s) of signals (n, s).

        >>> inputs = Inputs(("likes",), np.array([2.0], np.float32), np.array([0.5], np.float32))
        >>> inputs(np.array([[3.0], [np.nan]], np.float32)).tolist()
        [[2.0, 0.0], [0.0, 1.0]]
        """
        unknown = ~np.isfinite(signals)
        near = np.clip((np.where(unknown, self.centre, signals) - self.centre) / self.scale, -_FAR, _FAR)
        return np.concatenate([near, unknown], axis=1, dtype=np.float32)


class Ranker:
    """A fitted ranker; immutable, any number of threads may predict with it.

    Args:
        heads: what the network's outputs stand for.
        facts: what was learnt beside the network, JSON-able: `examination` (P(looked at) by place, the first 1),
            `missing` (heads that were seen too seldom).
    """

    def __init__(
        self, inputs: Inputs, network: Network, heads: Sequence[InteractionType], facts: Mapping[str, Any]
    ) -> None:
        self.inputs = inputs
        self.network = network
        self.heads = tuple(heads)
        self.facts = dict(facts)

    @property
    def missing(self) -> tuple[InteractionType, ...]:
        """Heads that could not be learnt."""
        return tuple(head for head in HEADS if head not in self.heads)

    def predict(self, names: Sequence[str], signals: FloatArray) -> FloatArray:
        """P(act) of each head (n, heads), given that the item is looked at; `signals` (n, s) are those of `names`.

        A signal that the fit did not know is left aside, one that is not given counts as not known.
        """
        if tuple(names) != self.inputs.names:
            signals = aligned(names, signals, self.inputs.names)
        return np.asarray(expit(self.network(self.inputs(signals))), np.float32)

    def save(self, directory: Path) -> None:
        """Write arrays and JSON into an existing empty directory."""
        arrays = {"centre": self.inputs.centre, "scale": self.inputs.scale}
        for place, (weight, bias) in enumerate(zip(self.network.weights, self.network.biases, strict=True)):
            arrays |= {f"weight_{place}": weight, f"bias_{place}": bias}
        header = {
            "name": RANKER,
            "signals": list(self.inputs.names),
            "heads": [head.value for head in self.heads],
            "layers": len(self.network.weights),
            "facts": self.facts,
        }
        artefacts.write(directory, header, arrays)

    @classmethod
    def load(cls, directory: Path) -> "Ranker":
        """Read what `save` wrote. Raises ArtefactError."""
        header, arrays = artefacts.read(directory)
        try:
            if header["name"] != RANKER:
                raise ArtefactError(f"{directory} holds {header['name']!r}, not a ranker")
            layers = range(header["layers"])
            return cls(
                Inputs(tuple(header["signals"]), arrays["centre"], arrays["scale"]),
                Network([arrays[f"weight_{place}"] for place in layers], [arrays[f"bias_{place}"] for place in layers]),
                [InteractionType(head) for head in header["heads"]],
                header["facts"],
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise ArtefactError(f"{directory} is not a usable ranker: {problem}") from problem


@dataclass(frozen=True, slots=True)
class LoadedRanker:
    """A ranker in use."""

    model: Ranker
    provenance: Provenance


def aligned(names: Sequence[str], signals: FloatArray, wanted: Sequence[str]) -> FloatArray:
    """The columns of `wanted`; NaN for those that are not among `names`.

    >>> aligned(["a", "b"], np.array([[1.0, 2.0]], np.float32), ["b", "c"]).tolist()
    [[2.0, nan]]
    """
    found = np.full((len(signals), len(wanted)), np.nan, np.float32)
    for place, name in enumerate(wanted):
        if name in names:
            found[:, place] = signals[:, names.index(name)]
    return found
