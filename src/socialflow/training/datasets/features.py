"""Vectors of pictures and sounds as words, so that recommenders which read words can use them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, ItemTable
from socialflow.training.datasets.files import find, unpacked

KINDS = ("image", "audio", "text")
_BITS = 4
"""Directions of one word: it says on which side of each of them a vector lies."""


def read_features(directory: Path) -> ItemTable | None:
    """Words of `image_feat.npy`, `audio_feat.npy`, `text_feat.npy` as far as they are there; row = item.

    None without such a file.

    Raises:
        InvalidInput: a file is damaged, or two are of different length.
    """
    found = {kind: path for kind in KINDS if (path := find(directory, f"{kind}_feat.npy"))}
    if not found:
        return None
    spoken = [as_words(kind, _vectors(path)) for kind, path in found.items()]
    if len({len(rows) for rows in spoken}) > 1:
        raise InvalidInput(f"{directory}: {' and '.join(found)} vectors are not of equally many items", field="data")
    tags = [[word for words in item for word in words] for item in zip(*spoken, strict=True)]
    n = len(tags)
    none = [""] * n
    return ItemTable(np.arange(n), none, none, tags, [None] * n, np.full(n, -1), np.zeros(n))


def as_words(kind: str, vectors: FloatArray) -> list[list[str]]:
    """Words of n vectors (n, width), a quarter as many as there are columns.

    The vectors are centred, scaled per column and turned at random; every four of the new columns give one word, by
    their signs, so that vectors at a small angle share most words.

    References: Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002; Sivic and Zisserman,
    "Video Google", ICCV 2003 (vectors as words).

    >>> as_words("image", np.array([[0, 0, 0, 1], [0, 0, 0, 2], [9, 9, 9, 0]], np.float32))[0][0].startswith("image0_")
    True
    """
    centred = vectors - vectors.mean(axis=0)
    scaled = centred / np.maximum(centred.std(axis=0), 1e-6)
    width = vectors.shape[1]
    turn, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((width, width)))
    signs = (scaled @ turn > 0)[:, : width - width % _BITS].reshape(len(vectors), -1, _BITS)
    codes: Sequence[Sequence[int]] = (signs @ (1 << np.arange(_BITS))).tolist()
    return [[f"{kind}{place}_{code}" for place, code in enumerate(row)] for row in codes]


def _vectors(path: Path) -> FloatArray:
    try:
        with unpacked(path) as stream:
            vectors = np.lib.format.read_array(stream, allow_pickle=False)
    except (OSError, EOFError, ValueError) as problem:
        raise InvalidInput(f"{path} cannot be read: {problem}", field="data") from problem
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise InvalidInput(f"{path} must hold one row of finite numbers an item", field="data")
    return vectors.astype(np.float32)
