"""Which reader a path is for."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.training.datasets.features import read_features
from socialflow.training.datasets.files import plain_name
from socialflow.training.datasets.lightgcn import is_lightgcn, read_lightgcn
from socialflow.training.datasets.movielens import read_movielens
from socialflow.training.datasets.records import RankingData, implicit
from socialflow.training.datasets.social import read_social
from socialflow.training.datasets.tables import read_table

_TABLES = (".txt", ".tsv", ".csv", ".data", ".dat", ".inter", ".rating")


def read_interactions(source: Path) -> RankingData:
    """All interactions of a file or directory.

    A directory is a MovieLens set, a pair of LightGCN files (train and test joined again: there is no order in them),
    or holds one table of interactions.

    Raises:
        InvalidInput: nothing readable, or more than one table.
    """
    if source.is_file():
        return read_table(source)
    if not source.is_dir():
        raise InvalidInput(f"{source} does not exist", field="data")
    if movielens := read_movielens(source):
        return movielens
    if is_lightgcn(source):
        return _joined(read_lightgcn(source))
    tables = sorted(path for path in source.iterdir() if path.is_file() and plain_name(path).endswith(_TABLES))
    if len(tables) != 1:
        found = ", ".join(path.name for path in tables) or "none"
        raise InvalidInput(
            f"{source} must hold one table of interactions ({found} found); name one by --file", field="data"
        )
    return read_table(tables[0])


def read_divided(directory: Path) -> RankingData:
    """A set with its published division: `train.txt` and `test.txt`, or a social set, some of which come undivided.

    Vectors of items beside the files become words of theirs (see `features`).

    Raises:
        InvalidInput: a file is missing or holds something else.
    """
    data = read_social(directory) or read_lightgcn(directory)
    return replace(data, items=read_features(directory))


def _joined(data: RankingData) -> RankingData:
    if data.test is None:
        return data
    users = np.concatenate((data.interactions.users, data.test.users))
    items = np.concatenate((data.interactions.items, data.test.items))
    return replace(data, interactions=implicit(users, items), test=None)
