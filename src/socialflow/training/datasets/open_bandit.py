"""Logs of the Open Bandit data set: what a policy showed, with what probability, and whether it was clicked.

Layout as published: `{policy}/{campaign}/{campaign}.csv`, also compressed. Reference: Saito, Aihara, Matsutani, Narita,
"Open Bandit Dataset and Pipeline", NeurIPS Datasets 2021.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import bad_line, find, lines

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COLUMNS = ("item_id", "position", "click", "propensity_score")
MAX_ITEMS = 100_000


@dataclass(frozen=True, slots=True)
class BanditLog:
    """n impressions, oldest first: `items` and `positions` from 0, `clicks` 0 or 1, `chances` of the shown item."""

    items: Ints
    positions: Ints
    clicks: Floats
    chances: Floats

    def __len__(self) -> int:
        return len(self.items)


def campaigns(source: Path) -> list[str]:
    """Names of the campaigns that some policy of the directory has a log of."""
    found = {folder.name for folder in source.glob("*/*") if find(folder, f"{folder.name}.csv") is not None}
    return sorted(found)


def policies(source: Path, campaign: str) -> list[str]:
    """Names of the policies with a log of this campaign."""
    return sorted(one.name for one in source.iterdir() if find(one / campaign, f"{campaign}.csv") is not None)


def read_log(source: Path, policy: str, campaign: str) -> BanditLog:
    """One log. Raises InvalidInput: there is none, or a line of it is no impression."""
    path = find(source / policy / campaign, f"{campaign}.csv")
    if path is None:
        there = ", ".join(f"{one}/{name}" for name in campaigns(source) for one in policies(source, name)) or "none"
        raise InvalidInput(f"{source} has no log {policy}/{campaign}; logs: {there}", field="data")
    rows = iter(lines(path))
    _, head = next(rows, (0, ""))
    names = next(csv.reader([head]), [])
    if missing := [name for name in COLUMNS if name not in names]:
        raise InvalidInput(f"{path} has no column {missing[0]}; it needs {', '.join(COLUMNS)}", field="data")
    places = [names.index(name) for name in COLUMNS]
    table = [_row(path, number, line, places) for number, line in rows]
    if not table:
        raise InvalidInput(f"{path} holds no impressions", field="data")
    item, position, click, chance = np.array(table).T
    return BanditLog(item.astype(np.int64), position.astype(np.int64) - 1, click, chance)


def _row(path: Path, number: int, line: str, places: list[int]) -> tuple[float, ...]:
    """(item, position, click, chance) of a line."""
    cells = line.split(",")
    try:
        item, position, click, chance = (float(cells[place]) for place in places)
    except (ValueError, IndexError):
        raise bad_line(path, number, f"needs numbers for {', '.join(COLUMNS)}", line) from None
    if not (0 <= item < MAX_ITEMS and 1 <= position <= 100 and click in {0.0, 1.0} and 0 < chance <= 1):
        raise bad_line(path, number, "item, position, click or propensity is out of range", line)
    return item, position, click, chance
