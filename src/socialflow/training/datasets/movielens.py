"""MovieLens directories with the words of their films: `u.data`, `ratings.dat` or `ratings.csv`, whichever is there."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from socialflow.recommendation.interactions import ItemTable
from socialflow.training.datasets.files import bad_line, find, integers, lines
from socialflow.training.datasets.lightgcn import read_user_lines
from socialflow.training.datasets.records import RankingData, implicit
from socialflow.training.datasets.tables import read_table

_GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_YEAR = re.compile(r"\((\d{4})\)\s*$")

Film = tuple[int, str, list[str]]
"""Id, title, genres."""


def read_movielens(directory: Path) -> RankingData | None:
    """Ratings with times, titles and genres; None where the directory is no MovieLens set.

    ml-1m may also come as `sequences.tsv` (`user item item ...`, oldest first) in place of `ratings.dat`.

    Raises:
        InvalidInput: naming the file and the line.
    """
    ratings = next((path for name in ("u.data", "ratings.dat", "ratings.csv") if (path := find(directory, name))), None)
    sequences = find(directory, "sequences.tsv")
    if ratings is not None:
        data = read_table(ratings)
    elif sequences is not None:
        pairs = read_user_lines(sequences)
        data = RankingData(implicit(pairs.users, pairs.items), ordered=True)
    else:
        return None
    for name, read in (("u.item", _films_100k), ("movies.dat", _films_1m), ("movies.csv", _films_csv)):
        if path := find(directory, name):
            return replace(data, items=_table(sorted(read(path))))
    return data


def _table(films: list[Film]) -> ItemTable:
    """Genres are tags, the first is the category, the decade of the title's year is a tag of its own."""
    tags = []
    for _, title, genres in films:
        year = _YEAR.search(title)
        tags.append([*genres, f"{year[1][:3]}0s"] if year else genres)
    return ItemTable(
        ids=np.array([film[0] for film in films], np.int64),
        titles=[_YEAR.sub("", film[1]) for film in films],
        descriptions=[""] * len(films),
        tags=tags,
        categories=[film[2][0] if film[2] else None for film in films],
        channels=np.full(len(films), -1, np.int64),
        created_at=np.zeros(len(films)),
    )


def _films_100k(path: Path) -> Iterator[Film]:
    for number, line in lines(path, "latin-1"):
        cells = line.split("|")
        if len(cells) != 5 + len(_GENRES_100K):
            raise bad_line(path, number, f"expected {5 + len(_GENRES_100K)} columns", line)
        flags = zip(_GENRES_100K, cells[5:], strict=True)
        yield integers(path, number, cells[:1], line)[0], cells[1], [genre for genre, flag in flags if flag == "1"]


def _films_1m(path: Path) -> Iterator[Film]:
    for number, line in lines(path, "latin-1"):
        cells = line.split("::")
        if len(cells) != 3:
            raise bad_line(path, number, "expected id::title::genres", line)
        yield integers(path, number, cells[:1], line)[0], cells[1], cells[2].split("|")


def _films_csv(path: Path) -> Iterator[Film]:
    for number, line in lines(path):
        if number == 1:
            continue
        cells = next(csv.reader([line]), [])
        if len(cells) != 3:
            raise bad_line(path, number, "expected movieId,title,genres", line)
        genres = [] if cells[2] == "(no genres listed)" else cells[2].split("|")
        yield integers(path, number, cells[:1], line)[0], cells[1], genres
