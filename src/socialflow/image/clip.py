"""Pictures and texts in one space: models of the CLIP family (Radford et al. 2021).

A model has two towers, and each is loaded where it is used: who looks at pictures has no need of the other's memory.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic_core import to_json

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.catalogue.upstream.records import Installed
from socialflow.errors import ArtefactError
from socialflow.image.prepare import batch
from socialflow.image.records import Colours
from socialflow.inference.records import Array

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]

MODEL = "clip-vit-b32"
TOKENS = 77
"""Tokens of a text at most, the first and last of which say where it begins and ends."""


class _Tower:
    """One graph of a handed model. Two of one model are equal."""

    graph: ClassVar[str]
    output: ClassVar[str]

    def __init__(self, model: Handed) -> None:
        self._loaded = runnable(model, self.graph)
        self.name = self._loaded.installed.card.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other._loaded is self._loaded

    def __hash__(self) -> int:
        return id(self._loaded)

    def _rows(self, feeds: dict[str, Array]) -> Floats:
        """What comes out (n, d), made of length 1; inputs that the graph does not take are left out."""
        run = self._loaded.graph(self.graph)
        taken = {tensor.name for tensor in run.inputs}
        given = {name: value for name, value in feeds.items() if name in taken}
        rows = run.run(given)[self.output].astype(np.float32)
        unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return unit


class ClipPictures(_Tower):
    """The tower of pictures: the graph `image`.

    Raises:
        ArtefactError, ModelUnavailable: it cannot be loaded, or is no such model.
    """

    graph, output = "image", "image_embeds"

    def __init__(self, model: Handed) -> None:
        super().__init__(model)
        image = self._loaded.installed.card.image
        if image is None:
            raise ArtefactError(f"the card of {self.name} does not say how a picture becomes its input")
        self._fit = image

    def vectors(self, pictures: Sequence[Colours]) -> Floats:
        """Of pictures (h, w, 3), in one run (n, d), of length 1."""
        return self._rows({"pixel_values": batch(pictures, self._fit)})


class ClipTexts(_Tower):
    """The tower of texts: the graph `text` and a `tokenizer.json`.

    Raises:
        ArtefactError, ModelUnavailable: it cannot be loaded, or is no such model.
    """

    graph, output = "text", "text_embeds"

    def __init__(self, model: Handed) -> None:
        super().__init__(model)
        self._tokenizer = _tokenizer(self._loaded.installed.path("tokenizer.json"))

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Of texts, in one run (n, d), of length 1; of long ones the beginning counts."""
        read = self._tokenizer.encode_batch(list(texts))
        ids, seen = (
            np.array(rows, np.int64) for rows in zip(*((one.ids, one.attention_mask) for one in read), strict=True)
        )
        return self._rows({"input_ids": ids, "attention_mask": seen})


def space_of(model: Installed) -> str:
    """Name of the space that a model makes: its own, and a digest of everything that a vector depends on, which is
    every file and how pictures are made to fit. Vectors of two names do not compare."""
    files = sorted((path, entry.sha256) for path, entry in model.files.items())
    return f"{model.card.name}@{sha256(to_json([files, model.card.image])).hexdigest()[:16]}"


@lru_cache(2)
def _tokenizer(path: Path) -> "Tokenizer":
    """Cuts long texts, and fills up short ones with the token that ends them, as these models were taught."""
    from tokenizers import Tokenizer

    try:
        made = Tokenizer.from_file(str(path))
    except Exception as problem:  # the library raises plain Exception for whatever is wrong
        raise ArtefactError(f"{path} is no tokenizer: {problem}") from problem
    end = made.encode("").ids
    made.enable_truncation(TOKENS)
    made.enable_padding(pad_id=end[-1] if end else 0)
    return made
