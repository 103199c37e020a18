"""A trained text model on disk: the encoder, its tokeniser and its heads, checked before anything is loaded.

A bundle is a version of the catalogue (`manifest.json` with the digest of every file, `card.json`) that holds::

    encoder.onnx     input_ids, attention_mask int64 (b, t) -> hidden float32 (b, t, d)
    tokenizer.json   [CLS] text [SEP]
    heads.json       {"heads": {name: {"kind", "labels", "temperature", "thresholds"}}}
    heads.npz        the heads' arrays, named "head/array"
    heads.onnx       the same as nodes that go on from the encoder's (`text.layout`): its bytes behind those of
                     encoder.onnx are one graph, which also takes cases int64 (b, t)
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.contents import read_manifest, verify
from socialflow.catalogue.records import MANIFEST_FILE
from socialflow.errors import ArtefactError, ModelUnavailable
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.digests import file_digest
from socialflow.text.casing import CASES

FloatArray = npt.NDArray[np.float32]
Kind = Literal["multi_class", "multi_label", "tokens", "span", "vector"]

ENCODER_FILE, TOKENIZER_FILE, HEADS_FILE, ARRAYS_FILE = "encoder.onnx", "tokenizer.json", "heads.json", "heads.npz"
NODES_FILE = "heads.onnx"
NAME = "text"
"""Of the model in the catalogue."""
PACKAGED = Path(__file__).parent / "weights"
"""Where the bundle that comes with the package stands."""

_POOLED = {"pool": ("d",), "w1": ("d", "h"), "b1": ("h",), "w2": ("h", "labels"), "b2": ("labels",)}
_SHAPES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "multi_class": _POOLED,
    "multi_label": _POOLED,
    "tokens": {"w1": ("d", "h"), "b1": ("h",), "case": ("cases", "h"), "w2": ("h", "labels"), "b2": ("labels",)},
    "span": {"wq": ("d", "d"), "w1": ("2d", "h"), "b1": ("h",), "w2": ("h", "labels"), "b2": ("labels",)},
    "vector": {"w": ("d", "v")},
}
"""Arrays of each kind of head: d is the encoder's width, h the head's own, cases those of `casing`."""


@dataclass(frozen=True, slots=True)
class HeadPart:
    """What a bundle holds of one head. Logits are divided by `temperature`; `thresholds` (labels,) of a multi_label."""

    kind: str
    labels: tuple[str, ...]
    temperature: float
    thresholds: FloatArray
    arrays: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle; `width` is the length of the encoder's vectors.

    `digest`, of its manifest, stands for every byte of it. `languages` (ISO 639-1) are those that it was trained on,
    none where its manifest does not tell.
    """

    directory: Path
    provenance: Provenance
    digest: str
    width: int
    heads: Mapping[str, HeadPart]
    languages: tuple[str, ...] = ()


def read_bundle(directory: Path, tier: Tier) -> Bundle:
    """Check a bundle's digests, then read its heads. The encoder is left for who runs it.

    Raises:
        ModelUnavailable: nothing is there; the message says what trains it.
        DigestMismatch: a file is not what the manifest says.
        ArtefactError: a file is missing or more than the manifest names, or a head's arrays do not fit its labels.
    """
    if not (directory / MANIFEST_FILE).is_file():
        raise ModelUnavailable("no text model is installed; make one with `socialflow train text`")
    manifest = read_manifest(directory)
    verify(directory, manifest)
    if missing := sorted({ENCODER_FILE, TOKENIZER_FILE, HEADS_FILE, ARRAYS_FILE, NODES_FILE} - set(manifest.files)):
        raise ArtefactError(f"{directory} is no text model: it lacks {missing[0]}")
    about = manifest.about
    heads, width = _heads(directory)
    digest = file_digest(directory / MANIFEST_FILE)
    languages = _languages(about.metadata.get("plan"))
    return Bundle(directory, Provenance(about.name, about.version, tier), digest, width, heads, languages)


def _languages(plan: object) -> tuple[str, ...]:
    """Those of the plan that a model was trained by."""
    told = plan.get("languages") if isinstance(plan, Mapping) else None
    return tuple(map(str, told)) if isinstance(told, Sequence) and not isinstance(told, str) else ()


def _heads(directory: Path) -> tuple[dict[str, HeadPart], int]:
    arrays = read_arrays(directory / ARRAYS_FILE)
    path = directory / HEADS_FILE
    try:
        documents = dict(json.loads(path.read_text(encoding="utf-8"))["heads"])
        parts = {str(name): read_part(str(name), document, arrays) for name, document in documents.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ArtefactError(f"{path} does not describe heads: {problem!r}") from problem
    if not parts:
        raise ArtefactError(f"{path} names no heads")
    sizes = dict[str, int]()
    for name, part in parts.items():
        sizes = {"d": _check(name, part, sizes.get("d"))}
    return parts, sizes["d"]


def read_arrays(path: Path) -> dict[str, FloatArray]:
    """Arrays of a file by name, none of which may hold what is no number. Raises ArtefactError."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], np.float32) for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as problem:
        raise ArtefactError(f"{path} cannot be read: {problem}") from problem
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ArtefactError(f"{path}: {name} holds what is no number")
        array.flags.writeable = False
    return arrays


def read_part(name: str, document: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> HeadPart:
    """What a document says of a head, with those of `arrays` that its kind has. Raises ArtefactError, KeyError."""
    kind = document["kind"]
    if kind not in _SHAPES:
        raise ArtefactError(f"head {name} is of the kind {kind!r}, not one of {', '.join(_SHAPES)}")
    labels = tuple(map(str, document["labels"]))
    if len(set(labels)) != len(labels):
        raise ArtefactError(f"head {name} has a label twice")
    temperature = float(document["temperature"])
    if not 0.0 < temperature < np.inf:
        raise ArtefactError(f"head {name} has the temperature {temperature}, which must be above 0")
    thresholds = np.asarray(document["thresholds"] if kind == "multi_label" else [], np.float32)
    wanted = (len(labels),) if kind == "multi_label" else (0,)
    if thresholds.shape != wanted or not np.all((thresholds > 0) & (thresholds < 1)):
        raise ArtefactError(f"head {name} needs one threshold between 0 and 1 for each of its labels")
    own = {array: arrays[f"{name}/{array}"] for array in _SHAPES[kind] if f"{name}/{array}" in arrays}
    return HeadPart(kind, labels, temperature, thresholds, own)


def _check(name: str, part: HeadPart, width: int | None) -> int:
    """The width of the encoder that a head's arrays tell; all must fit each other, the labels and `width`."""
    sizes = {"labels": len(part.labels), "cases": len(CASES)} | ({} if width is None else {"d": width})
    for array, axes in _SHAPES[part.kind].items():
        if array not in part.arrays:
            raise ArtefactError(f"head {name} lacks the array {array}")
        shape = part.arrays[array].shape
        if len(shape) == len(axes):
            for axis, size in zip(axes, shape, strict=True):
                if not axis.startswith("2"):
                    sizes.setdefault(axis, size)
        wanted = tuple(2 * sizes["d"] if axis == "2d" else sizes.get(axis) for axis in axes)
        if shape != wanted:
            raise ArtefactError(f"head {name}: {array} has the shape {shape}, not {wanted} = ({', '.join(axes)})")
    return sizes["d"]
