"""What recommenders refuse, with InvalidInput that names the field."""

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable


def check_k(k: int) -> None:
    """How many are asked for."""
    if k < 1:
        raise InvalidInput(f"k must be at least 1, not {k}", field="k")


def check_fit(interactions: Interactions, items: ItemTable | None, *, needs_items: bool, name: str) -> None:
    """What is fitted on."""
    if not (np.isfinite(interactions.weights).all() and np.isfinite(interactions.at).all()):
        raise InvalidInput("weights and times of interactions must be finite", field="interactions")
    if items is None:
        if needs_items:
            raise InvalidInput(f"{name} learns from the words of items; give fit() an ItemTable", field="items")
    elif (np.diff(items.ids) <= 0).any():
        raise InvalidInput("ids of the item table must be ascending without repeats", field="items")


def check_histories(histories: Histories) -> None:
    """What is scored."""
    indptr, n = histories.indptr, len(histories.items)
    if not len(indptr) or indptr[0] != 0 or indptr[-1] != n or (np.diff(indptr) < 0).any():
        raise InvalidInput("histories: indptr must rise from 0 to the number of items", field="histories")
    if len(histories.weights) != n or len(histories.at) != n:
        raise InvalidInput("histories: items, weights and at must have the same length", field="histories")
    if not np.isfinite(histories.weights).all():
        raise InvalidInput("histories: weights must be finite", field="histories")
