"""Words of items as a few latent axes, for networks that know items by what is written about them too."""

import numpy as np

from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.protocol import FitData
from socialflow.recommendation.words import Vocabulary, choose_terms, item_terms, latent_axes, tf_idf

_AXES, _TERMS = 64, 20_000


def word_vectors(data: FitData, seed: int) -> FloatArray:
    """Latent semantic vectors (n_items, at most 64) of length 1, 0 for items without a known word.

    No columns where there is no item table or no word in it.
    """
    none = np.zeros((data.n_items, 0), np.float32)
    if data.items is None or not len(data.items):
        return none
    rows = list(item_terms(data.items))
    terms, idf = choose_terms(rows, _TERMS)
    if not terms:
        return none
    matrix = tf_idf(rows, Vocabulary.of(terms), idf)
    found = np.asarray(matrix @ latent_axes(matrix, _AXES, seed), np.float32)
    vectors = np.zeros((data.n_items, found.shape[1]), np.float32)
    vectors[data.items.ids] = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return vectors
