"""Sizes of the text encoder."""

import json
from dataclasses import dataclass
from pathlib import Path

from socialflow.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes; by default those of MiniLM-L6."""

    vocabulary: int = 30_522
    width: int = 384
    layers: int = 6
    heads: int = 12
    inner: int = 1536
    positions: int = 512


def shape_of(config: Path) -> Shape:
    """Of an encoder whose `config.json` this is. Raises InvalidInput."""
    try:
        told = json.loads(config.read_text(encoding="utf-8"))
        return Shape(
            vocabulary=int(told["vocab_size"]),
            width=int(told["hidden_size"]),
            layers=int(told["num_hidden_layers"]),
            heads=int(told["num_attention_heads"]),
            inner=int(told["intermediate_size"]),
            positions=int(told["max_position_embeddings"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InvalidInput(f"{config} does not tell an encoder's sizes: {problem!r}", field="base") from problem
