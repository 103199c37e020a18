"""Which language a text is in, by the character trigrams of its words (lingua's small models)."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import category

import numpy as np
import numpy.typing as npt

from socialflow.kit.answers import Provenance, Tier
from socialflow.text.normalise import normalise
from socialflow.text.records import Language

if TYPE_CHECKING:
    from lingua import ConfidenceValue, LanguageDetector
    from lingua import Language as Known

UNDETERMINED = Language("und", "undetermined", 0.0)
"""ISO 639-2's code for what cannot be told: no letters, or no language likelier than all others together."""

_MOST_WORDS, _LONGEST_WORD = 64, 64
"""What is looked at of a text: its first words, and their first characters."""
_CACHED = 16_384
"""Words whose weights are remembered: 10 MB. Beyond, those known longest are forgotten, an eighth at once."""
_ABREAST = 16
"""Words that it pays to weigh on all cores."""
_DOUBT = 1e-3
"""Added to each word's probability of a language: a name or a foreign word never rules one out."""
_KNOWN_SIGNS = str.maketrans("țșȚȘ", "ţşŢŞ")
"""Romanian's letters are known to the models as they were written before Unicode had its own."""
_HINDI_WORDS = """
aaj aap aapka aapki aata abhi accha acha agar aisa aise apna apne apni aur baat bahut bhai bhi bohot chahiye dekho
diya gaya gaye gayi ghar gya hai hain hamara hamare hoga hogi hota hoti hua hui humare iska iski itna jaise kabhi
kahan kaise karna karne karo karta karte khud kisi kiya koi kuch kya kyu kyun kyon lagta lekin liye liya magar mein
mera meri mujhe nahi nahin nhi phir raha rahe rahi rha rhe sabse sakta sakte sath sirf teri tera tha thi toh tujhe
tumhara unka unki uska uske uski wahi wala wale woh yaar yahi yeh
"""
_HINDI = frozenset(_HINDI_WORDS.split())
"""Hindi's commonest words as they are written in Latin script, those left out that are words elsewhere."""
_HINDI_LEAST, _HINDI_SHARE = 2, 0.15
_ASCII_SIGNS = {code: " " for code in range(128) if category(chr(code))[0] == "S"}
_REPLACED = frozenset({"@user", "http"})


class LanguageIdentifier:
    """Tells 75 languages apart. Loaded at the first text (about 60 MB); safe to use from several threads.

    ``P(language) ~ prod_word (P(language | word) + 0.001)``: words are weighed one by one, since a sentence's trigrams
    taken together are too sure of themselves. Hindi in Latin script, which the models do not know, is told by a rule:
    two of its commonest words, and 15 of 100 words.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._detector: LanguageDetector | None = None
        self._known: dict[str, _Weights] = {}

    @property
    def provenance(self) -> Provenance:
        """The library and its version."""
        return Provenance("lingua", metadata.version("lingua-language-detector"), Tier.BUNDLED)

    def identify(self, texts: Sequence[str]) -> list[Language]:
        """The likeliest language of each text, `UNDETERMINED` where its probability is not above one half.

        >>> found = LanguageIdentifier().identify(["What a beautiful morning this is", "12:30 !!"])
        >>> [language.code for language in found]
        ['en', 'und']
        """
        spelt = [_words_of(text) for text in texts]
        weighed = self._weighed({word for words in spelt if not _by_rule(words) for word in words[:_MOST_WORDS]})
        return [_identified(words, weighed) for words in spelt]

    def _weighed(self, words: Collection[str]) -> "Mapping[str, _Weights]":
        """Log-probabilities of each language, in the order of `_languages`; new words are weighed together."""
        held = {word: weights for word in words if (weights := self._known.get(word)) is not None}
        new = sorted(set(words) - held.keys())
        if not new:
            return held
        detector = self._load()
        if len(new) < _ABREAST:
            told: Iterable[list[ConfidenceValue]] = map(detector.compute_language_confidence_values, new)
        else:
            told = detector.compute_language_confidence_values_in_parallel(new)
        made = dict(zip(new, map(_weights, told), strict=True))
        with self._guard:
            self._known.update(made)
            if len(self._known) > _CACHED:
                for word in list(islice(self._known, len(self._known) - _CACHED + _CACHED // 8)):
                    del self._known[word]
        return {**held, **made}

    def _load(self) -> "LanguageDetector":
        with self._guard:
            if self._detector is None:
                from lingua import LanguageDetectorBuilder

                self._detector = LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build()
            return self._detector


_Weights = npt.NDArray[np.float64]


def _words_of(text: str) -> list[str]:
    """What is weighed of a text: its words, without what stands for names and links."""
    lettered = _unsigned(text[: 2 * _MOST_WORDS * _LONGEST_WORD])
    words = normalise(lettered).text.translate(_KNOWN_SIGNS).split(" ")  # emoji have English names: not among them
    return [spelt for word in words if word not in _REPLACED and (spelt := _spelt(word))]


def _identified(words: Sequence[str], weighed: Mapping[str, _Weights]) -> Language:
    """The language of words (n,), of which the first ones were weighed."""
    if not words:
        return UNDETERMINED
    if common := _by_rule(words):
        return Language("hi", "Hindi", 1.0 - 0.5**common)
    weights = np.sum([weighed[word] for word in words[:_MOST_WORDS]], axis=0)
    shares = np.exp(weights - weights.max())
    best, confidence = int(shares.argmax()), float(shares.max() / shares.sum())
    if confidence <= 0.5:
        return UNDETERMINED
    language, name = _languages()[best]
    return Language(language, name, confidence)


def _by_rule(words: Sequence[str]) -> int:
    """How many are Hindi's commonest, where that many tell that all are Hindi; else 0."""
    common = sum(map(_is_hindi, words))
    return common if common >= max(_HINDI_LEAST, _HINDI_SHARE * len(words)) else 0


def _weights(told: "Iterable[ConfidenceValue]") -> _Weights:
    places = _places()
    shares = np.full(len(places), _DOUBT)
    for value in told:
        shares[places[value.language]] += value.value
    weights: _Weights = np.log(shares)
    return weights


def _unsigned(text: str) -> str:
    """A text with spaces in place of signs (of money, of sums, emoji)."""
    if text.isascii():
        return text.translate(_ASCII_SIGNS)
    return "".join(" " if category(character)[0] == "S" else character for character in text)


@lru_cache(_CACHED)
def _spelt(word: str) -> str:
    """The beginning of a word in lower case; empty where nothing of it is a letter."""
    return word[:_LONGEST_WORD].lower() if any(map(str.isalpha, word)) else ""


@lru_cache(_CACHED)
def _is_hindi(word: str) -> bool:
    return "".join(filter(str.isalpha, word)) in _HINDI


@lru_cache(1)
def identifier() -> LanguageIdentifier:
    """One for the whole process."""
    return LanguageIdentifier()


@lru_cache(1)
def _languages() -> tuple[tuple[str, str], ...]:
    """ISO 639-1 code and English name of every language."""
    from lingua import Language as Known

    return tuple(sorted((known.iso_code_639_1.name.lower(), known.name.title()) for known in Known.all()))


@lru_cache(1)
def _places() -> "Mapping[Known, int]":
    """Where the weight of each language stands."""
    from lingua import Language as Known

    order = {code: place for place, (code, _) in enumerate(_languages())}
    return {known: order[known.iso_code_639_1.name.lower()] for known in Known.all()}
