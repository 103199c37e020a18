"""Texts that stand in what is trained on and in what is measured on."""

import re
from collections.abc import Iterable

import numpy as np

from socialflow.training.text.records import Ints

SHORTEST = 25
"""Characters of a key from which on two equal texts are held to be one: shorter ones are written anew every day."""

_NAMES_AND_LINKS = re.compile(r"@\w+|<user>|https?://\S+|www\.\S+|\bhttps?\b")
_PUNCTUATION = re.compile(r"[^\w\s]|_")


def key(text: str) -> str:
    """What two copies of a text have in common: lower case, without user names, links and punctuation.

    >>> key("@Ann LOOK at this: https://example.org/1 !") == key("look at this")
    True
    """
    return " ".join(_PUNCTUATION.sub(" ", _NAMES_AND_LINKS.sub(" ", text.lower())).split())


def keys(texts: Iterable[str]) -> frozenset[str]:
    """The keys of texts that are long enough to be compared."""
    return frozenset(one for text in texts if len(one := key(text)) >= SHORTEST)


def rows_outside(texts: Iterable[str], evaluated: frozenset[str]) -> Ints:
    """Places of the texts whose key is not among those `evaluated`."""
    return np.array([row for row, text in enumerate(texts) if key(text) not in evaluated], np.int64)
