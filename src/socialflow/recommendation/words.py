"""The words of items as a sparse TF-IDF matrix."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from socialflow.recommendation.interactions import FloatArray, ItemTable
from socialflow.recommendation.protocol import Matrix

_WORD = re.compile(r"\w{2,}")
_SAMPLE = 20_000
"""Items from which latent axes are learnt."""
_TITLE, _DESCRIPTION, _TAG, _CATEGORY, _CHANNEL = 3.0, 1.0, 2.0, 2.0, 1.0


class Vocabulary:
    """Places of known terms. Terms are recognised, not kept: a model outlives the people whose words it learnt from.

    Examples
    --------
    >>> known = Vocabulary.of(["cat", "guitar"])
    >>> known.place("guitar"), known.place("dog")
    (1, None)
    """

    def __init__(self, digests: npt.NDArray[np.uint64]) -> None:
        self.digests = digests
        """BLAKE2b-64 of each term, in the order of places."""
        self._places = {digest: place for place, digest in enumerate(digests.tolist())}

    @classmethod
    def of(cls, terms: Iterable[str]) -> Self:
        """The vocabulary of `terms`, in this order."""
        return cls(np.array([_digest(term) for term in terms], np.uint64))

    def place(self, term: str) -> int | None:
        """Where the term stands; None where it is unknown."""
        return self._places.get(_digest(term))


def _digest(term: str) -> int:
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def words(text: str) -> list[str]:
    """Case-folded runs of two or more letters, digits or underscores, in NFKC.

    >>> words("Ａ Straße, 2 TikToks!")
    ['strasse', 'tiktoks']
    """
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def item_terms(items: ItemTable) -> Iterator[dict[str, float]]:
    """Per item its terms and how often they occur, occurrences weighted by field.

    A tag counts as itself (``#tag``) and by its words; category and channel are terms of their own.
    """
    for row in range(len(items)):
        terms: Counter[str] = Counter()
        weigh = [(_TITLE, words(items.titles[row])), (_DESCRIPTION, words(items.descriptions[row]))]
        weigh += [(_TAG, [f"#{tag.casefold()}", *words(tag)]) for tag in items.tags[row]]
        category = items.categories[row]
        if category is not None:
            weigh.append((_CATEGORY, [f"category={category.casefold()}", *words(category)]))
        if items.channels[row] >= 0:
            weigh.append((_CHANNEL, [f"channel={items.channels[row]}"]))
        for weight, found in weigh:
            for term in found:
                terms[term] += weight  # type: ignore[assignment]
        yield dict(terms)


def choose_terms(rows: Sequence[Mapping[str, float]], limit: int) -> tuple[list[str], FloatArray]:
    """The vocabulary and its smoothed inverse document frequencies, ``1 + ln((1 + n) / (1 + df))``.

    Terms of at least two items (of one where there are fewer than 20 items), the `limit` most frequent ones, in
    alphabetical order.
    """
    frequency = Counter(term for row in rows for term in row)
    least = 2 if len(rows) >= 20 else 1
    common = sorted(((-count, term) for term, count in frequency.items() if count >= least))[:limit]
    vocabulary = sorted(term for _, term in common)
    counts = np.array([frequency[term] for term in vocabulary], np.float64)
    return vocabulary, (1.0 + np.log((1 + len(rows)) / (1 + counts))).astype(np.float32)


def tf_idf(rows: Sequence[Mapping[str, float]], vocabulary: Vocabulary, idf: FloatArray) -> Matrix:
    """L2-normalised rows of ``(1 + ln tf) * idf`` over the known terms, (len(rows), len(idf)) float32."""
    indptr, indices, counts = [0], [], []
    place_of = cache(vocabulary.place)
    for row in rows:
        for term, count in row.items():
            if (place := place_of(term)) is not None:
                indices.append(place)
                counts.append(count)
        indptr.append(len(indices))
    columns = np.array(indices, np.int32)
    values = (1.0 + np.log(np.array(counts, np.float32))) * idf[columns]
    owners = np.repeat(np.arange(len(rows)), np.diff(indptr))
    lengths = np.sqrt(np.bincount(owners, values**2, len(rows)))
    values /= lengths[owners]
    matrix: Matrix = sparse.csr_array(
        (values.astype(np.float32), columns, np.array(indptr, np.int32)), (len(rows), len(idf))
    )
    matrix.sort_indices()
    return matrix


def latent_axes(matrix: Matrix, width: int, seed: int) -> FloatArray:
    """Leading right singular vectors (terms, at most `width`) of a TF-IDF matrix, learnt from up to 20,000 of its rows.

    All rows can then be projected on them.
    """
    from sklearn.utils.extmath import randomized_svd

    sample = np.sort(np.random.default_rng(seed).permutation(matrix.shape[0])[:_SAMPLE])
    most = min(width, len(sample), matrix.shape[1])
    _, _, right = randomized_svd(sparse.csr_matrix(matrix[sample]), most, random_state=seed)
    axes: FloatArray = np.ascontiguousarray(right.T, np.float32)
    return axes
