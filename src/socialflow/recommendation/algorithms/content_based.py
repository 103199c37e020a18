"""Likeness of words and of meaning: items by what is written about them, users by what they took."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import FloatArray, Histories, IntArray, ItemTable
from socialflow.recommendation.protocol import Arrays, FitData, Matrix, Saved
from socialflow.recommendation.query import Ranked, unranked
from socialflow.recommendation.sentences import WIDTH, sentences
from socialflow.recommendation.vectors import VectorRecommender
from socialflow.recommendation.words import Vocabulary, choose_terms, item_terms, latent_axes, tf_idf

_FIRM = 20
"""Items with which half of a mean is taken away."""


class ContentBased(VectorRecommender):
    r"""Latent semantic analysis of titles, descriptions, tags, categories and channels, beside what the text encoder
    makes of them.

    Each item is a TF-IDF row ``t`` (see `recommendation.words`), projected on the leading right singular vectors ``V``
    of the items' TF-IDF matrix and scaled to length 1: ``w = t V / |t V|``. Its words as a sentence have a vector too
    (`recommendation.sentences`), of which the mean ``c`` of n items is taken away, as far as there are items to know it
    by: ``s = e - n / (n + 20) c``, scaled to length 1. The item is both, ``v = [sqrt(1 - m) w; sqrt(m) s]``, scaled to
    length 1, m being `meaning`: words that only look different (kitten, cat) come near each other, and an item can be
    known by words that the fit has not seen. A history's profile is the mean of its
    items' vectors, by their weights (which carry recency, see `Histories.faded`); negative weights
    push away. A score is the cosine of profile and item, -1 to 1.

    NaN for items without words and for histories without such an item. Interactions are not looked at, so an
    item takes part as soon as it has words: `encode` gives vectors of items that came after the fit.

    Parameters
    ----------
    width
        Of the vectors; with `meaning` above 0, 384 places of it are those of sentences. Where there are fewer items or
        terms than the rest, the last places are 0.
    meaning
        Share of the sentence in an item, 0 to 1; 0 leaves the text encoder out.
    vocabulary
        Greatest number of terms.
    neighbours
        Nearest items stored per item, so that `neighbours` is a look-up up to that depth; 0 stores none.
    seed
        Of the sample and of the randomised decomposition.

    References
    ----------
    Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 1990; Halko, Martinsson, Tropp, "Finding Structure
    with Randomness", SIAM Review 2011.

    Examples
    --------
    >>> from socialflow.recommendation.interactions import Interactions
    >>> titles = ["cat jumps", "cat sleeps", "guitar solo", "guitar lesson"]
    >>> none = np.full(4, -1)
    >>> table = ItemTable(np.arange(4), titles, [""] * 4, [()] * 4, [None] * 4, none, np.zeros(4))
    >>> model = ContentBased().fit(Interactions.from_pairs([], []), table)
    >>> model.top(Histories.from_lists([[0], [2]]), k=1).items.tolist()
    [[1], [3]]
    """

    name = "content_based"
    needs_items = True

    def __init__(
        self,
        *,
        width: int = 512,
        meaning: float = 0.75,
        vocabulary: int = 30_000,
        neighbours: int = 50,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if width < 1 or vocabulary < 1 or neighbours < 0:
            raise InvalidInput("width and vocabulary must be above 0, neighbours at least 0")
        if not 0.0 <= meaning <= 1.0:
            raise InvalidInput(f"meaning is a share, 0 to 1, not {meaning}", field="meaning")
        if meaning and width <= WIDTH:
            raise InvalidInput(f"width must be above the {WIDTH} of sentences where meaning counts", field="width")
        self._width, self._meaning, self._vocabulary = width, meaning, vocabulary
        self._n_neighbours, self._seed = neighbours, seed
        self._terms = Vocabulary.of(())
        self._idf: FloatArray = np.empty(0, np.float32)
        self._axes: FloatArray = np.empty((0, 0), np.float32)
        self._centre: FloatArray = np.zeros(WIDTH, np.float32)
        self._encoder = ""
        self._vectors: FloatArray = np.empty((0, 0), np.float32)
        self._known = np.empty(0, bool)
        self._near = unranked(0, 0)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {
            "width": self._width,
            "meaning": self._meaning,
            "vocabulary": self._vocabulary,
            "neighbours": self._n_neighbours,
            "seed": self._seed,
        }

    @property
    def vectors(self) -> FloatArray:
        """Item vectors (n, width) beside `item_ids`, of length 1, or 0 for items without words."""
        return self._vectors

    def encode(self, items: ItemTable) -> FloatArray:
        """Vectors (len(items), width) of any items, also of ones unknown at the fit; 0 where nothing can be read.

        Of words alone where the package has another text encoder by now than the fit had.
        """
        self._check_fitted()
        words = self._project(tf_idf(list(item_terms(items)), self._terms, self._idf))
        if not self._meaning:
            return words
        if sentences().digest != self._encoder:
            return np.pad(words, ((0, 0), (0, WIDTH)))
        return self._joined(words, sentences().of(items))

    def likely(self, vector: FloatArray, count: int) -> IntArray | None:
        """Rows of `vectors`, ascending, that hold about the `count` most like a vector (width,); None where there are
        so few items that all are to be scored."""
        return None if self.index is None else self.index.likely(vector[None], count)[0]

    def profiles(self, histories: Histories) -> FloatArray:
        """Profile vectors (m, width) of length 1; NaN for histories that say nothing."""
        return self._represent(self._to_columns(histories))

    def _fit(self, data: FitData) -> None:
        if data.items is None:
            raise InvalidInput("content_based learns from the words of items; give fit() an ItemTable", field="items")
        rows = list(item_terms(data.items))
        terms, self._idf = choose_terms(rows, self._vocabulary)
        if not terms:
            raise InvalidInput("content_based found no words in the item table", field="items")
        self._terms = Vocabulary.of(terms)
        matrix = tf_idf(rows, self._terms, self._idf)
        width = self._width - WIDTH if self._meaning else self._width
        axes = latent_axes(matrix, width, self._seed)
        self._axes = np.pad(axes, ((0, 0), (0, width - axes.shape[1])))
        self._vectors = np.zeros((data.n_items, self._width), np.float32)
        words = self._project(matrix)
        if self._meaning:
            self._encoder, found = sentences().digest, sentences().of(data.items)
            self._centre = found.sum(axis=0) / (np.count_nonzero(found.any(axis=1)) + _FIRM)
            words = self._joined(words, found)
        self._vectors[data.items.ids] = words
        self._known = np.asarray(self._vectors.any(axis=1))
        self._near = unranked(data.n_items, 0)
        if self._n_neighbours:
            self._near = super()._neighbours(np.arange(data.n_items), self._n_neighbours)

    def _joined(self, words: FloatArray, found: FloatArray) -> FloatArray:
        """Vectors of words (n, width - 384) beside those of sentences (n, 384)."""
        meant = _unit(np.where(found.any(axis=1, keepdims=True), found - self._centre, np.float32(0)))
        shares = np.sqrt(np.array([1.0 - self._meaning, self._meaning], np.float32))
        return _unit(np.concatenate((shares[0] * words, shares[1] * meant), axis=1))

    def _project(self, matrix: Matrix) -> FloatArray:
        vectors: FloatArray = np.asarray(matrix @ self._axes, np.float32)
        return _unit(vectors)

    def _represent(self, histories: Histories) -> FloatArray:
        shape = (len(histories), len(self._item_ids))
        shares: Matrix = sparse.csr_array(
            (histories.weights, histories.items.astype(np.int32), histories.indptr.astype(np.int32)), shape=shape
        )
        profiles = _unit(shares @ self._vectors)
        profiles[~profiles.any(axis=1)] = np.nan
        return profiles

    def _compare(self, vectors: FloatArray, columns: IntArray | None) -> FloatArray:
        cosines = super()._compare(vectors, columns)
        cosines[:, ~(self._known if columns is None else self._known[columns])] = np.nan
        return cosines

    def _targets(self) -> FloatArray:
        return np.where(self._known[:, None], self._vectors, np.float32(np.nan))

    def _similarities(self, columns: IntArray) -> FloatArray:
        near = self._compare(self._vectors[columns], None)
        near[~self._known[columns]] = np.nan
        return near

    def _neighbours(self, columns: IntArray, k: int) -> Ranked:
        if k <= self._near.items.shape[1]:
            return Ranked(self._near.items[columns, :k], self._near.scores[columns, :k])
        return super()._neighbours(columns, k)

    def _arrays(self) -> Arrays:
        return {
            "terms": self._terms.digests,
            "idf": self._idf,
            "axes": self._axes,
            "centre": self._centre,
            "encoder": np.frombuffer(self._encoder.encode(), np.uint8),
            "vectors": self._vectors,
            "near_items": self._near.items,
            "near_scores": self._near.scores,
        }

    def _restore(self, saved: Saved) -> None:
        self._terms = Vocabulary(saved.arrays["terms"])
        self._idf, self._axes, self._vectors = (saved.arrays[name] for name in ("idf", "axes", "vectors"))
        self._centre, self._encoder = saved.arrays["centre"], saved.arrays["encoder"].tobytes().decode()
        self._known = np.asarray(self._vectors.any(axis=1))
        self._near = Ranked(saved.arrays["near_items"], saved.arrays["near_scores"])


def _unit(vectors: FloatArray) -> FloatArray:
    """Rows scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return scaled
