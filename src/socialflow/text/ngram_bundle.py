"""A small linear model for several languages on disk, checked before anything is loaded.

Like a text model's bundle (`bundle`) it is a version of the catalogue; it holds::

    heads.json   {"shape": {"shortest", "longest", "words"},
                  "heads": {name: {"kind", "labels", "bits", "languages": {code: {"temperature", "thresholds"}}}}}
    heads.npz    name/levels int8 (2^bits, columns), name/scale (columns,), name/bias (languages in order, columns)

``logits = scale * (x levels) + bias of the language``, x the text's features (`ngrams`); multi_class heads have a
column for each label but the first, whose logit is 0, multi_label heads one for each.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socialflow.catalogue.contents import read_manifest, verify
from socialflow.catalogue.records import MANIFEST_FILE
from socialflow.errors import ArtefactError, ModelUnavailable
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.digests import file_digest
from socialflow.text.bundle import ARRAYS_FILE, HEADS_FILE, FloatArray, HeadPart, read_arrays, read_part
from socialflow.text.ngrams import Shape

PACKAGED = Path(__file__).parent / "weights_languages"
"""Where the model that comes with the package stands."""
NAME = "text-languages"
"""Of the model in the catalogue."""

_KINDS = ("multi_class", "multi_label")
_MOST_BITS = 24


@dataclass(frozen=True, slots=True)
class NgramHead:
    """One question's weights (2^bits, columns), and what is told of each of its languages: part and bias (columns,)."""

    bits: int
    weights: FloatArray
    parts: Mapping[str, HeadPart]
    biases: Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class NgramBundle:
    """A checked bundle; `digest`, of its manifest, stands for every byte of it."""

    provenance: Provenance
    digest: str
    shape: Shape
    heads: Mapping[str, NgramHead]

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of all languages that any question can be asked in."""
        return tuple(sorted({language for head in self.heads.values() for language in head.parts}))


def read_ngrams(directory: Path, tier: Tier) -> NgramBundle:
    """Check a bundle's digests, then read it.

    Raises:
        ModelUnavailable: nothing is there; the message says what trains it.
        DigestMismatch: a file is not what the manifest says.
        ArtefactError: a file is missing or more than the manifest names, or arrays do not fit what is said of them.
    """
    if not (directory / MANIFEST_FILE).is_file():
        raise ModelUnavailable(
            "no text model for several languages is installed; make one with `socialflow train text-languages`"
        )
    manifest = read_manifest(directory)
    verify(directory, manifest)
    if missing := sorted({HEADS_FILE, ARRAYS_FILE} - set(manifest.files)):
        raise ArtefactError(f"{directory} is no text model for several languages: it lacks {missing[0]}")
    arrays, path = read_arrays(directory / ARRAYS_FILE), directory / HEADS_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        shape = Shape(**{str(name): int(value) for name, value in document["shape"].items()})
        heads = {str(name): _head(str(name), one, arrays) for name, one in document["heads"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ArtefactError(f"{path} does not describe heads: {problem!r}") from problem
    if not (1 <= shape.shortest <= shape.longest and shape.words >= 0):
        raise ArtefactError(f"{path} has features that no text has: {shape}")
    about = manifest.about
    return NgramBundle(
        Provenance(about.name, about.version, tier), file_digest(directory / MANIFEST_FILE), shape, heads
    )


def _head(name: str, document: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> NgramHead:
    bits, languages = int(document["bits"]), sorted(document["languages"])
    if not languages or document["kind"] not in _KINDS or not 1 <= bits <= _MOST_BITS:
        raise ArtefactError(f"head {name} needs languages, a kind of {', '.join(_KINDS)}, and 1 to {_MOST_BITS} bits")
    shared = {"kind": document["kind"], "labels": document["labels"]}
    parts = {code: read_part(name, shared | document["languages"][code], {}) for code in languages}
    columns = len(shared["labels"]) - (shared["kind"] == "multi_class")
    wanted = {"levels": (1 << bits, columns), "scale": (columns,), "bias": (len(languages), columns)}
    for array, shape in wanted.items():
        if arrays[f"{name}/{array}"].shape != shape:
            raise ArtefactError(f"head {name}: {array} has the shape {arrays[f'{name}/{array}'].shape}, not {shape}")
    weights = arrays[f"{name}/levels"] * arrays[f"{name}/scale"]
    return NgramHead(bits, weights, parts, dict(zip(languages, arrays[f"{name}/bias"], strict=True)))
