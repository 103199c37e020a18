"""The tasks of all heads, from all sets that may train them."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from socialflow.training.text.heads import HEADS
from socialflow.training.text.overlap import keys, rows_outside
from socialflow.training.text.records import Part, Parts, Task, joined
from socialflow.training.text.sources import SETS, load, no_set

Licence = Literal["all", "open"]


def tasks(
    root: Path,
    licence: Licence = "all",
    *,
    seed: int = 0,
    languages: Collection[str] | None = None,
    without: Collection[str] = (),
) -> dict[str, Task]:
    """By head: the train and validation parts of the sets that may train weights which ship.

    No text of a validation or test part of any set of any head, whether it trains or not, is left in a train part
    (`overlap`). "open": only of sets with an open licence; what they are measured on stays the same.

    Parameters:
        root: the folder of all sets.
        seed: of the validation parts of sets that were published without one.
        languages: only sets in one of these (ISO 639-1); None: all.
        without: sets that train nothing; what is left of train parts does not depend on them.

    Raises:
        NotFound: a set of `without` does not exist.
        InvalidInput: a file is missing or holds something else.
    """
    for name in without:
        if name not in SETS:
            raise no_set(name)
    return without_overlap({name: load(name, root, seed=seed) for name in SETS}, licence, languages, without)


def without_overlap(
    sets: Mapping[str, Parts],
    licence: Licence = "all",
    languages: Collection[str] | None = None,
    without: Collection[str] = (),
) -> dict[str, Task]:
    """`tasks` of sets that are loaded."""
    evaluated = keys(text for parts in sets.values() for part in (parts.validation, parts.test) for text in part.texts)
    allowed = {source: parts for source, parts in sets.items() if source not in without}
    return {
        name: _task(name, used, evaluated)
        for name in HEADS
        if (used := {source: parts for source, parts in allowed.items() if _trains(source, name, licence, languages)})
    }


def _trains(name: str, head: str, licence: Licence, languages: Collection[str] | None) -> bool:
    source = SETS[name]
    allowed = source.terms.trains and (licence == "all" or source.terms.is_open)
    return source.head == head and allowed and (languages is None or source.language in languages)


def _task(head: str, used: Mapping[str, Parts], evaluated: frozenset[str]) -> Task:
    train: list[Part] = []
    dropped: dict[str, int] = {}
    for name, parts in used.items():
        kept = parts.train.take(rows_outside(parts.train.texts, evaluated))
        train.append(kept)
        if lost := len(parts.train) - len(kept):
            dropped[name] = lost
    return Task(HEADS[head], joined(train), joined([parts.validation for parts in used.values()]), dropped)
