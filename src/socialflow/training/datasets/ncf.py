"""Directories of the NCF paper: train, one test positive per user, and the negatives it is ranked among."""

import re
from pathlib import Path

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.training.datasets.files import bad_line, find_ending, integers, lines, two_columns
from socialflow.training.datasets.records import Pairs, RankingData, Sampled, implicit

_OWNER = re.compile(r"\((\d+),\s*(\d+)\)")


def read_ncf(directory: Path) -> RankingData:
    """`*.train.rating` or `*.train.pairs.tsv` (`user item ...`), `*.test.rating`, `*.test.negative`.

    A line of the last is `(user,item)` and then item ids, tab-separated; its users and positives must be those of the
    test file. Rows of train are taken to be in time order within a user.

    Raises:
        InvalidInput: a file is missing, ragged, or contradicts another.
    """
    paths = {
        "train.rating or train.pairs.tsv": find_ending(directory, "train.rating", "train.pairs.tsv"),
        "test.rating": find_ending(directory, "test.rating"),
        "test.negative": find_ending(directory, "test.negative"),
    }
    for name, path in paths.items():
        if path is None:
            raise InvalidInput(f"{directory} holds no file that ends in {name}", field="data")
    train_path, test_path, negative_path = (path for path in paths.values() if path is not None)
    train, test, sampled = _read_pairs(train_path), _read_pairs(test_path), _read_negatives(negative_path)
    asked = np.stack((sampled.users, sampled.positives), axis=1)
    if set(map(tuple, asked.tolist())) != set(zip(test.users.tolist(), test.items.tolist(), strict=True)):
        raise InvalidInput(f"{negative_path} does not speak of the pairs of {test_path}", field="data")
    return RankingData(implicit(train.users, train.items), ordered=True, test=test, sampled=sampled)


def _read_pairs(path: Path) -> Pairs:
    """The first two columns."""
    users, items = two_columns(path, "expected user and item")
    if not len(users):
        raise InvalidInput(f"{path} holds no interaction", field="data")
    return Pairs(users, items)


def _read_negatives(path: Path) -> Sampled:
    owners, rows = [], []
    for number, line in lines(path):
        head, *words = line.split("\t")
        owner = _OWNER.fullmatch(head.strip())
        if owner is None or not words:
            raise bad_line(path, number, "expected (user,item) and item ids, tab-separated", line)
        owners.append([int(owner[1]), int(owner[2])])
        rows.append(integers(path, number, words, line))
        if len(rows[-1]) != len(rows[0]):
            raise bad_line(path, number, f"expected {len(rows[0])} negatives, found {len(rows[-1])}", line)
    if not rows:
        raise InvalidInput(f"{path} holds no test user", field="data")
    pairs = np.array(owners, np.int64)
    return Sampled(pairs[:, 0], pairs[:, 1], np.array(rows, np.int64))
