"""Paths through people: you like X, so does somebody whom you follow, who likes Z."""

from dataclasses import dataclass

import numpy as np

from socialflow.ids import ItemKey, UserKey
from socialflow.recommendation.context import Keys, Mask, Viewer
from socialflow.recommendation.log import UserRows
from socialflow.recommendation.value_model import Weigher

MOST_PATHS = 3


@dataclass(frozen=True, slots=True)
class Path:
    """One followed person who likes the item; `shared` is the newest item that the viewer likes too, None: there is
    none that may be shown."""

    person: UserKey
    shared: ItemKey | None


def paths_to(item: ItemKey, viewer: Viewer, weigh: Weigher, visible: Mask) -> tuple[Path, ...]:
    """At most `MOST_PATHS` paths from the viewer to `item`, first those of people with whom the viewer shares most.

    `visible` (items,) says what may be shown. Who bars analysis, is blocked or muted is not in `Viewer.followed`.
    """
    mine = _liked(viewer.rows, weigh)[::-1]
    mine = mine[visible[mine] & (mine != item)]
    found: list[tuple[int, UserKey, ItemKey | None]] = []
    for person, rows in viewer.followed.items():
        theirs = _liked(rows, weigh)
        if item in theirs:
            shared = mine[np.isin(mine, theirs)]
            first = ItemKey(int(shared[0])) if len(shared) else None
            found.append((-len(np.unique(shared)), person, first))
    return tuple(Path(person, first) for _, person, first in sorted(found, key=lambda one: one[:2])[:MOST_PATHS])


def _liked(rows: UserRows, weigh: Weigher) -> Keys:
    return rows.items[weigh(rows.types, rows.values) > 0].astype(np.int64)
