"""Texts that stand in what is trained on and in what is measured on."""

import re
from collections.abc import Iterable

import numpy as np

from socialflow.training.text.records import Ints

SHORTEST = 25
"""Characters of a key from which on two equal texts are held to be one: shorter ones are written anew every day."""

_NAMES_AND_LINKS = re.compile(r"@\w+|<(?:user|url)>|\bhttps?\S*|\bwww\.\S+|\burl\b")
_MAY_HOLD_THEM = ("@", "<", "http", "www", "url")
_WORDS = re.compile(r"[^\W_]+")


def key(text: str) -> str:
    """What two copies of a text have in common: its letters and digits in lower case, without user names and links.

    >>> key("@Ann LOOK at this: https://example.org/1 !")
    'lookatthis'
    """
    lower = text.lower()
    if any(sign in lower for sign in _MAY_HOLD_THEM):
        lower = _NAMES_AND_LINKS.sub("", lower)
    return "".join(_WORDS.findall(lower))


def keys(texts: Iterable[str]) -> frozenset[str]:
    """The keys of texts that are long enough to be compared."""
    return frozenset(one for text in texts if len(one := key(text)) >= SHORTEST)


def rows_outside(texts: Iterable[str], evaluated: frozenset[str]) -> Ints:
    """Places of the texts whose key is not among those `evaluated`."""
    return np.array([row for row, text in enumerate(texts) if key(text) not in evaluated], np.int64)
