"""Directories of the NGCF and LightGCN papers: `train.txt` and `test.txt`, one line `user item item ...` per user."""

from array import array
from pathlib import Path

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import find, integers, lines
from socialflow.training.datasets.records import Pairs, RankingData, implicit


def is_lightgcn(directory: Path) -> bool:
    """Whether both files are there, plain or compressed."""
    return find(directory, "train.txt") is not None and find(directory, "test.txt") is not None


def read_lightgcn(directory: Path) -> RankingData:
    """Train interactions and test pairs; the order inside a line means nothing.

    Raises:
        InvalidInput: a file is missing or holds something else.
    """
    train, test = find(directory, "train.txt"), find(directory, "test.txt")
    if train is None or test is None:
        raise InvalidInput(f"{directory} must hold train.txt and test.txt (plain, .gz, .xz or .zst)", field="data")
    given = read_user_lines(train)
    if not len(given):
        raise InvalidInput(f"{train} holds no interaction", field="data")
    return RankingData(implicit(given.users, given.items), ordered=False, test=read_user_lines(test))


def read_user_lines(path: Path) -> Pairs:
    """Pairs of a file of lines `user item item ...`; a user without items is allowed."""
    users, items = array("q"), array("q")
    for number, line in lines(path):
        user, *taken = integers(path, number, line.split(), line) or [0]
        users.extend([user] * len(taken))
        items.extend(taken)
    return Pairs(np.array(users, np.int64), np.array(items, np.int64))
