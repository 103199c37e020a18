"""Topics of many texts: LDA and NMF, their words, their coherence, and the topics of a new text."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.analysis.keywords import content_words
from socialflow.errors import ArtefactError, InvalidInput

Floats = npt.NDArray[np.float32]

WORDS = 10
"""Words that show a topic, and from which its coherence is counted."""
MOST_WORDS = 10_000
LEAST_TEXTS = 10
"""Fewer texts with words in common than this have no topics."""
_ROUNDS, _PRIOR = 50, 0.1


class Method(StrEnum):
    """How topics are found."""

    LDA = "lda"
    """Latent Dirichlet allocation over word counts (Blei et al., 2003; online variational Bayes)."""
    NMF = "nmf"
    """Non-negative factors of TF-IDF (Lee and Seung, 1999)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Words that come together."""

    number: int
    words: tuple[tuple[str, float], ...]
    """The heaviest words, heaviest first, with their share of the topic's weight (all words of a topic sum to 1)."""
    coherence: float
    """Mean NPMI of the pairs of `words` in the texts it was fitted on, -1 to 1; 0 is chance."""

    @property
    def name(self) -> str:
        """Its three heaviest words."""
        return " ".join(word for word, _ in self.words[:3])


class TopicModel:
    """Word shares of every topic over one vocabulary.

    Args:
        weights: (topics, words), every row of sum 1.
        coherence: of every topic.
    """

    def __init__(self, method: Method, vocabulary: Sequence[str], weights: Floats, coherence: Sequence[float]) -> None:
        self.method = method
        self.vocabulary = list(vocabulary)
        self.weights = weights
        self.coherence = list(coherence)
        self._places = {word: place for place, word in enumerate(self.vocabulary)}

    @classmethod
    def fit(cls, texts: Sequence[str], method: Method, topics: int, seed: int = 0) -> Self:
        """Find `topics` topics. A word counts where at least two texts have it, and not more than half of them.

        Raises InvalidInput where fewer than `LEAST_TEXTS` texts have such words.
        """
        documents = [content_words(text) for text in texts]
        vocabulary = _vocabulary(documents)
        counts = _counts(documents, {word: place for place, word in enumerate(vocabulary)})
        counts = counts[np.diff(counts.indptr) > 0]
        if counts.shape[0] < LEAST_TEXTS:
            raise InvalidInput(
                f"topics need at least {LEAST_TEXTS} texts with words in common; there are {counts.shape[0]}"
            )
        topics = min(topics, counts.shape[0] // 2, len(vocabulary))
        weights = _FITS[method](counts, topics, seed)
        coherence = [npmi(counts, np.argsort(-row, kind="stable")[:WORDS]) for row in weights]
        return cls(method, vocabulary, weights, coherence)

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic, by number."""
        best = np.argsort(-self.weights, axis=1, kind="stable")[:, :WORDS]
        return tuple(
            Topic(
                number,
                tuple((self.vocabulary[place], float(self.weights[number, place])) for place in places.tolist()),
                self.coherence[number],
            )
            for number, places in enumerate(best)
        )

    def topics_of(self, texts: Sequence[str]) -> Floats:
        r"""Shares (texts, topics) of the topics in each text, every row of sum 1; zeros for a text without known words.

        Expectation and maximisation with the topics held fast and a Dirichlet prior of 0.1:
        ``s_k <- 0.1 + sum_w n_w s_k p(w|k) / sum_j s_j p(w|j)``, normalised; the prior's part is taken off at the end.
        """
        counts = _counts([content_words(text) for text in texts], self._places)
        shares = np.zeros((len(texts), len(self.weights)), np.float32)
        for row in range(len(texts)):
            cells = slice(counts.indptr[row], counts.indptr[row + 1])
            likelihood = self.weights[:, counts.indices[cells]].astype(np.float64)
            known = likelihood.any(axis=0)
            if known.any():
                shares[row] = _fold_in(likelihood[:, known], counts.data[cells][known])
        return shares

    def save(self, directory: Path) -> None:
        """Write arrays and JSON into an existing empty directory."""
        np.save(directory / "weights.npy", self.weights)
        header = {"method": self.method, "vocabulary": self.vocabulary, "coherence": self.coherence}
        (directory / "topics.json").write_text(json.dumps(header, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read what `save` wrote. Raises ArtefactError."""
        try:
            header = json.loads((directory / "topics.json").read_text(encoding="utf-8"))
            weights = np.load(directory / "weights.npy", allow_pickle=False)
            model = cls(Method(header["method"]), header["vocabulary"], weights, header["coherence"])
        except (OSError, ValueError, KeyError) as error:
            raise ArtefactError(f"{directory} holds no topic model: {error}") from error
        if weights.shape != (len(model.coherence), len(model.vocabulary)):
            raise ArtefactError(f"{directory}: {weights.shape} weights do not fit its topics and words")
        return model


def npmi(counts: sparse.csr_array, words: npt.NDArray[np.int64]) -> float:
    r"""Mean normalised pointwise mutual information of the pairs of `words` (columns of `counts`), -1 to 1.

    ``ln(p_ij / (p_i p_j)) / -ln p_ij`` with shares of texts; -1 for a pair that no text has, 1 for one that every text
    has. Bouma, Normalized (pointwise) mutual information in collocation extraction, 2009.
    """
    present = (counts[:, words] > 0).astype(np.float64)
    together = np.asarray((present.T @ present).todense()) / counts.shape[0]
    alone = np.diag(together)
    values = []
    for i in range(len(words)):
        for j in range(i):
            joint = together[i, j]
            sure = joint == 1.0
            values.append(
                1.0 if sure else -1.0 if joint == 0 else np.log(joint / (alone[i] * alone[j])) / -np.log(joint)
            )
    return float(np.mean(values)) if values else 0.0


def _vocabulary(documents: Sequence[Sequence[str]]) -> list[str]:
    frequency = Counter(word for document in documents for word in set(document))
    most = max(2, len(documents) // 2)
    kept = sorted((-count, word) for word, count in frequency.items() if 2 <= count <= most)
    return sorted(word for _, word in kept[:MOST_WORDS])


def _counts(documents: Sequence[Sequence[str]], places: Mapping[str, int]) -> sparse.csr_array:
    """Occurrences (documents, words) of known words."""
    rows = [Counter(places[word] for word in document if word in places) for document in documents]
    indptr = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int32)
    indices = np.array([place for row in rows for place in row], np.int32)
    data = np.array([count for row in rows for count in row.values()], np.float64)
    return sparse.csr_array((data, indices, indptr), shape=(len(rows), len(places)))


def _fold_in(likelihood: npt.NDArray[np.float64], occurrences: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shares = np.full(len(likelihood), 1.0 / len(likelihood))
    expected = shares
    for _ in range(_ROUNDS):
        mixed = shares[:, None] * likelihood
        expected = (mixed / mixed.sum(axis=0)) @ occurrences
        shares = expected + _PRIOR
        shares /= shares.sum()
    folded: npt.NDArray[np.float64] = expected / expected.sum()
    return folded


def _lda(counts: sparse.csr_array, topics: int, seed: int) -> Floats:
    from sklearn.decomposition import LatentDirichletAllocation

    model = LatentDirichletAllocation(topics, learning_method="online", max_iter=20, random_state=seed, batch_size=512)
    return _shares(model.fit(sparse.csr_matrix(counts)).components_)


def _nmf(counts: sparse.csr_array, topics: int, seed: int) -> Floats:
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfTransformer

    matrix = TfidfTransformer(sublinear_tf=True).fit_transform(sparse.csr_matrix(counts))
    model = NMF(topics, init="nndsvda", max_iter=400, tol=1e-3, random_state=seed)
    return _shares(model.fit(matrix).components_)


_FITS = {Method.LDA: _lda, Method.NMF: _nmf}


def _shares(weights: Any) -> Floats:
    """Rows of sum 1; a factor without any weight becomes uniform."""
    positive = np.maximum(np.asarray(weights, np.float64), 0.0)
    sums = positive.sum(axis=1, keepdims=True)
    even = np.full_like(positive, 1.0 / positive.shape[1])
    return np.where(sums > 0, positive / np.where(sums > 0, sums, 1.0), even).astype(np.float32)
