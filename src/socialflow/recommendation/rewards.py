"""What a chosen answer earned: the value of what the person did with its items while the reward was open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from socialflow.ids import UserKey
from socialflow.recommendation.value_model import Weigher

WINDOW = timedelta(hours=1)
"""How long after an answer what the person does with it still counts; later it counts for models alone."""
ITEM_BOUND = 5.0
"""Most, and least with a minus sign, that one item adds, so that nobody steers the choice by one item."""


@dataclass(frozen=True, slots=True)
class Due:
    """A choice whose reward can be told. `items`: keys of what all pages of the request showed."""

    request_id: str
    page: int
    user: UserKey
    arm: str
    context: tuple[str, ...]
    at: datetime
    until: datetime
    items: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reaction:
    """An interaction that names the request: item key, type code, value."""

    item: int
    kind: int
    value: float


def reward_of(due: Due, reactions: Sequence[Reaction], weigh: Weigher) -> float:
    """The reward of a choice: over the items that the request showed, the value-model weights of what was done.

    Of each type the last one of an item counts, and an item counts for at most `ITEM_BOUND` either way. Nothing done is
    a reward of 0.
    """
    last = {(one.item, one.kind): one.value for one in reactions if one.item in due.items}
    if not last:
        return 0.0
    items = np.array([item for item, _ in last])
    kinds = np.array([kind for _, kind in last], np.uint8)
    weights = weigh(kinds, np.array(list(last.values()), np.float32))
    _, places = np.unique(items, return_inverse=True)
    return float(np.clip(np.bincount(places, weights), -ITEM_BOUND, ITEM_BOUND).sum())
