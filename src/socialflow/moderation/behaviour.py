"""What the way somebody writes says about spam. All of it is heuristic: bounds and weights set by hand."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice

from socialflow.errors import InvalidInput
from socialflow.moderation.signals import Signal, ramp

MOST_TEXTS = 50
"""Of an author's recent texts, the first ones, that a text is compared with."""
ALIKE = 0.7
"""Least share of common shingles of two texts that are copies of each other."""
_SHINGLE, _MOST_CHARACTERS = 5, 2_000
_OTHER = re.compile(r"[\W_]+")
"""What is neither letter nor digit."""
_COPIES = 3
"""Copies at which nobody doubts."""


@dataclass(frozen=True, slots=True)
class Author:
    """What is known of who wrote a text; None: not known.

    Parameters:
        account_age_days: since the account was made.
        followers, following: accounts that follow this one, and that it follows.
        posts_last_hour: posts and comments, this one aside.
        recent_texts: what the author wrote lately, this text aside; None: not known.

    Raises:
        InvalidInput: a figure below 0; names the field.
    """

    account_age_days: float | None = None
    followers: int | None = None
    following: int | None = None
    posts_last_hour: int | None = None
    recent_texts: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("account_age_days", "followers", "following", "posts_last_hour"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise InvalidInput(f"{name} is 0 or more, not {value}", field=name)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of what is not known."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is None)


def behaviour_signals(text: str, author: Author) -> list[Signal]:
    """Every signal that what is known of the author allows, at 0 too."""
    return list(_signals(text, author))


def _signals(text: str, author: Author) -> Iterator[Signal]:
    if (age := author.account_age_days) is not None:
        yield Signal("account_new", "behaviour", 1.0 - ramp(age, 0, 7), 0.3, f"{age:g} days old")
    if author.followers is not None and author.following is not None:
        ratio = author.following / (author.followers + 1)
        value = ramp(ratio, 5, 50) * ramp(author.following, 50, 500)
        told = f"follows {author.following}, followed by {author.followers}"
        yield Signal("account_one_sided", "behaviour", value, 0.3, told)
    if (posts := author.posts_last_hour) is not None:
        yield Signal("posts_fast", "behaviour", ramp(posts, 10, 40), 0.6, f"{posts} in an hour")
    if author.recent_texts is not None:
        copies = copies_of(text, author.recent_texts)
        yield Signal("posts_copied", "behaviour", min(1.0, copies / _COPIES), 0.8, f"{copies} alike")


def copies_of(text: str, others: Iterable[str]) -> int:
    """How many of the first `MOST_TEXTS` others are nearly the same text.

    ``|A & B| / |A | B| >= 0.7`` over runs of five letters and digits, in lower case (Broder, 1997).

    >>> copies_of("Follow me for free coins!!!", ["follow me for FREE coins", "What a match"])
    1
    """
    return len(copies(text, others))


def copies(text: str, others: Iterable[str]) -> list[str]:
    """Those of the first `MOST_TEXTS` others that are nearly the same text, as `copies_of` counts them."""
    own, near = None, []
    for other in islice(others, MOST_TEXTS):
        own = shingles(text) if own is None else own
        if _alike(own, _plain(other)):
            near.append(other)
    return near


def shingles(text: str) -> frozenset[str]:
    """Runs of five letters and digits; a shorter text is one run, an empty one none."""
    return _runs(_plain(text))


def _plain(text: str) -> str:
    return _OTHER.sub("", text[:_MOST_CHARACTERS].casefold())


def _runs(plain: str) -> frozenset[str]:
    last = max(len(plain) - _SHINGLE + 1, 1)
    return frozenset(plain[start : start + _SHINGLE] for start in range(last) if plain)


def _alike(own: frozenset[str], plain: str) -> bool:
    """Whether enough runs are common. Of copies, `ALIKE` of one's own are: where more are looked for in vain, the runs
    of the other text need not be made."""
    left, least = len(own), ALIKE * len(own)
    for run in own:
        if run not in plain:
            left -= 1
            if left < least:
                return False
    theirs = _runs(plain)
    both = len(own & theirs)
    return both > 0 and both >= ALIKE * (len(own) + len(theirs) - both)
