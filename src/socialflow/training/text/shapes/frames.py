"""Sentence frames with slots, read from the data files of this package."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from socialflow.training.text.shapes.disguise import casual
from socialflow.training.text.shapes.records import Row

DATA = Path(__file__).parent / "data"

_SLOT = re.compile(r"\{(\w+?)\d?\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeio]|ug)")
_START = re.compile(r"(^\W*|[.!?]\"? +)([a-z])")

Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Group:
    """Frames that share their labels; `rows` is how many texts are wanted of them where that is told."""

    name: str
    labels: Mapping[str, tuple[str, ...]]
    frames: tuple[str, ...]
    rows: int

    def row(self, frame: str, text: str) -> Row:
        """The filled `text` as a row with this group's labels."""
        return Row(text=text, labels=self.labels, frame=frame)


def document(name: str) -> dict[str, Any]:
    """The data file `name`."""
    return tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))


def words(name: str) -> Words:
    """The lists of words of the data file `name`, by slot."""
    return document(name)


def groups(name: str) -> list[Group]:
    """The groups of the data file `name`; labels a group does not set are those of the file's `defaults`."""
    found = document(name)
    defaults = found.pop("defaults", {})
    return [_group(title, {**defaults, **body}) for title, body in found.items()]


def _group(name: str, body: dict[str, Any]) -> Group:
    frames, rows = tuple(body.pop("frames")), int(body.pop("rows", 0))
    told = {head: tuple(given) if isinstance(given, list) else (given,) for head, given in body.items() if given != ""}
    return Group(name=name, labels=told, frames=frames, rows=rows)


def pick(words: Sequence[str], rng: np.random.Generator) -> str:
    """One of the words."""
    return words[int(rng.integers(len(words)))]


def fill(frame: str, words: Words, rng: np.random.Generator, fixed: Mapping[str, str] | None = None) -> str:
    """The frame with every slot filled: from `fixed` where it names the slot, else by a word drawn from its list.

    A figure after a slot's name draws from the same list once more; words may have slots themselves. Sentences are
    begun with a capital and "a" becomes "an" where the word asks for it.

    >>> fill("{pet} is a {job}.", {"pet": ["rex"], "job": ["actor"]}, np.random.default_rng(0))
    'Rex is an actor.'
    """

    def word(slot: re.Match[str]) -> str:
        name = slot[1]
        if fixed and name in fixed:
            return fixed[name]
        return _SLOT.sub(word, pick(words[name], rng))

    text = _ARTICLE.sub(r"\1n ", _SLOT.sub(word, frame))
    return _START.sub(lambda found: found[1] + found[2].upper(), text)


def drawn(group: Group, words: Words, rng: np.random.Generator, *, casual_share: float = 0.0) -> Iterator[Row]:
    """`group.rows` distinct rows of random frames, some as typed in a hurry; fewer where the words give no more."""
    found: set[str] = set()
    for _ in range(group.rows * 20):
        if len(found) == group.rows:
            return
        frame = pick(group.frames, rng)
        text = fill(frame, words, rng)
        text = casual(text, rng) if rng.random() < casual_share else text
        if text not in found:
            found.add(text)
            yield group.row(frame, text)


def shuffled(rows: Iterable[Row], rng: np.random.Generator) -> list[Row]:
    """The rows of distinct texts, in random order."""
    distinct = list({row.text: row for row in rows}.values())
    return [distinct[place] for place in rng.permutation(len(distinct))]
