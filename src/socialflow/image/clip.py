"""Pictures and texts in one space: models of the CLIP family (Radford et al. 2021)."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, runnable
from socialflow.errors import ArtefactError
from socialflow.image.prepare import batch
from socialflow.image.records import Colours
from socialflow.inference.records import Array

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]

TOKENS = 77
"""Tokens of a text at most, the first and last of which say where it begins and ends."""


class Clip:
    """A handed model with the graphs `image` and `text` and a `tokenizer.json`. Two of one model are equal.

    Raises:
        ArtefactError, ModelUnavailable: it cannot be loaded, or is no such model.
    """

    def __init__(self, model: Handed) -> None:
        self._loaded = runnable(model)
        card = self._loaded.installed.card
        if card.image is None:
            raise ArtefactError(f"the card of {card.name} does not say how a picture becomes its input")
        self.name, self._fit = card.name, card.image
        self._tokenizer = _tokenizer(self._loaded.installed.path("tokenizer.json"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Clip) and other._loaded is self._loaded

    def __hash__(self) -> int:
        return id(self._loaded)

    def pictures(self, pictures: Sequence[Colours]) -> Floats:
        """Vectors (n, d) of pictures (h, w, 3), of length 1."""
        return self._vectors("image", {"pixel_values": batch(pictures, self._fit)}, "image_embeds")

    def texts(self, texts: Sequence[str]) -> Floats:
        """Vectors (n, d) of texts, of length 1; of long ones the beginning counts."""
        read = self._tokenizer.encode_batch(list(texts))
        ids, seen = (
            np.array(rows, np.int64) for rows in zip(*((one.ids, one.attention_mask) for one in read), strict=True)
        )
        return self._vectors("text", {"input_ids": ids, "attention_mask": seen}, "text_embeds")

    def _vectors(self, graph: str, feeds: dict[str, Array], output: str) -> Floats:
        run = self._loaded.graph(graph)
        taken = {tensor.name for tensor in run.inputs}
        rows = run.run({name: value for name, value in feeds.items() if name in taken})[output].astype(np.float32)
        vectors: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return vectors


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
