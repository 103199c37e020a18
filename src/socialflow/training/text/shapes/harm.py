"""Harmful and harmless sentences of the same shapes, with labels for toxicity, hate and offence.

Every name of a group of people is put into as many harmless sentences as hateful ones, and disguises of spelling fall
on both alike: neither a name nor a disguise tells the label. Frames and words lie in `data/`; those that offend are
there so that a filter learns to stop them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from socialflow.training.text.shapes import frames
from socialflow.training.text.shapes.disguise import casual, disguised
from socialflow.training.text.shapes.frames import Group, Words
from socialflow.training.text.shapes.records import Row

PER_SIDE = 40
"""Harmless sentences, and hateful ones, for each name of a group of people."""
_CASUAL_SHARE = 0.3
_DISGUISED_SHARE = 0.2
_ASIDE_SHARE = 0.15
_QUOTED = re.compile(r'"([^"]+)"')
_MARKS = ('"{}"', "'{}'", "“{}”", "{}")


def identities() -> list[dict[str, str]]:
    """The names of groups of people, each by slot: `kind`, `them` (plural), `one`, `adj`."""
    return [
        {"kind": kind, **dict(zip(("them", "one", "adj"), (form.strip() for form in term.split("|")), strict=True))}
        for kind, terms in frames.words("identities").items()
        for term in terms
    ]


def rows(seed: int) -> list[Row]:
    """More than 12,000 distinct rows in random order; the same seed gives the same rows."""
    rng = np.random.default_rng(seed)
    words = frames.words("words")
    harmless, hateful = frames.groups("harmless"), frames.groups("hateful")
    grouped = (row for identity in identities() for row in about(identity, harmless, hateful, words, rng))
    other = (
        row for name in ("people", "slurs") for group in frames.groups(name) for row in frames.drawn(group, words, rng)
    )
    dressed = (replace(row, text=_dressed(row.text, words, rng)) for row in chain(grouped, other))
    return frames.shuffled(dressed, rng)


def about(
    identity: Mapping[str, str],
    harmless: Sequence[Group],
    hateful: Sequence[Group],
    words: Words,
    rng: np.random.Generator,
) -> Iterator[Row]:
    """As many harmless as hateful rows about one group of people."""
    quotable = [group for group in hateful if group.name not in ("agreeing_quote", "profane_hate")]
    kind = [group for group in harmless if group.name == "positive"]
    for side in (harmless, hateful):
        for group, frame in _some(side, PER_SIDE, rng):
            quote = _sentence(quotable, identity, words, rng) if "{quote}" in frame else ""
            praise = _sentence(kind, identity, words, rng) if "{praise}" in frame else ""
            fixed = {**identity, "quote": quote, "praise": praise}
            yield group.row(frame, _marked(frames.fill(frame, words, rng, fixed), rng))


def _some(side: Sequence[Group], count: int, rng: np.random.Generator) -> list[tuple[Group, str]]:
    """`count` different frames of one side."""
    pool = [(group, frame) for group in side for frame in group.frames]
    return [pool[place] for place in rng.permutation(len(pool))[:count]]


def _sentence(side: Sequence[Group], identity: Mapping[str, str], words: Words, rng: np.random.Generator) -> str:
    """A sentence of one side to be quoted, without its full stop."""
    ((_, frame),) = _some(side, 1, rng)
    return frames.fill(frame, words, rng, identity).removesuffix(".")


def _marked(text: str, rng: np.random.Generator) -> str:
    """The text with its quotation marks as one of many people would write them, or left out."""
    mark = frames.pick(_MARKS, rng)
    return _QUOTED.sub(lambda quote: mark.format(quote[1]), text)


def _dressed(text: str, words: Words, rng: np.random.Generator) -> str:
    """The text as it may come in: beside a sentence that says nothing about it, disguised, typed in a hurry."""
    if rng.random() < _ASIDE_SHARE:
        said = [text, frames.fill("{aside}", words, rng)]
        text = " ".join(said if rng.random() < 0.5 else reversed(said))
    if rng.random() < _DISGUISED_SHARE:
        text = disguised(text, rng)
    return casual(text, rng) if rng.random() < _CASUAL_SHARE else text
